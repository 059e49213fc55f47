"""Records of sheet "Nhiệm vụ": one per row, and one per led task that has no row."""

from tiendo.model.content import SHEET_TASKS, TaskRow, WorkbookContent
from tiendo.model.outcome import TaskProgressRow
from tiendo.model.register import Unit
from tiendo.model.states import TASK_STATES
from tiendo.validation.cells import as_float, as_shown, find_ref, is_empty, read_state, sentence, text_of
from tiendo.validation.context import Context
from tiendo.validation.facts import KnownTask
from tiendo.validation.records import FileRecords, TaskRecord, TaskSource
from tiendo.vietnamese.number import explain_reason, format_number, read_number
from tiendo.vietnamese.text import fold

_PERCENT = Unit("percent", "%", "share", 0)
_PERCENT_WORDS = ("%", "phần trăm")
_STATES_EXPECTED = "; ".join(TASK_STATES.values())


def add_task_records(found: FileRecords, content: WorkbookContent, context: Context) -> None:
    """Adds what sheet "Nhiệm vụ" of one file says."""
    register, index = context.facts.register, context.file_index
    led = context.facts.tasks_by_agency[context.agency]
    present: set[str] = set()
    misspelt: list[str] = []
    for row in content.task_rows:
        ref = find_ref(row.ref, context.facts)
        task = register.task_by_ref.get(ref)
        is_led = ref in led
        role = "unlisted" if task is None else "lead" if is_led else "none"
        is_told = is_led and not is_empty(row.completion)
        completion = read_number(as_shown(row.completion), unit=_PERCENT) if is_told else None
        last = context.history.last_task(ref, context.agency, context.period) if is_led else None
        source = TaskSource(context, task, row, completion, last)
        record = TaskRecord(file_index=index, sheet=row.sheet, source=source, body_role=role, ref=ref)
        found.task_rows.append(record)
        if task is None:
            misspelt.append(fold(text_of(row.title)))
        elif is_led:
            present.add(ref)
            found.tasks.append(_progress(record, row, ref))
    for ref in led:
        task = register.task_by_ref[ref]
        if ref not in present and not any(title.startswith(fold(task.title)) for title in misspelt):
            source = TaskSource(context, task)
            found.task_rows.append(TaskRecord(file_index=index, sheet=SHEET_TASKS, source=source, row_count=0))


def _progress(record: TaskRecord, row: TaskRow, ref: str) -> TaskProgressRow:
    """Fills in what a row tells of a task, and returns it for the warehouse."""
    state_text, difficulty = text_of(row.state), text_of(row.difficulty)
    state = read_state(row.state) or ""
    completion = record.source.completion
    value = completion.value if completion else None
    record.state = (state or "other") if state_text else None
    record.completion = as_float(value)
    record.completion_reading = "empty" if not completion else completion.reason if value is None else "number"
    if value is not None:
        is_stated = row.completion.is_percent or any(word in fold(text_of(row.completion)) for word in _PERCENT_WORDS)
        record.completion_form = "per_cent" if is_stated else "plain"
    if last := record.source.last:
        record.last_state, record.last_completion = last.state, as_float(last.completion)
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
    context, task, row, completion, last = record.source
    value = completion.value if completion else None
    texts = {
        "ref": task.ref if task else "",
        "title": task.title if task else "",
        "leads": context.facts.agency_names(task.lead_agencies) if task else "",
        "states_expected": _STATES_EXPECTED,
        "done_label": TASK_STATES["done"],
        "state_label": TASK_STATES.get(record.state or "", ""),
        "whole_text": "" if value is None else format_number(value * 100),
        "last_text": _last_text(last) if last else "chưa có",
        "last_clause": f" (kỳ trước: {_last_text(last)})" if last else "",
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
            "told_text": ", ".join(filter(None, (text_of(row.state), _with_sign(text_of(row.completion))))),
        }
    return texts


def _with_sign(completion: str) -> str:
    """Returns a bare number with its sign of per cent."""
    return f"{completion}%" if completion[-1:].isdigit() else completion


def _last_text(last: KnownTask) -> str:
    """Returns ``quý I năm 2023: Đang thực hiện, đúng tiến độ, 25%``."""
    completion = "" if last.completion is None else f", {format_number(last.completion)}%"
    return f"{last.period.vietnamese}: {TASK_STATES[last.state]}{completion}"
