"""Packages: how fast one is built and sealed, against gpg on the same bytes; and what a large batch holds in memory."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.context import Context, Line, Measured
from benchmarks.measuring import Run, run
from pact_etl.simulator.vendor_keys import make_throwaway_keys

# Letters of the large batch, as a multiple of what the letters' own benchmark sets.
_BATCH = 5
_SEALED_MB = {True: 10, False: 50}
_MOST_PIECES = {True: 100, False: 1000}

SEALING = {
    "pact": "pact: zip, manifest and hashes made, signed and encrypted",
    "gpg": "gpg --sign --encrypt of the zip",
    "gpg_stored": "gpg --sign --encrypt --compress-algo none of the zip",
}
BATCHES = {
    "by_package": "pact: letters set, built and sealed package by package",
    "at_once": "pact: the same letters in one package",
}


def measure_packaging(context: Context) -> Measured:
    """Seal the same bytes in each way, and release the same letters in both, in turns."""
    is_quick = context.letters < 1000
    megabytes, pieces = _SEALED_MB[is_quick], _MOST_PIECES[is_quick]
    letters = context.letters * _BATCH
    runs: dict[str, list[Run]] = {}
    with _keys() as (keys, has_gpg):
        sealing = SEALING if has_gpg else {"pact": SEALING["pact"]}
        for number in range(context.runs):
            context.say(f"packaging: run {number + 1} of {context.runs}")
            for way in sealing:
                runs.setdefault(way, []).append(_run(way, keys, megabytes))
        context.say(f"packaging: {letters:,} letters, by package and at once")
        for way in BATCHES:
            runs[way] = [_run(way, keys, letters, pieces if way == "by_package" else letters)]
    lines = {
        way: Line(
            name=(sealing | BATCHES)[way],
            runs=own,
            values=[one.result["bytes"] / 1e6 / one.result["seconds"] for one in own],
            note=own[0].result.get("note", ""),
        )
        for way, own in runs.items()
    }
    pact, *others = (lines[way] for way in sealing)
    ratios = {other.name: pact.figure / other.figure for other in others}
    remarks = [
        f"Sealed: {megabytes} MB of letters, stored in the zip and not deflated, for a curve 25519 key made by gpg."
        if has_gpg
        else f"Sealed: {megabytes} MB of letters. gpg is not installed on this machine.",
        f"The large batch has {letters:,} letters and packages of at most {pieces:,}; its figures are of setting them, "
        "which is nearly all of it.",
    ]
    return Measured(
        name="packaging",
        title="Packages for the print vendor",
        lines=[
            Line(name=pact.name, runs=pact.runs, values=pact.values, ratios=ratios),
            *others,
            *(lines[way] for way in BATCHES),
        ],
        unit="MB/s",
        remarks=remarks,
    )


def _run(way: str, keys: Path, *numbers: int) -> Run:
    return run(["-m", "benchmarks.packaging_run", way, str(keys), *map(str, numbers)])


@contextmanager
def _keys() -> Iterator[tuple[Path, bool]]:
    """Both sides' keys in a folder that is gpg's home as well; whether gpg made them."""
    folder = Path(tempfile.mkdtemp())  # gpg's sockets need a short path
    try:
        if shutil.which("gpg") is None:
            yield make_throwaway_keys(folder / "keys"), False
            return
        for side, name in (("county", "key"), ("vendor", "cert")):
            user = f"{side}@pact.example"
            gpg(folder, "--quick-gen-key", user, "ed25519", "default", "1y")
            listed = gpg(folder, "--list-keys", "--with-colons", user).decode().splitlines()
            own = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
            gpg(folder, "--quick-add-key", own, "cv25519", "encr", "1y")
            what = "--export-secret-keys" if name == "key" else "--export"
            path = folder / f"{side}.{name}.asc"
            path.write_bytes(gpg(folder, "--armor", what, own))
            path.chmod(0o600)
        yield folder, True
    finally:
        if shutil.which("gpgconf") is not None:
            environment = os.environ | {"GNUPGHOME": str(folder)}
            subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def gpg(home: Path, *arguments: str) -> bytes:
    """Run gpg in a home of its own; what it printed."""
    plain = ["gpg", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]
    done = subprocess.run(
        [*plain, "--trust-model", "always", *arguments],
        env=os.environ | {"GNUPGHOME": str(home)},
        check=True,
        capture_output=True,
    )
    return done.stdout
