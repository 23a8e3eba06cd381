"""Hand tasks to the executor as the scheduler does, and write which ends of processes it passes on."""

import json
import os
import sys

sys.path.insert(0, os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"])

from airflow.executors.workloads import ExecuteTask
from airflow.executors.workloads.task import TaskInstanceDTO
from airflow.utils.state import TaskInstanceState
from steady_executor import SteadyLocalExecutor


def work(task, try_number=1):
    ti = TaskInstanceDTO.model_construct(
        dag_id="d", task_id=task, run_id="r", try_number=try_number, map_index=-1
    )
    return ExecuteTask.model_construct(ti=ti)


def begin(executor, one):
    """What the executor does when it has a free process."""
    executor.queued_tasks.pop(one.key)


def passed_on(executor):
    return [str(state) for state, _ in executor.get_event_buffer().values()]


SUCCESS, FAILED = TaskInstanceState.SUCCESS, TaskInstanceState.FAILED
answer = {}

executor, one = SteadyLocalExecutor(parallelism=1), work("plain")
executor.queue_workload(one, None)
begin(executor, one)
executor.change_state(one.key, SUCCESS)
answer["plain"] = passed_on(executor)

# The answer came before the first process was known to have ended.
executor, one = SteadyLocalExecutor(parallelism=1), work("asked")
executor.queue_workload(one, None)
begin(executor, one)
executor.queue_workload(one, None)
executor.change_state(one.key, SUCCESS)
answer["first_of_two"] = passed_on(executor)
begin(executor, one)
executor.change_state(one.key, SUCCESS)
answer["second_of_two"] = passed_on(executor)

# A process that broke is always told.
executor.queue_workload(one, None)
begin(executor, one)
executor.queue_workload(one, None)
executor.change_state(one.key, FAILED)
answer["broken"] = passed_on(executor)

# Handed in twice before it began: one process, one end.
executor, one = SteadyLocalExecutor(parallelism=1), work("impatient")
executor.queue_workload(one, None)
executor.queue_workload(one, None)
begin(executor, one)
executor.change_state(one.key, SUCCESS)
answer["handed_in_twice"] = passed_on(executor)

# Another try is another matter.
executor, one, two = SteadyLocalExecutor(parallelism=1), work("again"), work("again", 2)
for each in (one, two):
    executor.queue_workload(each, None)
    begin(executor, each)
executor.change_state(one.key, SUCCESS)
answer["other_try"] = passed_on(executor)

sys.stdout.write(json.dumps(answer))
