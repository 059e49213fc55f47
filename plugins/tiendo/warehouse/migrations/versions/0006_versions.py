"""Which version of a report counts."""

from tiendo.warehouse.migrate import run_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0006_versions.sql")
