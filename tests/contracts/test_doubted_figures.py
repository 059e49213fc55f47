"""The tables of levels, confirmations and words: which figures are taken, asked about or held, and what opens."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from openpyxl import Workbook

from fixtures.pipeline import Pipeline
from fixtures.submissions import change_indicator, clean_content, correction_row, known_figure, typed_number
from fixtures.workbooks import filled_workbook, put
from tiendo.model.outcome import FileOutcome
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS
from tiendo.report.edition import draft
from tiendo.report.review import PAGE
from tiendo.validation.check import BatchFile, check_batch
from tiendo.validation.confirmation import confirmation_of, confirmed_number
from tiendo.validation.facts import RegisterFacts

TAI_CHINH, Y_TE = "so-tai-chinh", "so-y-te"
VERDICTS = {"accepted": "accepted", "accepted_with_warnings": "asked", "rejected": "refused"}


class Row(NamedTuple):
    """A line of a table: figures by indicator, what is typed beside them, and what must come of it."""

    known: dict[str, str]
    typed: dict[str, dict[str, str]]
    verdict: str
    rule: str
    begins: str
    said: str


def figures(text: str) -> dict[str, str]:
    return dict(entry.strip().split(" ", 1) for entry in text.split(";"))


def lines(name: str) -> list[list[str]]:
    text = (Path(__file__).parent / "tables" / name).read_text(encoding="utf-8")
    return [line.split("|") for line in text.splitlines()[1:]]


def level_rows() -> list[Row]:
    return [
        Row(figures(known), {i: {"year_to_date": v} for i, v in figures(typed).items()}, *rest)
        for known, typed, *rest in lines("levels.csv")
    ]


def worded_rows(name: str) -> list[Row]:
    rows = []
    for known, total, quarter, note, explanation, verdict, rule, said in lines(name):
        cells = {"year_to_date": total, "quarter": quarter, "note": note, "explanation": explanation}
        rows.append(Row(figures(known), {next(iter(figures(known))): cells}, verdict, rule, "", said))
    return rows


ROWS = [*level_rows(), *worded_rows("confirmations.csv"), *worded_rows("words.csv")]


def as_typed(text: str) -> object:
    try:
        return typed_number(Decimal(text))
    except ArithmeticError:
        return text or None


def body_of(row: Row, register: Register) -> str:
    return register.indicator_by_code[next(iter(row.known))].reporters[-1]


@pytest.fixture(scope="module")
def outcomes(register: Register) -> dict[int, FileOutcome]:
    """The outcome of each row; rows of different bodies are checked together."""
    rounds: list[dict[str, int]] = []
    for number, row in enumerate(ROWS):
        body = body_of(row, register)
        if all(body in each for each in rounds):
            rounds.append({})
        next(each for each in rounds if body not in each)[body] = number
    found: dict[int, FileOutcome] = {}
    for each in rounds:
        files, history = [], []
        for body, number in each.items():
            content = clean_content(register, body, "2023-Q2")
            for code, cells in ROWS[number].typed.items():
                content = change_indicator(content, code, **{field: as_typed(text) for field, text in cells.items()})
            files.append(BatchFile(number, "bao cao.xlsx", body, content))
            known = {code: value for code, value in ROWS[number].known.items() if value != "none"}
            history += [known_figure(code, body, "2023-Q1", Decimal(value)) for code, value in known.items()]
        checked = check_batch(register, files, history, today=date(2023, 6, 12))
        found |= dict(zip(each.values(), checked, strict=True))
    return found


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda n: f"{n + 1}-{'-'.join(ROWS[n].typed)}")
def test_figures_of_the_tables(outcomes: dict[int, FileOutcome], number: int) -> None:
    row, outcome = ROWS[number], outcomes[number]
    told, rules = {f.rule for f in outcome.findings if f.severity != "info"}, [*filter(None, row.rule.split("; "))]
    assert (VERDICTS[outcome.verdict], told) == (row.verdict, set(rules)), outcome.findings
    found = [f for f in outcome.findings if f.rule in rules]
    assert any(f.message.startswith(row.begins) for f in found) or not row.begins, found
    assert any(row.said in f.message + " " + f.expected + " " + f.fix for f in found) or not row.said, found


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("Số liệu chính thức của Bộ", "rejected"),
        ("Xác nhận 4.400 triệu USD theo số chính thức của Bộ", "accepted_with_warnings"),
        ("Xác nhận 440 triệu USD", "rejected"),
    ],
)
def test_a_correction_is_confirmed_in_its_reason(register: Register, reason: str, verdict: str) -> None:
    row = correction_row(7, period="Quý I/2023", code="thu-hut-fdi", quarter=4400, year_to_date=4400, reason=reason)
    content = clean_content(register, "so-ke-hoach-va-dau-tu", "2023-Q2")
    content = change_indicator(content, "thu-hut-fdi", quarter=100, year_to_date=4500, explanation="Xác nhận 4.500")
    file = BatchFile(1, "bao cao.xlsx", "so-ke-hoach-va-dau-tu", content._replace(correction_rows=(row,)))
    history = [known_figure("thu-hut-fdi", "so-ke-hoach-va-dau-tu", "2023-Q1", Decimal(437))]
    (outcome,) = check_batch(register, [file], history, today=date(2023, 6, 12))
    held = [f for f in outcome.findings if f.sheet == "Sửa số kỳ trước" and f.severity == "critical"]
    assert outcome.verdict == verdict, outcome.findings
    assert all(f"ô {row.reason.address} (cột lý do): “Xác nhận 4.400 triệu USD”" in f.fix for f in held)
    assert bool(held) == (verdict == "rejected")


@pytest.mark.parametrize("code", ["muc-giam-ty-le-sinh", "ty-so-gioi-tinh-khi-sinh", "bac-si-van-dan", "iip"])
@pytest.mark.parametrize("value", ["1.234", "-0.5", "12345.678", "1000000"])
def test_what_the_answer_asks_for_is_a_confirmation(register: Register, code: str, value: str) -> None:
    facts, figure = RegisterFacts(register).indicators[code], Decimal(value)
    for text in (confirmation_of([figure], facts), confirmation_of([Decimal(7), figure], facts)):
        assert confirmed_number(text, figure, facts, Period(2023, 1)) == figure
    assert confirmed_number(text, Decimal(8), facts, Period(2023, 1)) != Decimal(8)


def test_the_reviewer_sees_doubted_figures_first(pipeline: Pipeline, register: Register) -> None:
    """Real workbooks: what was confirmed, then what is asked about, with the last value and the sender's words."""
    told = "Xác nhận 31.550.000 tỷ đồng, gồm cả thu chuyển nguồn"

    def fill(cells: dict[str, dict[str, object]]) -> Callable[[Workbook], None]:
        def edit(workbook: Workbook) -> None:
            for code, typed in cells.items():
                for field, value in typed.items():
                    put(workbook, INDICATORS, code, field, value)

        return edit

    q1, q2 = Period(2023, 1), Period(2023, 2)
    first = {"thu-ngan-sach": {"quarter": 17300, "year_to_date": 17300}}
    second = {"thu-ngan-sach": {"quarter": 14250, "year_to_date": 31550000, "explanation": told}}
    assert pipeline.send(TAI_CHINH, filled_workbook(register, TAI_CHINH, q1, fill(first))) == "accepted"
    asked = {"ty-le-bhyt": {"year_to_date": 45.3}}
    assert pipeline.send(Y_TE, filled_workbook(register, Y_TE, q1)) == "accepted"
    pipeline.today(2023, 6, 14, 9)
    assert pipeline.send(TAI_CHINH, filled_workbook(register, TAI_CHINH, q2, fill(second))) == "accepted_with_warnings"
    assert pipeline.send(Y_TE, filled_workbook(register, Y_TE, q2, fill(asked))) == "accepted_with_warnings"
    pipeline.today(2023, 6, 14, 16, 30)
    drafted = draft(pipeline.engine, register, pipeline.settings, q2)
    confirmed_line, asked_line = drafted["review"][:2]
    assert confirmed_line.startswith(
        "**Số liệu khác thường, đơn vị đã xác nhận hoặc giải trình (1).** Sở Tài chính, Tổng"
    )
    assert "kỳ trước 17.300 (quý I năm 2023), kỳ này 31.550.000 Tỷ đồng; nghi là 31.550 Tỷ đồng" in confirmed_line
    assert f"đơn vị ghi “{told}”" in confirmed_line
    assert asked_line.startswith("**Số liệu khác thường, đang hỏi lại đơn vị (1).** Sở Y tế, Tỷ lệ người dân tham gia")
    assert "kỳ này 45,3 %; gần với kỳ trước" in asked_line
    page = (Path(drafted["path"]) / PAGE).read_text(encoding="utf-8")
    assert 0 < page.index(told) < page.index("45,3") < page.index('class="summary"')


@pytest.mark.parametrize(
    ("quarter", "total", "cell", "expected"),
    [
        (530.3, 9673, "G7", "có thể là 967,3 Triệu USD"),
        (53.03, 967.3, "F7", "có thể là 530,3 Triệu USD"),
        (5303, 967.3, "F7", "có thể là 530,3 Triệu USD"),
        (530.3, 697.3, "F7", "Trong quý 260,3 nếu lũy kế đúng; lũy kế 967,3 nếu số trong quý đúng"),
        (967.3, 530.3, "G7", "Trong quý 530,3; lũy kế 967,3"),
    ],
)
def test_of_two_cells_the_wrong_one_is_accused_or_both(
    register: Register, quarter: float, total: float, cell: str, expected: str
) -> None:
    body = "so-ke-hoach-va-dau-tu"
    content = change_indicator(
        clean_content(register, body, "2023-Q2"), "thu-hut-fdi", quarter=quarter, year_to_date=total
    )
    history = [known_figure("thu-hut-fdi", body, "2023-Q1", Decimal(437))]
    (outcome,) = check_batch(register, [BatchFile(1, "bao cao.xlsx", body, content)], history, today=date(2023, 6, 12))
    (told,) = [finding for finding in outcome.findings if finding.severity != "info"]
    assert (told.cell, expected in told.expected) == (cell, True), told
