"""Schemas, roles, register, intake, figures."""

from tiendo.warehouse.migrate import run_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0001_initial.sql")
