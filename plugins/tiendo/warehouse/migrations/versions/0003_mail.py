"""Mail that comes and mail that goes out."""

from tiendo.warehouse.migrate import run_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0003_mail.sql")
