"""Airflow reads its configuration when it is first imported; here it gets a home that nobody else uses."""

import os
import tempfile
from pathlib import Path

from tiendo.cli.dag_pages import reading_environment

_home = Path(tempfile.mkdtemp(prefix="tiendo-airflow-"))
os.environ.update({k: v for k, v in reading_environment(_home).items() if k.startswith("AIRFLOW")})
