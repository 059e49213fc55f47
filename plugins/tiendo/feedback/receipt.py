"""The answer to a file: a page in Vietnamese with the verdict, what is wrong and how to mend it, and what was read."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from tiendo.intake.versions import Version
from tiendo.plan.model import Register
from tiendo.settings import INCLUDE, Settings
from tiendo.validation.outcome import FileOutcome, Finding, ObservationRow
from tiendo.validation.states import KINDS, TASK_STATES
from tiendo.vietnamese.dates import format_date, format_instant
from tiendo.vietnamese.number import format_number

VERDICT_NAMES = {
    "accepted": "Đã tiếp nhận",
    "accepted_with_warnings": "Đã tiếp nhận, có điểm cần giải trình",
    "rejected": "Chưa tiếp nhận, đề nghị sửa và gửi lại",
    "duplicate": "Tệp trùng với tệp đã gửi, không xử lý lại",
    "quarantined": "Tạm giữ, chưa đưa vào xử lý",
}
SEVERITY_NAMES = {"critical": "Phải sửa", "warning": "Cần giải trình", "info": "Thông tin"}
ANSWER_NAMES = {"not_applicable": "Không áp dụng", "not_available": "Chưa có số liệu"}


class Receipt(NamedTuple):
    """What a receipt is made from.

    Attributes:
        version: of an accepted file, its place among the versions of the report and what it changed; None for the first
            one, when it corrects nothing.
    """

    receipt_no: str
    file_name: str
    sha256: str
    sender: str
    received_at: datetime
    outcome: FileOutcome
    version: Version | None = None


class _FindingGroup(NamedTuple):
    """The same fault in one or more cells, told once."""

    severity: str
    message: str
    fix: str
    places: list[tuple[str, str, str, str]]


def write_receipts(settings: Settings, register: Register, receipts: Sequence[Receipt]) -> list[str]:
    """Writes receipts below the outbox, each whole under its final name or not at all.

    Returns:
        Their paths relative to the home folder, in order: ``outbox/<agency>/<period>/<receipt no>.html``.
    """
    template = _template()
    paths: list[str] = []
    for receipt in receipts:
        path = f"outbox/{_folder_name(receipt, register)}/{receipt.outcome.period or 'chua-ro-ky'}"
        folder = settings.home / path
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{receipt.receipt_no}.new"
        temporary.write_bytes(_render(template, register, receipt).encode())
        temporary.replace(folder / f"{receipt.receipt_no}.html")
        paths.append(f"{path}/{receipt.receipt_no}.html")
    return paths


def _folder_name(receipt: Receipt, register: Register) -> str:
    """The sender's own folder: what it sent by mistake for another body is answered to it."""
    if receipt.sender in register.agency_by_code:
        return receipt.sender
    return receipt.outcome.agency if receipt.outcome.agency in register.agency_by_code else "chua-ro-don-vi"


def _render(template: Template, register: Register, receipt: Receipt) -> str:
    outcome = receipt.outcome
    agency = register.agency_by_code.get(outcome.agency) or register.agency_by_code.get(receipt.sender)
    entry = next((entry for entry in register.calendar if str(entry.period) == outcome.period), None)
    return template.render(
        register=register,
        receipt=receipt,
        contact=register.report["issuing_body"],
        agency_name=agency.name if agency else "(chưa rõ đơn vị)",
        period_name=entry.period.vietnamese if entry else "(chưa rõ kỳ báo cáo)",
        due_on=format_date(entry.cut_off_on) if entry else "",
        is_late=bool(entry and receipt.received_at >= entry.due_at),
        received_at=format_instant(receipt.received_at),
        verdict=outcome.verdict,
        verdict_name=VERDICT_NAMES[outcome.verdict],
        severity_names=SEVERITY_NAMES,
        groups=_group(outcome.findings),
        figures=[_figure(register, o) for o in outcome.observations],
        tasks=[
            (t.task_ref, TASK_STATES[t.state], "" if t.completion_pct is None else format_number(t.completion_pct))
            for t in outcome.tasks
        ],
    )


def _group(findings: Sequence[Finding]) -> list[_FindingGroup]:
    groups: dict[tuple[str, str, str], _FindingGroup] = {}
    order = {"critical": 0, "warning": 1, "info": 2}
    for finding in sorted(findings, key=lambda finding: order[finding.severity]):
        key = (finding.rule, finding.message, finding.fix)
        group = groups.setdefault(key, _FindingGroup(finding.severity, finding.message, finding.fix, []))
        if finding.cell or finding.found or finding.expected:
            group.places.append((finding.sheet, finding.cell, finding.found, finding.expected))
    return list(groups.values())


def _figure(register: Register, observation: ObservationRow) -> tuple[str, str, str, str, str, str]:
    indicator = register.indicator_by_code[observation.indicator]
    value = ANSWER_NAMES[observation.answer] if observation.value is None else format_number(observation.value)
    return (
        indicator.label,
        observation.period,
        "Trong quý" if observation.basis == "quarter" else "Lũy kế / đến kỳ",
        value,
        indicator.unit.label if indicator.unit else "",
        KINDS[observation.kind],
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(INCLUDE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("receipt.html")
