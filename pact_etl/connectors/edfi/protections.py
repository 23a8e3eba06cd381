"""Which families Ed-Fi says to be careful with: what its descriptors, programs and exits mean for our hold flags.

Source: Ed-Fi data standard 5.2, `Ed-Fi-Core.xsd` and its default descriptors (StudentCharacteristic, ExitWithdrawType,
CharterStatus). Ed-Fi has no field for Safe at Home, none that forbids mail, and none for an adult who died; districts
keep such words of their own among the characteristics and indicators, and name them in options.

A flag is "yes" as soon as one place says so, "no" only where every place that could say it was there, else empty.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pact_etl.connectors.canonical import Row
from pact_etl.connectors.edfi.rules import flag

FLAGS = ("foster", "homeless", "do_not_send", "unaccompanied", "deceased", "support_pending")

CHARACTERISTICS = {
    "foster": "Foster",
    "homeless": "Homeless,Runaway",
    "unaccompanied": "Unaccompanied Youth",
}
"""By flag, how the standard's StudentCharacteristic descriptors begin. Option `<flag>_characteristics` replaces one."""

DECEASED_EXITS = "Died or is permanently incapacitated"
"""ExitWithdrawType descriptors; nobody is written to about either. Option `deceased_exits`."""

NOT_CHARTER = "Not a Charter School"
"""CharterStatus descriptors of schools that are none; any other is one. Option `not_charter`."""

_OF_HOMELESS_PROGRAM = ("homeless", "unaccompanied")
_NO = frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A district's words for what makes letters wait, in lower case.

    Attributes:
        characteristics: by flag, how they begin; a flag without words is not told by characteristics.
        indicators: by flag, names of StudentIndicators; the standard has none.
        deceased_exits: exits of students who died.
        not_charter: charter statuses of schools that are no charters.
        programs: whether homeless programs and evaluations are read.
    """

    characteristics: Mapping[str, frozenset[str]]
    indicators: Mapping[str, frozenset[str]]
    deceased_exits: frozenset[str]
    not_charter: frozenset[str]
    programs: bool


@dataclass(slots=True)
class Said:
    """What is said of one student so far: flags with a yes, and flags of which a place has spoken that could say no."""

    yes: set[str] = field(default_factory=set)
    spoken: set[str] = field(default_factory=set)

    def take(self, flags: Iterable[str], found: Iterable[str]) -> None:
        """Take what one place says: the flags it can tell of, and those it says yes to."""
        self.spoken.update(flags)
        self.yes.update(found)

    def cells(self, silent: Iterable[str] = ()) -> Row:
        """The flags as cells; `silent` are those that a place which was not there tonight might have said."""
        unsure = set(silent)
        return {
            name: flag(True)
            if name in self.yes
            else flag(False)
            if name in self.spoken and name not in unsure
            else ""
            for name in FLAGS
        }


def words_of(options: Mapping[str, str | int]) -> Words:
    """A district's words: the standard's, where its options do not say otherwise."""
    return Words(
        characteristics={
            name: found
            for name in FLAGS
            if (found := _listed(options, f"{name}_characteristics", CHARACTERISTICS.get(name, "")))
        },
        indicators={
            name: found for name in FLAGS if (found := _listed(options, f"{name}_indicators", ""))
        },
        deceased_exits=_listed(options, "deceased_exits", DECEASED_EXITS),
        not_charter=_listed(options, "not_charter", NOT_CHARTER),
        programs=str(options.get("programs", "yes")).strip().lower() not in _NO,
    )


def by_characteristics(said: Said, stated: Iterable[str], words: Words) -> None:
    """Note what an education organization's characteristics of a student say."""
    found = [one.lower() for one in stated]
    known = words.characteristics
    said.take(known, (name for name, own in known.items() if any(map(_begins(own), found))))


def by_indicators(said: Said, stated: Iterable[tuple[str, str]], words: Words) -> None:
    """Note what indicators say, by name and value; an indicator without a value that denies it says yes."""
    found = {name.lower() for name, value in stated if value.lower() not in _NO}
    known = words.indicators
    said.take(known, (name for name, own in known.items() if own & found))


def by_exit(said: Said, exit_type: str, words: Words) -> None:
    """Note what the way a student left a school says."""
    said.take(("deceased",), ("deceased",) if exit_type.lower() in words.deceased_exits else ())


def by_homeless_program(
    said: Said, *, unaccompanied: bool, awaits_foster_care: bool, is_over: bool
) -> None:
    """Note a StudentHomelessProgramAssociation; one that has ended says nothing more."""
    if is_over:
        return
    found = {"homeless"}
    found |= {"unaccompanied"} if unaccompanied else set()
    found |= {"foster"} if awaits_foster_care else set()
    said.take((), found)


def by_evaluation(said: Said, determined: str) -> None:
    """Note a StudentSpecialEducationProgramEligibilityAssociation, by the date on which eligibility was determined.

    A family has agreed to an evaluation for special education: support is pending until there is such a date.
    """
    said.take((), () if determined else ("support_pending",))


def is_over(ends: Iterable[str], day: str) -> bool:
    """Whether every period of something has ended before a day (all ISO); without a period nothing has."""
    found = list(ends)
    return bool(found) and all(end and end[:10] < day for end in found)


def told_by_programs(*, homeless: bool, evaluations: bool) -> frozenset[str]:
    """The flags that the associations with programs tell of, by which of the two were read."""
    return frozenset(
        (
            *(_OF_HOMELESS_PROGRAM if homeless else ()),
            *(("support_pending",) if evaluations else ()),
        )
    )


def charter_cell(status: str, words: Words) -> str:
    """Whether a school is a charter; empty where nothing is said, and a status that nobody knows is one."""
    return flag(status.lower() not in words.not_charter) if status else ""


def _begins(own: frozenset[str]) -> Callable[[str], bool]:
    return lambda one: one.startswith(tuple(own))


def _listed(options: Mapping[str, str | int], option: str, default: str) -> frozenset[str]:
    parts = str(options.get(option, default)).split(",")
    return frozenset(part.strip().lower() for part in parts if part.strip())
