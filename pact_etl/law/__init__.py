"""The law as dated data: what is in force on a day, and how long records are kept. Decides nothing about a student."""

from pact_etl.law.clocks import load_retention
from pact_etl.law.statutes import Statutes, load_statutes

__all__ = ["Statutes", "load_retention", "load_statutes"]
