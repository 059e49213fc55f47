"""``tiendo check``: what the pipeline would say of one file, without loading it."""

import hashlib
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Engine

from tiendo import clock
from tiendo.feedback.receipt import SEVERITY_NAMES, VERDICT_NAMES
from tiendo.plan.model import Register
from tiendo.plan.period import Period
from tiendo.settings import Settings


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
        The document of ``tiendo check --json`` (design, section 8).
    """
    from tiendo.intake.batch import earlier_settled, fetch_history
    from tiendo.intake.reading import read_paths
    from tiendo.validation.check import BatchFile, check_batch

    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    (content,) = read_paths(settings, [path])
    sender = agency or (path.parent.name if path.parent.name in register.agency_by_code else "")
    history = fetch_history(engine, register, [content], [sender])
    file = BatchFile(0, path.name, sender, content, str(period) if period else "")
    (outcome,) = check_batch(register, [file], history, today=clock.today())
    verdict = outcome.verdict
    first = earlier_settled(engine, sha256, sender or outcome.agency)
    if first is not None and verdict not in ("rejected", "quarantined"):
        verdict = "duplicate"
    observations = outcome.observations if verdict not in ("rejected", "quarantined") else ()
    return {
        "file": str(path),
        "sha256": sha256,
        "verdict": verdict,
        "agency": outcome.agency or None,
        "period": outcome.period or None,
        "findings": [finding._asdict() for finding in outcome.findings],
        "observations": [
            {
                "indicator": o.indicator,
                "period": o.period,
                "value": o.value,
                "kind": o.kind,
                "basis": o.basis,
                "sheet": o.sheet,
                "cell": o.cell,
                "answer": o.answer,
                "is_approximate": o.is_approximate,
            }
            for o in observations
        ],
    }


def print_check(result: dict[str, Any]) -> None:
    """Prints the result for people, in Vietnamese."""
    typer.echo(f"{result['file']}: {VERDICT_NAMES[result['verdict']]}")
    typer.echo(f"Đơn vị: {result['agency'] or 'chưa rõ'}   Kỳ: {result['period'] or 'chưa rõ'}")
    for finding in result["findings"]:
        place = " ".join(filter(None, (finding["sheet"], finding["cell"])))
        typer.echo(f"- [{SEVERITY_NAMES[finding['severity']]}] {place + ': ' if place else ''}{finding['message']}")
        if finding["found"] or finding["expected"]:
            typer.echo(f"    đang ghi: {finding['found'] or '(trống)'}   yêu cầu: {finding['expected'] or '-'}")
        if finding["fix"]:
            typer.echo(f"    cách xử lý: {finding['fix']}")
    typer.echo(f"Số liệu đọc được: {len(result['observations'])}")
