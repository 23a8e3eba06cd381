"""The `pact` command: the same steps as the DAGs, without Airflow, plus the tools around them.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 done with districts held or late.
"""

from pact_etl.cli.app import main

__all__ = ["main"]
