"""What a trial tells: books, codes, shares and counts of one night that was only tried; never a name or an id."""

from dataclasses import asdict, dataclass, field
from typing import Any

from pact_etl.domain.results import StepStatus
from pact_etl.steps.trial_figures import SchoolShare


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBook:
    """One table's books: received is accepted plus what was set aside."""

    received: int
    accepted: int
    set_aside: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedCode:
    """A code nobody has said the meaning of; `source_says` and `proposal` where the source describes its codes."""

    code: str
    rows: int
    source_says: str = ""
    proposal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why the submission would not be used."""

    reason: str
    file: str = ""
    field: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the source says it states whole."""

    first: str
    last: str
    whole_roster: bool
    single_students: int
    everything_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One dry run.

    Attributes:
        district: its slug.
        as_of: the night.
        status: how the night would end: done, held, late, or skipped on a day without school.
        mail: the district's status; letters leave for `active` alone.
        refused: what would refuse it.
        files, bytes: what was fetched.
        stated: window and scope.
        tables: books by table.
        unmapped: codes without a meaning.
        cautions: what the source says of itself that is not read rightly, and which holds it says nothing of.
        marks: student-days by canonical status.
        shares: share absent on the newest days, of the largest schools.
        students: accepted tonight.
        without_rights_holder: of them, those whom nobody could be written to about.
        address_faults: addresses of rights holders that no envelope can carry, by fault.
    """

    district: str
    as_of: str
    status: str
    mail: str
    refused: Refused | None = None
    files: int = 0
    bytes: int = 0
    stated: Stated | None = None
    tables: dict[str, TableBook] = field(default_factory=dict)
    unmapped: tuple[UnmappedCode, ...] = ()
    cautions: tuple[str, ...] = ()
    marks: dict[str, int] = field(default_factory=dict)
    shares: tuple[SchoolShare, ...] = ()
    students: int = 0
    without_rights_holder: int = 0
    address_faults: dict[str, int] = field(default_factory=dict)

    @property
    def is_fine(self) -> bool:
        """Whether the night would end without a hold and every code has a meaning."""
        return self.status not in {StepStatus.HELD, StepStatus.LATE} and not self.unmapped

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe."""
        return asdict(self) | {"fine": self.is_fine}
