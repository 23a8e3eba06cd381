"""Letters per second: the pipeline's batch against bare Typst and against WeasyPrint."""

from dataclasses import replace

from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import Run, run

# WeasyPrint is so much slower that a twentieth of the letters tells its pace.
_WEASYPRINT_SHARE = 20
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
    ratios = {other.name: pact.figure / other.figure for other in others}
    times = [f"{1 / ratio:.2f} times as long as with {name}" for name, ratio in ratios.items()]
    remarks += [
        f"A letter takes {' and '.join(times)}.",
        "Loading libraries is not counted. typst: the same templates, fonts and PDF standards in as large compiles, "
        "unchecked and unjoined. weasyprint: an HTML letter of the same words, zones and calendars.",
    ]
    lines[0] = replace(pact, ratios=ratios)
    return Measured(name="letters", title="Letters", lines=lines, unit="letters/s", remarks=remarks)


def _pages(one: Run) -> str:
    return f"{one.result['letters']:,} letters, {one.result['pages']:,} pages"
