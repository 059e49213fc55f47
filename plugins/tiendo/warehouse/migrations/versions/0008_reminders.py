"""Reminders sent, mail withdrawn, and reports about undeliverable mail with the mail they concern."""

from tiendo.warehouse.migrate import run_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0008_reminders.sql")
