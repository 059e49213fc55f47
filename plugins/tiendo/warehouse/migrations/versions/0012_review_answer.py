"""What reviewers are asked, and what they answer."""

from tiendo.warehouse.migrate import run_file

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0012_review_answer.sql")
