"""What the DAG files share: dates, how a step's result ends a task, and common settings. No pipeline logic."""
