"""What the law and the county say on a given date. Values only; the numbers live in dated, cited files.

`Law` is read from `pact_etl/law/california.yaml`, `CountyPolicy` from `config/county.yaml`. A change of either
adds an entry there; nothing here changes.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The statutory parameters in force on one date."""

    version: str
    compulsory_from_age: int  # years, EC 48200
    compulsory_until_age: int  # years, exclusive, EC 48200
    truant_occasions: int  # EC 48260(a)
    chronic_truant_tenths: int  # U must be at least this many tenths of D, EC 48263.6
    chronic_absentee_tenths: int  # EC 60901(c)(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PactThreshold:
    """Which chronic-truant candidates the county invites, for one program year."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    minimum_unexcused_days: int
    minimum_enrolled_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Law and county threshold as they stand on one date; `version` names both for the record."""

    law: Law
    threshold: PactThreshold

    @property
    def version(self) -> str:
        """What a finding records, such as `california:2026-01-01+county:2026-07-01`."""
        return f"{self.law.version}+county:{self.threshold.from_.isoformat()}"
