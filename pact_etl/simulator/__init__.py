"""A simulated county: students, families and attendance that never were, as districts send them.

For demonstrations, training, load tests and tests. Knows districts as values; nothing here reads
settings files, talks to a database or imports the pipeline it feeds.
"""

from pact_etl.simulator.faults import FAULTS, Fault
from pact_etl.simulator.simulate import Summary, simulate

__all__ = ["FAULTS", "Fault", "Summary", "simulate"]
