"""A process's own peak of resident memory."""

import resource
import sys
from pathlib import Path

_UNITS_PER_MB = 1024 if sys.platform == "linux" else 1 << 20


def own_peak_mb() -> float:
    """The most this process ever held, in megabytes.

    Linux hands `ru_maxrss` down from the process that started this one, so it is only the second choice.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_MB
