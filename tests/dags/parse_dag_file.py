"""Parses one DAG file as Airflow does; prints last, as JSON, what is in it and what our code imported meanwhile."""

import builtins
import json
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

HEAVY = ("pandas", "numpy", "great_expectations", "sqlalchemy", "psycopg", "openpyxl", "docxtpl", "pyarrow")
OURS = (str(Path(sys.argv[1]).parent), str(Path(__file__).resolve().parents[2] / "plugins"))

imports = []
original = builtins.__import__


def recording_import(name, *arguments, **keywords):
    namespace = keywords.get("globals") or (arguments[0] if arguments else None) or {}
    importer = str(namespace.get("__file__", ""))
    if name.split(".")[0] in HEAVY and importer.startswith(OURS):
        imports.append(f"{importer} imports {name}")
    return original(name, *arguments, **keywords)


builtins.__import__ = recording_import
bag = DagBag(dag_folder=sys.argv[1])
builtins.__import__ = original
json.dump(
    {
        "errors": bag.import_errors,
        "heavy_imports": imports,
        "dags": {
            dag_id: {
                "doc": dag.doc_md,
                "shown_as": dag.dag_display_name,
                "tasks_shown_as": {t.task_id: t.task_display_name for t in dag.tasks},
                "form": {name: dag.params.get_param(name).schema for name in dag.params},
                "tags": sorted(dag.tags),
                "catchup": dag.catchup,
                "max_active_runs": dag.max_active_runs,
                "edges": sorted([t.task_id, d] for t in dag.tasks for d in t.downstream_task_ids),
                "retry_policies": {t.task_id: bool(t.retry_policy) for t in dag.tasks},
                "trigger_rules": {t.task_id: t.trigger_rule.value for t in dag.tasks},
                "outlets": {t.task_id: [asset.uri for asset in t.outlets] for t in dag.tasks},
                "deadlines": [
                    [
                        alert.name,
                        alert.interval.total_seconds(),
                        alert.callback.path,
                        getattr(alert.reference, "instants", None),
                    ]
                    for alert in (dag.deadline or [])
                ],
                "partitioned": DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable.partitioned,
            }
            for dag_id, dag in bag.dags.items()
        },
    },
    sys.stdout,
)
