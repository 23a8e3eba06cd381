"""Every target runs guided by coverage for some seconds in each run of the tests, from the corpus on.

Where there is no fuzzer for the platform, its seeds are at least run once.
"""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzz.seeds import seeds_of
from tests.fuzz.targets import TARGETS

SECONDS = 5
LEAST_RUNS = 50
SIDE_BY_SIDE = 2  # a fuzzer is a process of its own and takes one core

HAS_FUZZER = importlib.util.find_spec("atheris") is not None

Runs = Mapping[str, "Future[subprocess.CompletedProcess[str]]"]


def fuzz(target: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.fuzz", target, "--seconds", str(SECONDS)]
    command += ["--corpus", str(folder / "corpus"), "--findings", str(folder)]
    return subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        errors="replace",
    )


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runs]:
    """One run of each target that was asked for, some of them at a time."""
    asked = {
        item.name: item.callspec for item in request.session.items if hasattr(item, "callspec")
    }
    wanted = [
        call.params["target"]
        for name, call in asked.items()
        if name.startswith("test_a_target_finds")
    ]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {t: pool.submit(fuzz, t, tmp_path_factory.mktemp(t)) for t in wanted}


if HAS_FUZZER:

    @pytest.mark.parametrize("target", TARGETS)
    def test_a_target_finds_nothing_in_some_seconds(target: str, runs: Runs) -> None:
        run = runs[target].result()

        said = run.stderr + run.stdout
        assert run.returncode == 0, said[-3000:]
        done, covered = re.search(r"Done (\d+) runs", said), re.findall(r"cov: (\d+)", said)
        assert done is not None, said[-3000:]
        assert int(done[1]) >= LEAST_RUNS
        assert covered
        assert int(covered[-1]) > 10, "nothing of the parser was watched"

else:  # no wheel for this platform: the fuzzer itself would run every seed first

    @pytest.mark.parametrize("target", TARGETS)
    def test_every_seed_of_a_target_passes_it(target: str) -> None:
        seeds = seeds_of(target)
        assert len(seeds) >= 5
        for seed in seeds:
            TARGETS[target](seed)
