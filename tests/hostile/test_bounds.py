"""Bombs in a process of their own whose memory is limited: they end in their reason instead of the machine's."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.hostile.cases import Refused
from tests.hostile.corpus import CASES

pytest.importorskip("resource", reason="this platform has no limits of memory")

MOST_GROWTH = 256 << 20
"""Bytes that one input may cost beyond what the program takes before it: many times any bomb's input, a fraction of
what it would be unpacked or expanded."""

BOMBS = {
    case.id
    for case in CASES
    if any(
        word in case.name
        for word in (
            "megabytes",
            "million",
            "laughs",
            "thousand",
            "deep",
            "endless",
            "entity",
            "in each other",
        )
    )
}

SCRIPT = """
import json, resource, sys
from tests.hostile.corpus import CASES
from tests.hostile.test_corpus import examined
from pact_etl.domain.errors import SubmissionRefused

wanted = set(json.load(sys.stdin))
good = next(case for case in CASES if case.id == "bytes: a byte order mark nobody agreed on")
examined(good)
now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + {growth}, now + {growth}))
ends = {{}}
for case in CASES:
    if case.id in wanted:
        try:
            examined(case)
            ends[case.id] = "loaded"
        except SubmissionRefused as refused:
            ends[case.id] = refused.reason.value
        except MemoryError:
            ends[case.id] = "out of memory"
print(json.dumps(ends))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="address space is measured as Linux does")
def test_no_bomb_takes_more_memory_than_is_its_due() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(growth=MOST_GROWTH)],
        input=json.dumps(sorted(BOMBS)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert run.returncode == 0, run.stderr[-3000:]
    ends = json.loads(run.stdout)
    expected = {
        case.id: case.end.reason.value if isinstance(case.end, Refused) else "loaded"
        for case in CASES
        if case.id in BOMBS
    }
    assert ends == expected
    assert len(ends) >= 30
