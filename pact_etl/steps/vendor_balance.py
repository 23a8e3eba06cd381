"""Vendor balance: every approved letter at its place, by the vendor's working days, each number with its list."""

from dataclasses import fields
from datetime import date

from pact_etl.domain.letter_balance import (
    DayBalance,
    balance,
    broken_packages,
    missing_numbers,
    overtaken,
)
from pact_etl.store.letter_values import piece_id
from pact_etl.store.vendor_answers import booked_pieces, letter_traces, numbered_packages
from pact_etl.wiring import Collaborators


def vendor_balance(using: Collaborators, as_of: date) -> dict[str, object]:
    """Days with piece ids by place, and what does not add up, of the school year of a date.

    Returns:
        `days` (working day, or `waiting`, to place to piece ids), `broken_packages` (names), `missing_numbers` and
        `overtaken` (sequence numbers).
    """
    with using.engine.connect() as connection:
        since = using.year_of(as_of).first
        traces = letter_traces(connection, since)
        booked = booked_pieces(connection, since)
        numbered = numbered_packages(connection)
    days = {
        "waiting" if day is None else day.isoformat(): _listed(one)
        for day, one in balance(traces, using.county.vendor.days_off).items()
    }
    return {
        "days": days,
        "broken_packages": broken_packages(booked, traces),
        "missing_numbers": missing_numbers(numbered),
        "overtaken": overtaken(numbered),
    }


def _listed(day: DayBalance) -> dict[str, list[str]]:
    return {place.name: [piece_id(n) for n in getattr(day, place.name)] for place in fields(day)}
