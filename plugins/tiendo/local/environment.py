"""The environment Airflow's processes run in: all of Airflow's configuration, composed in one place.

Nothing is taken over from ``AIRFLOW__*`` variables of the caller, so that the same command does the same everywhere.
Production outside of ``tiendo up`` sets these variables itself (docker-compose.yaml).
"""

import json
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import URL

from tiendo.settings import INCLUDE, PROJECT, Settings

METADATA_DATABASE = "airflow"
ADMIN = "admin"
REVIEWER = "reviewer"
# Either would double the time of every start, or change what Python sees.
_UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")


# A machine that has much else to do, or little of everything, is no reason to give a task up: these limits of Airflow's
# are for what does not move at all. (docker-compose.yaml sets the same.)
PATIENCE = {
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",
    "AIRFLOW__CORE__TASK_SUCCESS_OVERTIME": "600",
    "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "900",
    "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "900",
    # A scheduler that takes so long to be missed is looked for the more often.
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "120",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
    "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "60",
}


def airflow_environment(
    settings: Settings,
    *,
    port: int,
    warehouse_url: URL,
    metadata_url: URL,
    clock_file: Path | None = None,
    has_idle_machine: bool = False,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Composes the environment of all of Airflow's processes for a machine of two cores.

    Args:
        port: of the api-server, on 127.0.0.1.
        warehouse_url: the warehouse, as the tasks reach it.
        metadata_url: Airflow's own database.
        clock_file: the replay clock; then nothing is collected but on request.
        has_idle_machine: the machine has nothing else to do, so the scheduler may look more often for what is next.
        extra: further variables, which take precedence.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW_", "TIENDO_CLOCK", "TIENDO_COLLECT")) and name not in _UNWANTED
    }
    keys = _secrets(settings)
    home = settings.airflow
    environment = inherited | {
        **PATIENCE,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "AIRFLOW__CORE__EXECUTOR": "tiendo.airflow_glue.executor.LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__MP_START_METHOD": "fork",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet_key"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin,{REVIEWER}:user",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_passwords_file(settings)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _address(metadata_url, "postgresql+psycopg2"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": _address(metadata_url, "postgresql+asyncpg"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__SECRET_KEY": keys["secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt_secret"],
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600" if clock_file else "60",
        # Of a task whose worker was killed before it began; one that is only slow is left alone (our executor).
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "15",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2" if has_idle_machine else "1",
        # How long a worker may take to notice that its task has ended.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1" if has_idle_machine else "5",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GX_ANALYTICS_ENABLED": "False",
        "TIENDO_HOME": str(settings.home),
        "TIENDO_PLAN": ",".join(map(str, settings.plan_dirs)),
        "TIENDO_INCLUDE": str(INCLUDE),
        "TIENDO_DATABASE_URL": _address(warehouse_url, "postgresql"),
        "TIENDO_REVIEWERS": REVIEWER,
        "TIENDO_COLLECT_MINUTES": "0" if clock_file else str(settings.collect_minutes),
        # A proxy of the organisation must not stand between the processes of this machine.
        "NO_PROXY": _without_proxy(),
        "no_proxy": _without_proxy(),
        # Each task computes little; threads of the linear algebra would only fight over the two cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    if clock_file:
        environment["TIENDO_CLOCK_FILE"] = str(clock_file)
    return environment | dict(extra or {})


def passwords(settings: Settings) -> dict[str, str]:
    """Returns the passwords of the accounts of the web page, made at random on the first call and kept (mode 0600)."""
    return _kept(_passwords_file(settings), {name: lambda: secrets.token_urlsafe(12) for name in (ADMIN, REVIEWER)})


def _passwords_file(settings: Settings) -> Path:
    return settings.airflow / "passwords.json"


def kept_secrets(settings: Settings) -> dict[str, str]:
    """Returns the keys of this installation that were made already."""
    return _kept(settings.airflow / "secrets.json", {})


def _secrets(settings: Settings) -> dict[str, str]:
    makers = {
        "fernet_key": lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "secret_key": lambda: secrets.token_hex(32),
        "jwt_secret": lambda: secrets.token_hex(64),
    }
    return _kept(settings.airflow / "secrets.json", makers)


def _kept(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Reads a file of secrets, making those it lacks; only its owner may read it."""
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = {name: make() for name, make in makers.items() if name not in known}
    if missing:
        known |= missing
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(known, file)
        temporary.replace(path)
    return known


def _address(url: URL, driver: str) -> str:
    return url.set(drivername=driver).render_as_string(hide_password=False)


def _without_proxy() -> str:
    known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(filter(None, [known, "127.0.0.1", "localhost"]))
