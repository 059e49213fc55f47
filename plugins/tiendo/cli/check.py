"""``tiendo check``: what the pipeline would say of files, without loading them."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from sqlalchemy import Engine

from tiendo import clock
from tiendo.feedback.finding_groups import SEVERITY_NAMES, group_findings
from tiendo.feedback.receipt import VERDICT_NAMES
from tiendo.feedback.versions import ANSWER_NAMES, basis_words
from tiendo.model.content import WorkbookContent
from tiendo.model.outcome import FileOutcome, Finding, ObservationRow
from tiendo.model.period import Period
from tiendo.model.plans import Bodies
from tiendo.model.register import Register
from tiendo.settings import Settings
from tiendo.vietnamese.number import format_number

if TYPE_CHECKING:
    from tiendo.validation.check import BatchFile

AT_A_TIME = 200
GRAVITY = ("accepted", "accepted_with_warnings", "rejected", "quarantined")


class _Judged(NamedTuple):
    """A file, the plan that it was judged by, "" where that was not clear, and what became of it."""

    name: str
    plan: str
    outcome: FileOutcome


def check_files(
    settings: Settings,
    bodies: Bodies,
    engine: Engine,
    paths: Sequence[Path],
    *,
    agency: str = "",
    period: Period | None = None,
) -> list[dict[str, Any]]:
    """Reads and validates files, each by itself against the figures of its own plan loaded so far.

    Args:
        bodies: the plans that a file may be of.
        agency: the body they come from, or "" for the one each workbook, or else its folder, names.
        period: refuse workbooks of another period, where given.

    Raises:
        ScannerError: a virus scanner is configured and does not answer.
        UnreadError: a file could not be read, for a reason of ours.

    Returns:
        The documents of ``tiendo check --json``, in order: ``observations`` is what would be loaded, ``read`` what was
        understood, whatever the verdict.
    """
    found: list[dict[str, Any]] = []
    for first in range(0, len(paths), AT_A_TIME):
        found += _check(settings, bodies, engine, paths[first : first + AT_A_TIME], agency, period)
    return found


def _check(  # noqa: PLR0917
    settings: Settings, bodies: Bodies, engine: Engine, paths: Sequence[Path], agency: str, period: Period | None
) -> list[dict[str, Any]]:
    from tiendo.reading.files import read_paths
    from tiendo.validation.check import BatchFile
    from tiendo.validation.which_plan import by_plan

    asked = str(period) if period else ""
    files: list[BatchFile] = []
    counts: list[int] = []
    for path, content in zip(paths, read_paths(settings, paths), strict=True):
        sender = agency or (path.parent.name if path.parent.name in bodies.agency_by_code else "")
        named = [(path.name, content), *_within(settings, path, content)]
        for name, within in named:
            files.append(BatchFile(len(files), name, sender, within, asked))
        counts.append(len(named))
    checked = dict(
        each
        for register, of_plan in by_plan(bodies, files, clock.today())
        for each in _check_under(register, engine, of_plan)
    )
    in_order = [checked[place] for place in range(len(files))]
    ends = list(accumulate(counts))
    return [
        _document(engine, path, in_order[end - count : end])
        for path, count, end in zip(paths, counts, ends, strict=True)
    ]


def _check_under(
    register: Register, engine: Engine, files: "list[tuple[int, BatchFile]]"
) -> "Iterator[tuple[int, _Judged]]":
    """Yields each file's place and what its plan says of it."""
    from tiendo.obligations.reopened import open_at, read_reopened
    from tiendo.process.history import fetch_history
    from tiendo.validation.check import check_batch
    from tiendo.warehouse.engine import loader

    if not files:
        return
    with loader(engine) as connection:
        reopened = open_at(read_reopened(connection, register), clock.now())
    batch = [file._replace(reopened=reopened) for _, file in files]
    history = fetch_history(engine, register, [f.content for f in batch], [f.sender_agency for f in batch])
    outcomes = check_batch(register, batch, history, today=clock.today())
    for (place, file), outcome in zip(files, outcomes, strict=True):
        yield place, _Judged(file.name, "" if file.plans else register.code, outcome)


def _document(engine: Engine, path: Path, judged: Sequence[_Judged]) -> dict[str, Any]:
    from tiendo.process.fates import was_accepted

    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    outcome = _as_one([each.name for each in judged], [each.outcome for each in judged])
    # Of an archive the plan of what is in it, where that is one.
    plans = {each.plan for each in judged[1:] or judged}
    verdict = outcome.verdict
    if verdict not in ("rejected", "quarantined") and was_accepted(engine, sha256, outcome.agency):
        verdict = "duplicate"
    observations = outcome.observations if verdict not in ("rejected", "quarantined") else ()
    return {
        "file": str(path),
        "sha256": sha256,
        "verdict": verdict,
        "plan": plans.pop() or None if len(plans) == 1 else None,
        "agency": outcome.agency or None,
        "period": outcome.period or None,
        "findings": [finding._asdict() for finding in outcome.findings],
        "observations": [_told(observation) for observation in observations],
        "read": [_told(observation) for observation in outcome.read],
    }


def _within(settings: Settings, path: Path, content: WorkbookContent) -> list[tuple[str, WorkbookContent]]:
    """Reads the workbooks in an archive; the pipeline would settle each as a file of its own."""
    if not content.packed:
        return []
    from tiendo.reading.files import read_paths
    from tiendo.reading.packed import take_out

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(packed.place) for packed in content.packed]
        for target, data in zip(paths, take_out(path.read_bytes(), content.packed), strict=True):
            target.write_bytes(data)
        names = [packed.name for packed in content.packed]
        return list(zip(names, read_paths(settings, paths), strict=True))


def _as_one(names: Sequence[str], outcomes: Sequence[FileOutcome]) -> FileOutcome:
    """Returns the outcome of a file; of an archive all that is in it, with the gravest verdict of all.

    Where several workbooks are in it, their names stand before those of the sheets.
    """
    archive, *rest = outcomes
    if not rest:
        return archive

    def place(name: str, sheet: str) -> str:
        return sheet if len(rest) == 1 else " › ".join(filter(None, (name, sheet)))

    pairs = list(zip(names[1:], rest, strict=True))
    first = next((outcome for outcome in rest if outcome.period), rest[0])
    return FileOutcome(
        max((outcome.verdict for outcome in outcomes), key=GRAVITY.index),
        first.agency,
        first.period,
        archive.findings + tuple(f._replace(sheet=place(name, f.sheet)) for name, o in pairs for f in o.findings),
        tuple(o._replace(sheet=place(name, o.sheet)) for name, out in pairs for o in out.observations),
        (),
        tuple(o._replace(sheet=place(name, o.sheet)) for name, out in pairs for o in out.read),
    )


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


def print_check(result: dict[str, Any], *, tells_plan: bool = False) -> None:
    """Prints the result for people, in Vietnamese, with the plan it was judged by where that is asked for."""
    typer.echo(f"{result['file']}: {VERDICT_NAMES[result['verdict']]}")
    plan = f"Kế hoạch: {result['plan'] or 'chưa rõ'}   " if tells_plan else ""
    typer.echo(f"{plan}Đơn vị: {result['agency'] or 'chưa rõ'}   Kỳ: {result['period'] or 'chưa rõ'}")
    for told in group_findings([Finding(**finding) for finding in result["findings"]]):
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
        words = read["typed"] if read["answer"] == "state" else ANSWER_NAMES.get(read["answer"], "")
        value = words if read["value"] is None else format_number(read["value"])
        basis = basis_words(read["basis"], read["period"])
        where = f"{read['sheet']} {read['cell']}"
        typer.echo(f"  {where}: “{read['typed']}” hiểu là {value} ({read['indicator']}, {read['period']}, {basis})")
    typer.echo(f"Số liệu đọc được: {len(result['read'])}, được ghi nhận: {len(result['observations'])}")
