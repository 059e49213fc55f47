"""Trend against the last period, roll-ups of statuses, and the record of each body."""

from tiendo.warehouse.migrate import run_file

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0011_rollups.sql")
