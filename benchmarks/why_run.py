"""The measured process of `pact why`: many students explained one after the other, each answer timed."""

import argparse
import json
import time
from datetime import date

from sqlalchemy import text

from benchmarks.memory import own_peak_mb
from pact_etl.settings import Settings
from pact_etl.steps.why import explain
from pact_etl.wiring import build

CHOICES = {
    "any": "SELECT id FROM student ORDER BY hashtextextended(id::text, :seed) LIMIT :many",
    "most_marks": "SELECT student_id FROM mark GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT :many",
}


def main() -> None:
    """Print the milliseconds of every answer, and how many days were explained, as one JSON object."""
    parser = argparse.ArgumentParser(description="Explain many students.")
    parser.add_argument("choice", choices=CHOICES)
    parser.add_argument("as_of", type=date.fromisoformat)
    parser.add_argument("many", type=int)
    parser.add_argument("seed", type=int)
    options = parser.parse_args()
    using = build(Settings())
    with using.engine.connect() as connection:
        keys = {"many": options.many, "seed": options.seed}
        chosen = [row[0] for row in connection.execute(text(CHOICES[options.choice]), keys)]
    times, days = [], 0
    for student in chosen:
        began = time.perf_counter()
        told = explain(using, f"S{student}", options.as_of)
        times.append(1000 * (time.perf_counter() - began))
        for one in told["districts"].values():
            days += len(one["counted_days"]) + len(one["uncounted_days"])
    print(json.dumps({"ms": times, "days": days, "peak_mb": own_peak_mb()}))


if __name__ == "__main__":
    main()
