"""Fuzz one parser, guided by coverage: `python -m tests.fuzz TARGET [--seconds N] [--corpus FOLDER]`, or `make fuzz`.

Without a target, every one in turn. A finding is written to the folder of findings and named; the run then ends with
exit code 77 of libFuzzer (or of a signal). Running `python -m tests.fuzz TARGET --input FILE` shows it again.
"""

import argparse
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 60
LONGEST_INPUT = 4096
FINDINGS = Path(__file__).resolve().parents[2] / "var" / "fuzz"


def main() -> int:
    """Read the command line; with one target fuzz it in this process, else each in one of its own."""
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("target", nargs="?", help="one target; every one in turn without")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="how long each is run")
    parser.add_argument("--corpus", type=Path, help="where inputs that reach new code are kept")
    parser.add_argument("--input", type=Path, help="run one input and nothing else")
    parser.add_argument("--findings", type=Path, default=FINDINGS, help="where findings go")
    asked = parser.parse_args()
    if asked.target is None:
        from tests.fuzz.targets import TARGETS

        command = [sys.executable, "-m", "tests.fuzz"]
        ends = [
            subprocess.run(
                [*command, name, "--seconds", str(asked.seconds)], check=False
            ).returncode
            for name in TARGETS
        ]
        return max(map(abs, ends))
    return fuzz(asked)


def fuzz(asked: argparse.Namespace) -> int:
    """Run one target under libFuzzer; does not return when it finds something."""
    import atheris

    # The parsers alone are watched: what the libraries below them do is theirs.
    with atheris.instrument_imports(
        include=["pact_etl", "tests.fuzz.targets"], enable_loader_override=False
    ):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.seeds import seeds_of

    logging.disable(logging.CRITICAL)
    if asked.target not in TARGETS:
        sys.stderr.write(f"no target {asked.target!r}; known are {', '.join(TARGETS)}\n")
        return 2
    if asked.input is not None:
        TARGETS[asked.target](asked.input.read_bytes())
        return 0
    corpus = asked.corpus or Path(tempfile.mkdtemp(prefix=f"pact-fuzz-{asked.target}-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds_of(asked.target)):
        (corpus / f"seed-{number:04d}").write_bytes(seed)
    findings = asked.findings / asked.target
    findings.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={asked.seconds}",
        f"-max_len={LONGEST_INPUT}",
        f"-artifact_prefix={findings}/",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        "-seed=20261120",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[asked.target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
