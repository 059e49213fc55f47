"""Where things are found among the pages, and the words in which all of them speak of files and figures.

What a sender wrote (names of files and sheets, cells, texts) is shown without what turns the direction of writing.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, RowMapping

from tiendo.feedback.finding_groups import SEVERITY_NAMES
from tiendo.feedback.versions import ANSWER_NAMES
from tiendo.model.period import Period, PeriodKind
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.pages.frame import PREFIX, link, shown_plan
from tiendo.report.words import basis_text, clean, number, short_instant
from tiendo.status.names import STYLES, Status
from tiendo.validation.suites import rule_titles
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.text import capital
from tiendo.warehouse.sql import statement

Rows = list[dict[str, Any]]
# A mark beside each colour, the colour's class, and the words.
FILE_STATES = {
    "accepted": ("✓", "good", "Đã nhận"),
    "accepted_with_warnings": ("✓", "warn", "Đã nhận, cần giải trình"),
    "rejected": ("↺", "bad", "Trả lại"),
    "duplicate": ("=", "soft", "Trùng bản đã gửi"),
    "quarantined": ("⚠\ufe0e", "bad", "Tạm giữ"),
    "trial": ("○", "soft", "Chỉ kiểm tra"),
    None: ("…", "warn", "Đang chờ xử lý"),
}
CHANNELS = {"folder": "thư mục", "share": "thư mục chia sẻ", "mail": "thư điện tử", "command": "nhập bằng lệnh"}
SEVERITY_MARKS = {"critical": ("✗", "bad"), "warning": ("!", "warn"), "info": ("i", "soft")}


def fetch(connection: Connection, name: str, **parameters: Any) -> Rows:
    """Returns the rows of a statement, texts in them as they are shown."""
    rows = connection.execute(statement(name), parameters).mappings()
    return [shown(row) for row in rows]


def shown(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    """Returns a row with its texts as they are shown."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in row.items()}


def anchor(sheet: str, cell: str) -> str:
    """Returns the name of a cell's row on the page of its file: ``Ch%E1%BB%89%20ti%C3%AAu!G12``.

    A browser finds it by the same letters in an address, whatever the sheet is called. "" for no cell.
    """
    return f"{quote(clean(sheet), safe='')}!{quote(clean(cell), safe='')}" if sheet or cell else ""


def place(sheet: str, cell: str) -> str:
    """Returns ``Chỉ tiêu!G12`` as it is read; "" for a whole file."""
    return "!".join(filter(None, (sheet, cell)))


def file_link(receipt_no: str, sheet: str = "", cell: str = "") -> str:
    """Returns the address of a file's page, or of a cell's row on it; of which plan a file is, it knows itself."""
    return f"{PREFIX}/tep/{receipt_no}" + (f"#{anchor(sheet, cell)}" if cell else "")


def body_link(code: str, plan_code: str | None = None) -> str:
    """Returns the address of a body's page; of one that does not report under that plan, under the first it does."""
    if shown := shown_plan.get():
        first = plan_code or shown.register.code
        having = [register.code for register in shown.plans if code in {agency.code for agency in register.obliged}]
        plan_code = first if first in having else next(iter(having), first)
    return link(f"/don-vi/{quote(code, safe='')}", plan_code=plan_code or "")


def indicator_link(code: str, plan_code: str = "") -> str:
    """Returns the address of an indicator's page."""
    return link(f"/chi-tieu/{quote(code, safe='')}", plan_code=plan_code)


def rule_link(rule: str) -> str:
    """Returns the address of a rule's page."""
    return link(f"/quy-tac/{quote(rule, safe='')}")


def period_words(period: str | None) -> str:
    """Returns ``Quý I/2023``, ``Tháng 4/2023``, ``6 tháng đầu năm 2023``, ``Năm 2023``; "" for none."""
    return capital(Period.parse(period).slashed) if period else ""


def figure_words(row: Mapping[str, Any]) -> str:
    """Returns what was understood of a figure's cell: ``437 (ước thực hiện)``, ``chưa có số liệu, hẹn 10/04/2023``."""
    if row["value"] is not None:
        kind = f" ({KINDS[row['kind']].lower()})" if row["kind"] == "estimate" else ""
        return f"{'gần ' * bool(row.get('is_approximate'))}{number(row['value'])}{kind}"
    if row["answer"] == "state":
        return str(row["state"])
    promised = row.get("promised_on")
    return f"{ANSWER_NAMES[row['answer']].lower()}{f', hẹn {format_date(promised)}' if promised else ''}"


def task_words(state: str | None, completion: Decimal | None) -> str:
    """Returns ``Đang thực hiện, đúng tiến độ, 40%``."""
    name = TASK_STATES.get(state or "", "(chưa rõ)")
    return name if completion is None else f"{name}, {number(completion)}%"


def basis_words(basis: str, period: str) -> str:
    """Returns ``trong quý``, of another kind of period ``trong tháng``, or ``lũy kế``."""
    return "lũy kế" if basis == "year_to_date" else basis_text(basis, Period.parse(period).kind)


def status_look(status: str) -> tuple[str, str, str, str]:
    """Returns mark, label, colour and ink of a verdict."""
    style = STYLES[Status(status)]
    return style.mark, style.label, style.colour, style.ink


def words(kind: PeriodKind = PeriodKind.QUARTER) -> dict[str, Any]:
    """Returns what the templates of these pages call; rules are named in the words of a plan's kind of period."""
    return {
        "file_link": file_link, "body_link": body_link, "indicator_link": indicator_link, "rule_link": rule_link,
        "anchor": anchor, "place": place, "moment": short_instant, "day": format_date, "number": number,
        "period_words": period_words, "figure_words": figure_words, "task_words": task_words,
        "basis_words": basis_words, "status_look": status_look, "file_states": FILE_STATES, "channels": CHANNELS,
        "severities": SEVERITY_NAMES, "severity_marks": SEVERITY_MARKS, "rule_titles": rule_titles(kind),
    }  # fmt: skip
