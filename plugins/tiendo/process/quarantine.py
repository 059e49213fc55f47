"""The quarantine: files held back because they are unsafe, unreadable or of no known sender."""

from typing import Any

from sqlalchemy import Engine

from tiendo.model.plans import Bodies
from tiendo.process.requeue import NotPossibleError, Rereading, enter, find_file, readings, review, settle
from tiendo.process.steps import LedgerFile
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


def held_files(engine: Engine) -> list[dict[str, Any]]:
    """Returns the files held at present, the oldest first: the document of ``tiendo quarantine list --json``."""
    with loader(engine) as connection:
        return [dict(row) for row in connection.execute(statement("operations/quarantine.sql")).mappings()]


def show(settings: Settings, engine: Engine, subject: str) -> dict[str, Any]:
    """Returns one held file with its findings, its readings and where its bytes lie.

    Raises:
        NotPossibleError: it is not held.
    """
    first = _held(engine, subject)
    (held,) = [item for item in held_files(engine) if item["receipt_no"] == first.receipt_no]
    with loader(engine) as connection:
        parameters = {"file_id": first.file_id}
        findings = connection.execute(statement("operations/findings.sql"), parameters).mappings()
        return held | {
            "path": str(settings.archive / first.sha256[:2] / first.sha256),
            "findings": [dict(row) for row in findings],
            "readings": [
                {name: getattr(line, name) for name in ("receipt_no", "state", "agency", "period", "settled_at")}
                for line in readings(connection, first.file_id)
            ],
        }


def release(
    settings: Settings, bodies: Bodies, engine: Engine, subject: str, *, agency: str, reason: str, by: str = ""
) -> tuple[Rereading, dict[str, Any] | None]:
    """Lets a held file through as one of a body's, unless it would only be held again.

    Returns:
        What it is read as, and the new line of the ledger; None for the line when it would be held again: then
        nothing is entered.

    Raises:
        NotPossibleError: it is not held, or its sender is not known and no body is named.
    """
    first = _held(engine, subject)
    if not (agency or first.sender_agency_code):
        raise NotPossibleError(f"nobody knows whose {first.receipt_no} is: name the body by --agency")
    reviewed = review(settings, bodies, engine, first, agency)
    if reviewed.after.state == "quarantined":
        return reviewed, None
    entered = enter(engine, reviewed, act="release", reason=reason, by=by)
    return reviewed, settle(settings, bodies, engine, entered)


def _held(engine: Engine, subject: str) -> LedgerFile:
    """Returns the held file that is named; one whose release was cut short is held still."""
    first = find_file(engine, subject)
    with loader(engine) as connection:
        lines = readings(connection, first.file_id)
    states = {line.state for line in lines if line.state is not None}
    if states != {"quarantined"}:
        told = ", ".join(f"{line.receipt_no} {line.state or 'waiting'}" for line in lines)
        raise NotPossibleError(f"{first.receipt_no} is not in quarantine: {told}")
    return first
