"""Obligations, extensions, implementation plans, the tracker and the statuses at an instant."""

from tiendo.warehouse.migrate import run_file

revision = "0008"
down_revision = "0002"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0008_calendar.sql")
