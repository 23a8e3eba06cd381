"""Letters per second: the pipeline's batch against bare Typst and WeasyPrint, and a state's night of letters."""

from dataclasses import replace
from statistics import median
from typing import Any

from benchmarks.context import Context, Line, Measured
from benchmarks.letter_stream import LETTERS_PER_FILE
from benchmarks.measuring import Run, run

# WeasyPrint is so much slower that a hundredth of the letters tells its pace.
_WEASYPRINT_SHARE = 100
_PHASES_SHARE = 5
_FEWEST = 16
_RUNS = {"county": 2, "even": 1}
_STATE_TIMES = 20

LEAST_TIMES_WEASYPRINT, MOST_TIMES_TYPST, MOST_MB = 20.0, 1.3, 1024
MOST_GROWTH_MB = 100
"""Between the first files of a state's night and the last: its memory is flat."""


def measure_letters(context: Context) -> Measured:
    """Set the same letters in three ways, in turns: as a county's families speak, and in every language alike."""
    lines, remarks, missed = [], [], []
    for mix, most_runs in _RUNS.items():
        own, said, amiss = _measure_mix(context, mix, min(context.runs, most_runs))
        lines += own
        remarks += said
        missed += amiss
    count = max(context.letters // _PHASES_SHARE, _FEWEST)
    phases = run(["-m", "benchmarks.letter_run", "phases", str(count)]).result
    remarks += [
        f"Processor time by phase: {_shares(phases['cpu_by_phase'])}.",
        "Making the sample and loading libraries are not counted. typst: the same templates, data, fonts, PDF "
        "standards and slices, one after the other, unchecked and unjoined. weasyprint: an HTML letter of the same "
        "words, fonts, zones, barcodes and calendars, untagged, in one document, on fewer letters.",
        "county: the languages of the simulated county's families, where letters exist in them. even: each as often as "
        "another.",
    ]
    return Measured(
        name="letters",
        title=f"Letters, {context.letters:,} families in 13 languages, records attached",
        lines=lines,
        unit="letters/s",
        remarks=remarks,
        missed=missed,
    )


def _measure_mix(context: Context, mix: str, times: int) -> tuple[list[Line], list[str], list[str]]:
    counts = {"pact": context.letters, "typst": context.letters}
    counts["weasyprint"] = max(context.letters // _WEASYPRINT_SHARE, _FEWEST)
    runs: dict[str, list[Run]] = {way: [] for way in counts}
    for number in range(times):
        context.say(f"letters, {mix}: run {number + 1} of {times}")
        for way, count in counts.items():
            if way != "weasyprint" or not number:
                words = ["-m", "benchmarks.letter_run", way, str(count), "--mix", mix]
                runs[way].append(run(words))
    present = {way: own for way, own in runs.items() if "missing" not in own[0].result}
    remarks = [
        f"{way}: not available on this machine ({own[0].result['missing']})."
        for way, own in runs.items()
        if way not in present
    ]
    lines = {way: _line(f"{way}, {mix}", own) for way, own in present.items()}
    slower = [
        (ours.result["seconds"] / bare.result["seconds"], ours.result["cpu"] / bare.result["cpu"])
        for ours, bare in zip(runs["pact"], runs["typst"], strict=True)
    ]
    wall, cpu = median(pair[0] for pair in slower), median(pair[1] for pair in slower)
    remarks.append(
        f"{mix}: a letter takes {wall:.2f} times as long as with bare Typst, and {cpu:.2f} times the processor's time."
    )
    missed = [] if wall <= MOST_TIMES_TYPST else [f"{mix}: {wall:.2f} times bare Typst's time"]
    ratios = {f"typst, {mix}": 1 / wall}
    if "weasyprint" in lines:
        ratios[f"weasyprint, {mix}"] = times_faster = (
            lines["pact"].figure / lines["weasyprint"].figure
        )
        if times_faster < LEAST_TIMES_WEASYPRINT:
            missed.append(f"{mix}: {times_faster:.1f} times as many as WeasyPrint")
    peak = max(one.peak_mb for one in runs["pact"])
    missed += [f"{mix}: {peak:.0f} MB"] if peak > MOST_MB else []
    lines["pact"] = replace(lines["pact"], ratios=ratios)
    return list(lines.values()), remarks, missed


def _line(name: str, own: list[Run]) -> Line:
    said = own[0].result
    rates = [one.result["letters"] / one.result["seconds"] for one in own]
    pages = median(one.result["pages"] / one.result["seconds"] for one in own)
    cpu = median(one.result["cpu"] for one in own)
    note = (
        f"{said['letters']:,} letters, {said['pages']:,} pages, {pages:,.0f} pages a second; "
        f"{cpu:.1f} s of processor"
    )
    return Line(name=name, runs=own, values=rates, note=note)


def _shares(cpu: dict[str, float]) -> str:
    total = sum(cpu.values())
    return ", ".join(f"{name} {seconds / total:.0%}" for name, seconds in cpu.items())


def measure_state(context: Context) -> Measured:
    """A state's night: letters that stream through the looks before setting, and onto disk. Is its memory flat?"""
    count = context.letters * _STATE_TIMES
    remarks, missed, lines = [], [], []
    for what in ("unprintable", "unlawful"):
        fewer, all_of_them = (
            run(["-m", "benchmarks.letter_run", what, str(number)])
            for number in (count // 5, count)
        )
        lines += [_look(f"find_{what}", one) for one in (all_of_them, fewer)]
    context.say(f"letters_state: {count:,} letters")
    folder = context.folder("letters_state")
    night = run(["-m", "benchmarks.letter_run", "stream", str(count), "--folder", str(folder)])
    curve = night.result["curve_mb"]
    growth = max(curve) - max(curve[: len(curve) // 5])
    lines.insert(0, _line("pact, county", [night]))
    remarks += [
        f"Set to files of {LETTERS_PER_FILE:,} letters, each hashed and let go; {night.result['bytes'] / 1e9:.2f} GB.",
        f"MB held after each twentieth: {', '.join(map(str, curve))}; at most {growth:+d} against the first fifth.",
        "find_unprintable and find_unlawful: over letters as they come; making the sample is not counted.",
    ]
    missed += [f"{night.peak_mb:.0f} MB"] if night.peak_mb > MOST_MB else []
    missed += [f"memory grows by {growth} MB"] if growth > MOST_GROWTH_MB else []
    return Measured(
        name="letters_state",
        title=f"A state's night of {count:,} letters",
        lines=lines,
        unit="letters/s",
        remarks=remarks,
        missed=missed,
    )


def _look(name: str, one: Run) -> Line:
    said: dict[str, Any] = one.result
    rate = said["letters"] / max(said["seconds"], 0.001)
    return Line(
        name=name,
        runs=[one],
        values=[rate],
        note=f"{said['letters']:,} letters, {said['seconds']:.1f} s",
    )
