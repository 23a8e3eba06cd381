from dataclasses import replace
from pathlib import Path

from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import Run
from benchmarks.report import as_page, as_text, keep


def context(tmp_path: Path, scale: float = 0.5) -> Context:
    return Context(scale=scale, runs=3, letters=10, work=tmp_path, config=tmp_path)


def measured() -> Measured:
    runs = [Run(seconds=s, cpu_seconds=s, peak_mb=100 * s) for s in (3.0, 1.0, 2.0)]
    line = Line(name="pact", runs=runs, ratios={"peer": 0.5})
    return Measured(name="night", title="County night", lines=[line], remarks=["As it was."])


def test_the_page_shows_median_spread_ratio_and_memory(tmp_path: Path) -> None:
    page = as_page([keep(context(tmp_path), measured(), tmp_path)], ["night"])
    assert "| pact | 2.00 | 1.00 to 3.00 in 3 runs | 0.50 x peer | 300 MB |" in page
    assert "- As it was." in page
    assert "Scale 0.5" in page


def test_the_screen_shows_the_same(tmp_path: Path) -> None:
    text = as_text(keep(context(tmp_path), measured(), tmp_path))
    assert "2.00 s  pact  (0.50 x peer)" in text


def test_a_run_of_some_benchmarks_leaves_the_other_sections_as_they_were(tmp_path: Path) -> None:
    names = ["letters", "night", "never measured"]
    letters = replace(measured(), name="letters", title="Letters")
    first = as_page(
        [keep(context(tmp_path), one, tmp_path) for one in (measured(), letters)], names
    )
    slower = replace(measured(), remarks=["As it is now."])

    page = as_page([keep(context(tmp_path), slower, tmp_path)], names, first)

    before, _, after = first.rpartition("As it was.")
    assert page == f"{before}As it is now.{after}"
    assert page.index("## Letters") < page.index("## County night") < page.index("## Goals")
