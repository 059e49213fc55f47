"""Records of sheet "Nhiệm vụ": one per row, and one per led task that has no row."""

from decimal import Decimal

from tiendo.model.content import SHEET_TASKS, RawCell, TaskRow, WorkbookContent
from tiendo.model.outcome import TaskProgressRow
from tiendo.model.register import Task, Unit
from tiendo.model.states import TASK_STATES
from tiendo.validation.records import STATE_BY_TEXT, Context, Record, Tables, joined, sentence, text_of
from tiendo.vietnamese.number import explain_reason, read_number
from tiendo.vietnamese.text import fold

_PERCENT = Unit("percent", "%", "share", 0)
_STATES_EXPECTED = joined(TASK_STATES.values())
_FACTS: Record = dict.fromkeys((
    "body_role", "ref", "state", "completion_reading", "completion", "difficulty",
    # What the messages are filled from.
    "row", "why_unreadable",
))  # fmt: skip


def add_task_records(tables: Tables, content: WorkbookContent, context: Context) -> None:
    """Adds what sheet "Nhiệm vụ" of one file says."""
    present: set[str] = set()
    misspelt: list[str] = []
    for row in content.task_rows:
        ref = text_of(row.ref)
        task = context.facts.register.task_by_ref.get(ref)
        record = _new(context, row.sheet, task)
        tables.records["task_row"].append(record)
        record["row"], record["ref"] = row, ref
        if task is None:
            record["body_role"] = "unlisted"
            misspelt.append(fold(text_of(row.title)))
            continue
        is_led = context.agency in task.lead_agencies
        record["body_role"] = "lead" if is_led else "none"
        if is_led:
            present.add(ref)
            tables.tasks[context.file_index].append(_progress(row, record, context, ref))
    for ref in context.facts.tasks_by_agency[context.agency]:
        task = context.facts.register.task_by_ref[ref]
        if ref not in present and not any(title.startswith(fold(task.title)) for title in misspelt):
            record = _new(context, SHEET_TASKS, task)
            record["row_count"] = 0
            tables.records["task_row"].append(record)


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``task_row`` are filled with."""
    row, task, context = record["row"], record["task"], record["context"]
    texts = {
        "ref": task.ref if task else "",
        "ref_text": task.ref if task else "",
        "title": task.title if task else "",
        "leads": context.facts.agency_names(task.lead_agencies) if task else "",
        "states_expected": _STATES_EXPECTED,
        "done_label": TASK_STATES["done"],
        "why_unreadable": sentence(record["why_unreadable"] or ""),
    }
    if row is not None:
        texts |= {
            "ref_cell": row.ref.address or row.title.address,
            "state_cell": row.state.address,
            "completion_cell": row.completion.address,
            "difficulty_cell": row.difficulty.address,
            "ref_text": text_of(row.ref) or text_of(row.title),
            "state_text": text_of(row.state),
            "completion_text": text_of(row.completion),
        }
    return texts


def _new(context: Context, sheet: str, task: Task | None) -> Record:
    keys = {"file_index": context.file_index, "file_key": context.file_index, "sheet": sheet, "row_count": 1}
    return _FACTS | keys | {"context": context, "task": task}


def _progress(row: TaskRow, record: Record, context: Context, ref: str) -> TaskProgressRow:
    state_text, difficulty = text_of(row.state), text_of(row.difficulty)
    state = STATE_BY_TEXT.get(fold(state_text), "")
    completion = _read_completion(row.completion, record)
    record["state"] = (state or "other") if state_text else None
    record["completion"] = None if completion is None else float(completion)
    record["difficulty"] = difficulty or None
    return TaskProgressRow(
        task_ref=ref,
        period=str(context.period),
        agency=context.agency,
        state=state,
        completion_pct=completion,
        result=text_of(row.result),
        difficulty=difficulty,
        proposal=text_of(row.proposal),
        sheet=row.sheet,
        cell=row.state.address,
    )


def _read_completion(cell: RawCell, record: Record) -> Decimal | None:
    if cell.value is None and not cell.error and not cell.is_uncalculated:
        record["completion_reading"] = "empty"
        return None
    reading = read_number(cell, unit=_PERCENT)
    record["completion_reading"] = reading.reason if reading.value is None else "number"
    if reading.value is None:
        record["why_unreadable"] = explain_reason(reading)
    return reading.value
