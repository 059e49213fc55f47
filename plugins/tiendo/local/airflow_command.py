"""Airflow's own command line with the environment of ``tiendo up``, so that what documents print works there."""

import os
import subprocess
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from tiendo.local.environment import airflow_environment
from tiendo.local.services import DEFAULT_PORT, database_urls
from tiendo.settings import Settings


class NoAirflowError(RuntimeError):
    """There is no Airflow here that a command could speak to; the message says how there would be one."""


def run_airflow(settings: Settings, arguments: Sequence[str]) -> int:
    """Runs ``airflow`` with these arguments and returns its exit code.

    Where Airflow has been set up by its own variables, as in a container, these hold. Else it is the Airflow that
    ``tiendo up`` keeps below the home, whether or not its services run at the moment.

    Raises:
        NoAirflowError: neither is there.
    """
    environment = None
    if "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in os.environ:
        lock = settings.airflow / "services.lock"
        if not (settings.airflow / "secrets.json").exists():
            raise NoAirflowError(f"No Airflow has been started on {settings.home}. Start it first: tiendo up")
        warehouse_url, metadata_url = database_urls(settings)
        port = urlsplit(lock.read_text(encoding="utf-8")).port if lock.exists() else None
        environment = airflow_environment(
            settings, port=port or DEFAULT_PORT, warehouse_url=warehouse_url, metadata_url=metadata_url
        )
    return subprocess.run([sys.executable, "-m", "airflow", *arguments], env=environment, check=False).returncode  # noqa: S603  the caller's own
