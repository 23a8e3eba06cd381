"""One file per verb of the pipeline. A step gathers, lets the domain decide, applies, and owns its transactions.

Every step can be killed at any instant and run again with the same effect. `run` is what the orchestrator calls;
the function beside it takes its collaborators, so that tests and the command line hand in their own.
"""
