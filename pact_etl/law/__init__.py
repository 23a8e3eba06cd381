"""The law as dated data: read `california.yaml` and `retention.yaml`, answer what is in force. Decides nothing about a student."""

from pact_etl.law.clocks import load_retention
from pact_etl.law.statutes import Statutes, load_statutes

__all__ = ["Statutes", "load_retention", "load_statutes"]
