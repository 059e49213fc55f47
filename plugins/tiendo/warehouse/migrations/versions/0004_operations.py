"""Operations: shared folders over the network, what is left alone, requeues, audit."""

from tiendo.warehouse.migrate import run_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Runs the SQL file of this revision."""
    run_file("0004_operations.sql")
