"""Letters per second: the pipeline's batch against bare Typst and against WeasyPrint."""

from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import Run, run

_WEASYPRINT_SHARE = (
    20  # WeasyPrint is so much slower that a twentieth of the letters tells its pace
)
_WARM_UP = 8


def measure_letters(context: Context) -> Measured:
    """Set the same letters in three ways, in turns."""
    counts = {
        "pact": context.letters,
        "typst": context.letters,
        "weasyprint": max(context.letters // _WEASYPRINT_SHARE, _WARM_UP),
    }
    runs: dict[str, list[Run]] = {way: [] for way in counts}
    for number in range(context.runs):
        context.say(f"letters: run {number + 1} of {context.runs}")
        for way, count in counts.items():
            runs[way].append(run(["-m", "benchmarks.letter_run", way, str(count)]))
    remarks, lines = [], []
    for way, own in runs.items():
        if "missing" in own[0].result:
            remarks.append(f"{way}: not available on this machine ({own[0].result['missing']}).")
            continue
        rates = [r.result["letters"] / r.result["seconds"] for r in own]
        lines.append(Line(name=way, runs=own, values=rates, note=_pages(own[0])))
    pact, *others = lines
    ratios = [f"{pact.figure / other.figure:.2f} times as fast as {other.name}" for other in others]
    remarks.insert(
        0, f"pact sets {', and '.join(ratios)}; the time of a letter is therefore " + _times(lines)
    )
    remarks.append(
        "Loading libraries is not counted. typst: the same templates, fonts and PDF standards, unchecked and unjoined."
    )
    return Measured(name="letters", title="Letters", lines=lines, unit="letters/s", remarks=remarks)


def _times(lines: list[Line]) -> str:
    pact, *others = lines
    return (
        ", ".join(f"{other.figure / pact.figure:.2f} of {other.name}'s" for other in others) + "."
    )


def _pages(one: Run) -> str:
    return f"{one.result['letters']:,} letters, {one.result['pages']:,} pages"
