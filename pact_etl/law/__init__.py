"""The law as dated data: read `california.yaml`, answer what is in force on a day. Decides nothing about a student."""

from pact_etl.law.statutes import Statutes, load_statutes

__all__ = ["Statutes", "load_statutes"]
