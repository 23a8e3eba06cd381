"""The measured process of one policy: the nights of a span run again."""

import argparse
import json
from datetime import date
from pathlib import Path

from benchmarks.memory import own_peak_mb
from pact_etl.districts.other_policy import load_other_policy
from pact_etl.settings import Settings
from pact_etl.steps.what_if import what_if
from pact_etl.steps.what_if_figures import Edition
from pact_etl.wiring import build


def main() -> None:
    """Print findings and letters as one JSON object."""
    parser = argparse.ArgumentParser(description="One policy over a span of nights.")
    parser.add_argument("policy", type=Path)
    parser.add_argument("first", type=date.fromisoformat)
    parser.add_argument("last", type=date.fromisoformat)
    options = parser.parse_args()
    using = build(Settings())
    other = load_other_policy(options.policy, using.settings.config)
    report = what_if(using, other, options.first, options.last, Edition())
    told = {
        "findings": report["findings"]["chronic_truant_candidate"]["would"],
        "letters": report["letters"]["would"],
        "peak_mb": own_peak_mb(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
