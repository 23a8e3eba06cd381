"""The local executor, without its one flaw that matters here: it could make Airflow lose an operator's answer.

A task that waits for an answer leaves its process, and Airflow learns a moment later that the process ended well. An
answer within that moment puts the task back into the queue; the late word of the first process then looks like the end
of the second, Airflow takes the task for killed, and the answer is gone (apache/airflow issue 72716).
"""

from collections import Counter
from typing import Any

from airflow.executors.local_executor import LocalExecutor
from airflow.utils.state import TaskInstanceState


class SteadyLocalExecutor(LocalExecutor):
    """Keeps a process's success to itself while the same try of the same task is on its way again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_their_way: Counter[Any] = Counter()

    def queue_workload(self, workload: Any, session: Any) -> None:
        """Count what is handed in, once for each process that it becomes."""
        is_new = workload.key not in self.queued_tasks
        super().queue_workload(workload, session)
        self._on_their_way[workload.key] += is_new

    def change_state(
        self, key: Any, state: Any, info: Any = None, remove_running: bool = True
    ) -> None:
        """Pass the end of a process on, unless another for the same try has been handed in since."""
        if state in {TaskInstanceState.SUCCESS, TaskInstanceState.FAILED}:
            self._on_their_way[key] -= 1
            if state == TaskInstanceState.SUCCESS and self._on_their_way[key] > 0:
                self.log.info("the task is on its way again; this end of a process is not the last")
                return
            del self._on_their_way[key]
        super().change_state(key, state, info, remove_running)
