"""The sender's own workbook, marked."""

from tiendo.warehouse.migrate import run_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0005_answers.sql")
