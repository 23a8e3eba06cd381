"""Parse the DAG files as Airflow does and write what they hold as one JSON document."""

import json
import os
import sys

sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])

from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])


def describe_task(task):
    return {
        "owner": task.owner,
        "retries": task.retries,
        "has_callback": bool(task.on_failure_callback),
        "trigger_rule": task.trigger_rule.value,
        "is_mapped": task.get_closest_mapped_task_group() is not None,
        "upstream": sorted(task.upstream_task_ids),
        "label_template": getattr(task, "map_index_template", None),
    }


answer = {
    "errors": bag.import_errors,
    "modules": sorted(sys.modules),
    "dags": {
        dag_id: {
            "doc": dag.doc_md,
            "tags": sorted(dag.tags),
            "catchup": dag.catchup,
            "timetable": type(dag.timetable).__name__,
            "paused": dag.is_paused_upon_creation,
            "serialized": bool(DagSerialization.to_dict(dag)),
            "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
        }
        for dag_id, dag in bag.dags.items()
    },
}
sys.stdout.write(json.dumps(answer, default=str))
