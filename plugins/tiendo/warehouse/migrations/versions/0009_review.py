"""Answers of reviewers other than approval, and the delivery of editions."""

from tiendo.warehouse.migrate import run_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0009_review.sql")
