"""``tiendo check``: what the pipeline would say of one file, without loading it."""

import hashlib
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Engine

from tiendo import clock
from tiendo.feedback.receipt import ANSWER_NAMES, VERDICT_NAMES
from tiendo.feedback.told import SEVERITY_NAMES, group
from tiendo.plan.model import Register
from tiendo.plan.period import Period
from tiendo.settings import Settings
from tiendo.validation.outcome import Finding, ObservationRow
from tiendo.vietnamese.number import format_number


def check_file(
    settings: Settings, register: Register, engine: Engine, path: Path, *, agency: str, period: Period | None
) -> dict[str, Any]:
    """Reads and validates one file against the figures loaded so far.

    Args:
        agency: the body it comes from, or "" for the one the workbook names.
        period: refuse a workbook of another period, where given.

    Raises:
        ScannerError: a virus scanner is configured and does not answer.

    Returns:
        The document of ``tiendo check --json``: ``observations`` is what would be loaded, ``read`` what was understood,
        whatever the verdict.
    """
    from tiendo.intake.batch import earlier_settled, fetch_history
    from tiendo.intake.reading import read_paths
    from tiendo.intake.reopened import open_at, read_reopened
    from tiendo.validation.check import BatchFile, check_batch
    from tiendo.warehouse.engine import loader

    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    (content,) = read_paths(settings, [path])
    sender = agency or (path.parent.name if path.parent.name in register.agency_by_code else "")
    history = fetch_history(engine, register, [content], [sender])
    with loader(engine) as connection:
        reopened = open_at(read_reopened(connection, register), clock.now())
    file = BatchFile(0, path.name, sender, content, str(period) if period else "", reopened=reopened)
    (outcome,) = check_batch(register, [file], history, today=clock.today())
    verdict = outcome.verdict
    if verdict not in ("rejected", "quarantined") and earlier_settled(engine, sha256, outcome.agency) is not None:
        verdict = "duplicate"
    observations = outcome.observations if verdict not in ("rejected", "quarantined") else ()
    return {
        "file": str(path),
        "sha256": sha256,
        "verdict": verdict,
        "agency": outcome.agency or None,
        "period": outcome.period or None,
        "findings": [finding._asdict() for finding in outcome.findings],
        "observations": [_told(observation) for observation in observations],
        "read": [_told(observation) for observation in outcome.read],
    }


def _told(observation: ObservationRow) -> dict[str, Any]:
    o = observation
    return {
        "indicator": o.indicator,
        "period": o.period,
        "value": o.value,
        "kind": o.kind,
        "basis": o.basis,
        "sheet": o.sheet,
        "cell": o.cell,
        "answer": o.answer,
        "is_approximate": o.is_approximate,
        "typed": o.value_text,
    }


def print_check(result: dict[str, Any]) -> None:
    """Prints the result for people, in Vietnamese."""
    typer.echo(f"{result['file']}: {VERDICT_NAMES[result['verdict']]}")
    typer.echo(f"Đơn vị: {result['agency'] or 'chưa rõ'}   Kỳ: {result['period'] or 'chưa rõ'}")
    for told in group([Finding(**finding) for finding in result["findings"]]):
        typer.echo(f"- [{SEVERITY_NAMES[told.severity]}] {told.message}")
        for place in told.places:
            where = " ".join(filter(None, (place.sheet, place.cell)))
            said = f"{place.message} " if place.message else ""
            typer.echo(
                f"    {where or 'tệp'}: {said}đang ghi: {place.found or '(trống)'}   yêu cầu: {place.expected or '-'}"
            )
        if told.fix:
            typer.echo(f"    cách xử lý: {told.fix}")
    for read in result["read"]:
        value = ANSWER_NAMES[read["answer"]] if read["value"] is None else format_number(read["value"])
        basis = "trong quý" if read["basis"] == "quarter" else "lũy kế / đến kỳ"
        where = f"{read['sheet']} {read['cell']}"
        typer.echo(f"  {where}: “{read['typed']}” hiểu là {value} ({read['indicator']}, {read['period']}, {basis})")
    typer.echo(f"Số liệu đọc được: {len(result['read'])}, được ghi nhận: {len(result['observations'])}")
