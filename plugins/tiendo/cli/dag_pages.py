"""``docs/DAGs.md``, made from the DAGs themselves, so that a page and its DAG cannot say different things."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tiendo.settings import PROJECT

HEAD = """# The DAGs

Generated from `dags/` (`make docs`); do not edit. Each page is the DAG's documentation in the Airflow UI as well.

| DAG | shown as | runs | tasks, shown as | makes |
|---|---|---|---|---|
"""


def dag_pages() -> str:
    """Returns the document. The DAGs are read in a process of their own, whose Airflow home is thrown away."""
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.run(  # noqa: S603  our own arguments
            [sys.executable, "-m", __name__],
            env=reading_environment(Path(home)),
            capture_output=True,
            text=True,
            check=False,
        )
    if process.returncode:
        raise RuntimeError(f"the DAGs cannot be read:\n{process.stderr}")
    return process.stdout


def reading_environment(home: Path) -> dict[str, str]:
    """Returns an environment in which the DAG files can be parsed without any service."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TIENDO"))}
    return kept | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "TIENDO_HOME": str(home / "var"),
    }


def _render() -> str:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    bag = DagBag(dag_folder=os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    if bag.import_errors:
        raise RuntimeError("\n".join(bag.import_errors.values()))
    lines, pages = [], []
    for dag_id, dag in sorted(bag.dags.items()):
        stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        tasks = " → ".join(f"`{task.task_id}` {task.task_display_name}" for task in dag.topological_sort())  # type: ignore[no-untyped-call]
        outlets = sorted({asset.name for task in dag.tasks for asset in task.outlets})
        makes = ", ".join(f"`{name}`" for name in outlets)
        shown = f"[`{dag_id}`](#{dag_id}) | {dag.dag_display_name}"
        lines.append(f"| {shown} | {_schedule(dag.schedule, stored.timetable)} | {tasks} | {makes} |")
        pages.append(f"## {dag_id}\n\n{(dag.doc_md or '').strip()}\n")
    return HEAD + "\n".join(lines) + "\n\n" + "\n".join(pages)


def _schedule(schedule: Any, timetable: Any) -> str:
    from airflow.sdk import AssetOrTimeSchedule

    assets = sorted(key.name for key, _ in timetable.asset_condition.iter_assets())
    if isinstance(schedule, AssetOrTimeSchedule):
        minutes = schedule.timetable.delta.total_seconds() / 60  # type: ignore[attr-defined]
        return f"when the watcher of `{assets[0]}` sees something, and every {minutes:.0f} minutes"
    if assets:
        each = ", for each period" if timetable.partitioned else ""
        return f"after {', '.join(f'`{name}`' for name in assets)}{each}"
    return str(timetable.summary)


if __name__ == "__main__":
    sys.stdout.write(_render())
