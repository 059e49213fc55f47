"""Obligations, extensions, implementation plans, the tracker and the statuses at an instant."""

from tiendo.warehouse.migrate import run_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0007_calendar.sql")
