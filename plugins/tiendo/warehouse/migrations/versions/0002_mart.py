"""The mart contract: views, functions, comments."""

from tiendo.warehouse.migrate import run_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0002_mart.sql")
