"""Commands about one student or a list of open work start at once: they load no frame library and no typesetter."""

import subprocess
import sys

import pytest

HEAVY = [
    "pandas",
    "pyarrow",
    "typst",
    "great_expectations",
    "pypdfium2",
    "asyncssh",
    "s3fs",
    "airflow",
]

LIGHT = {
    "pact why": "pact_etl.steps.why pact_etl.cli.why_text",
    "pact status": "pact_etl.steps.status",
    "pact tasks": "pact_etl.steps.tasks pact_etl.cli.tasks",
    "pact case show": "pact_etl.steps.case pact_etl.cli.case",
    "pact hold": "pact_etl.steps.holds pact_etl.cli.holds",
}


@pytest.mark.parametrize("command", LIGHT)
def test_a_command_loads_only_what_it_needs(command: str) -> None:
    asked = f"""
import importlib, sys
for name in {("pact_etl.cli.app " + LIGHT[command]).split()!r}:
    importlib.import_module(name)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
