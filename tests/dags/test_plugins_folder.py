"""What Airflow executes when it loads the plugins folder. Left to itself: every file, under its bare name."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tiendo.cli.dag_pages import reading_environment
from tiendo.settings import PROJECT

PROBE = """
import json, os, sys
from airflow import plugins_manager
from airflow.configuration import conf
plugins_manager.ensure_plugins_loaded()
folder = conf.get("core", "plugins_folder")
files = {name: str(getattr(module, "__file__", "") or "") for name, module in list(sys.modules.items())}
ours = {name for name, file in files.items() if file.startswith(folder + os.sep)}
json.dump({
    "modules": sorted(ours),
    "shadowed": sorted(ours & set(sys.stdlib_module_names)),
    "errors": plugins_manager.get_import_errors(),
    "timetables": sorted(plugins_manager.get_timetables_plugins()),
    "links": sorted(link.name for link in plugins_manager.get_global_operator_extra_links()),
    "listeners": [each.__name__ for plugin in plugins_manager._get_plugins()[0] for each in plugin.listeners],
    "deadlines": sorted(plugins_manager.get_deadline_references_plugins()),
    "heavy": sorted({"pandas", "great_expectations"} & set(sys.modules)),
}, sys.stdout)
"""


def load(plugins: Path, home: Path) -> dict[str, Any]:
    environment = reading_environment(home) | {"AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins)}
    process = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert process.returncode == 0, process.stderr
    loaded: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return loaded


def test_only_the_plugin_file_is_executed(tmp_path: Path) -> None:
    loaded = load(PROJECT / "plugins", tmp_path)
    bare = [name for name in loaded["modules"] if name != "tiendo" and not name.startswith("tiendo.")]
    assert bare == ["tiendo_plugin"]
    assert loaded["shadowed"] == []
    assert loaded["errors"] == {}
    assert loaded["heavy"] == []
    assert loaded["timetables"] == ["tiendo.airflow_glue.timetable.PlanCalendar"]
    assert loaded["links"] == ["Báo cáo đã ban hành", "Bản dự thảo", "Các tệp của lượt chạy"]
    assert loaded["listeners"] == ["tiendo.airflow_glue.run_words"]
    assert loaded["deadlines"] == ["tiendo.airflow_glue.deadline.PlanDeadline"]


def test_without_the_ignore_file_everything_would_be(tmp_path: Path) -> None:
    """The test above can fail: a stray file named like one of the standard library is executed and seen."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(PROJECT / "plugins" / "tiendo_plugin.py", plugins)
    (plugins / "colorsys.py").write_text("from airflow.plugins_manager import AirflowPlugin\n", encoding="utf-8")
    assert load(plugins, tmp_path / "a")["shadowed"] == ["colorsys"]
    shutil.copy(PROJECT / "plugins" / ".airflowignore", plugins)
    assert load(plugins, tmp_path / "b")["shadowed"] == []


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    names = {path.stem for path in (PROJECT / "plugins").rglob("*.py")} - {"__init__"}
    assert names & set(sys.stdlib_module_names) == set()
