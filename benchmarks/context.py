"""What every benchmark is given: how large, how often, and a place to work in."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.measuring import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One invocation's choices.

    Attributes:
        scale: 1 is the whole county, 245,000 students.
        runs: how often each timed thing is repeated; medians are reported.
        letters: how many letters are set.
        work: everything temporary lies below.
        config: the county's settings.
        profile: whether to say where the time goes.
    """

    scale: float
    runs: int
    letters: int
    work: Path
    config: Path
    profile: bool = False
    seed: int = 1
    say: Callable[[str], None] = print

    def folder(self, *parts: str) -> Path:
        """A folder below the work folder, empty and new."""
        path = self.work.joinpath(*parts)
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was measured, and how it compares with the peer it is named against.

    Attributes:
        name: what it is.
        runs: one process each.
        values: one figure per run; the processes' wall time unless given.
        ratios: this figure over each named peer's.
        note: what else belongs beside the figures.
    """

    name: str
    runs: list[Run]
    values: list[float] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def figures(self) -> list[float]:
        """One per run."""
        return self.values or [run.seconds for run in self.runs]

    @property
    def figure(self) -> float:
        """The median."""
        return median(self.figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one benchmark found: a table of lines, sentences about it, and (on request) where the time goes.

    Attributes:
        missed: the goals it should have reached and did not, with the figure; said on the page and by the exit code.
    """

    name: str
    title: str
    lines: list[Line]
    unit: str = "s"
    remarks: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    profile: str = ""
