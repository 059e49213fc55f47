"""Records of sheet "Nhiệm vụ": one per row, and one per led task that has no row."""

from tiendo.model.content import SHEET_TASKS, TaskRow, WorkbookContent
from tiendo.model.outcome import TaskProgressRow
from tiendo.model.register import Unit
from tiendo.model.states import TASK_STATES
from tiendo.validation.cells import STATE_BY_TEXT, as_float, as_shown, find_ref, is_empty, sentence, text_of
from tiendo.validation.context import Context
from tiendo.validation.records import FileRecords, TaskRecord, TaskSource
from tiendo.vietnamese.number import explain_reason, read_number
from tiendo.vietnamese.text import fold

_PERCENT = Unit("percent", "%", "share", 0)
_STATES_EXPECTED = "; ".join(TASK_STATES.values())


def add_task_records(found: FileRecords, content: WorkbookContent, context: Context) -> None:
    """Adds what sheet "Nhiệm vụ" of one file says."""
    register, index = context.facts.register, context.file_index
    present: set[str] = set()
    misspelt: list[str] = []
    for row in content.task_rows:
        ref = find_ref(row.ref, context.facts)
        task = register.task_by_ref.get(ref)
        is_led = task is not None and context.agency in task.lead_agencies
        role = "unlisted" if task is None else "lead" if is_led else "none"
        completion = (
            read_number(as_shown(row.completion), unit=_PERCENT) if is_led and not is_empty(row.completion) else None
        )
        source = TaskSource(context, task, row, completion)
        record = TaskRecord(file_index=index, sheet=row.sheet, source=source, body_role=role, ref=ref)
        found.task_rows.append(record)
        if task is None:
            misspelt.append(fold(text_of(row.title)))
        elif is_led:
            present.add(ref)
            found.tasks.append(_progress(record, row, ref))
    for ref in context.facts.tasks_by_agency[context.agency]:
        task = register.task_by_ref[ref]
        if ref not in present and not any(title.startswith(fold(task.title)) for title in misspelt):
            source = TaskSource(context, task)
            found.task_rows.append(TaskRecord(file_index=index, sheet=SHEET_TASKS, source=source, row_count=0))


def _progress(record: TaskRecord, row: TaskRow, ref: str) -> TaskProgressRow:
    """Fills in what a row tells of a task, and returns it for the warehouse."""
    state_text, difficulty = text_of(row.state), text_of(row.difficulty)
    state = STATE_BY_TEXT.get(fold(state_text), "")
    completion = record.source.completion
    value = completion.value if completion else None
    record.state = (state or "other") if state_text else None
    record.completion = as_float(value)
    record.completion_reading = "empty" if not completion else completion.reason if value is None else "number"
    record.difficulty = difficulty or None
    return TaskProgressRow(
        task_ref=ref,
        period=str(record.source.context.period),
        agency=record.source.context.agency,
        state=state,
        completion_pct=value,
        result=text_of(row.result),
        difficulty=difficulty,
        proposal=text_of(row.proposal),
        sheet=row.sheet,
        cell=row.state.address,
    )


def placeholders(record: TaskRecord) -> dict[str, str]:
    """Returns what the messages of suite ``task_row`` are filled with."""
    context, task, row, completion = record.source
    texts = {
        "ref": task.ref if task else "",
        "title": task.title if task else "",
        "leads": context.facts.agency_names(task.lead_agencies) if task else "",
        "states_expected": _STATES_EXPECTED,
        "done_label": TASK_STATES["done"],
        "why_unreadable": sentence(explain_reason(completion)) if completion else "",
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
