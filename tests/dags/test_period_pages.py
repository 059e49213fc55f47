"""The pages' words fit the plan's kind of period, and addresses of any kind of period lead somewhere."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tiendo.airflow_glue.run_words import DraftLink, EditionLink
from tiendo.clock import HANOI
from tiendo.feedback.receipt import VERDICT_NAMES
from tiendo.model.period import PATTERN, Period, PeriodKind
from tiendo.model.register import Duty, Register
from tiendo.pages import approval
from tiendo.pages.drafts import _PLACE
from tiendo.pages.frame import link
from tiendo.pages.places import basis_words, period_words, words
from tiendo.pages.room import _columns
from tiendo.pages.standing import grid
from tiendo.report.words import reports_title
from tiendo.templates import template
from tiendo.vietnamese.dates import deadline_text, format_instant, last_moment_text, long_date

CODES = ("2023-M04", "2023-M12", "2023-Q1", "2023-H1", "2023-YTD09", "2023")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("2023-Q1", "Quý I/2023"),
        ("2023-M04", "Tháng 4/2023"),
        ("2023-H1", "6 tháng đầu năm 2023"),
        ("2023-H2", "6 tháng cuối năm 2023"),
        ("2023-YTD09", "9 tháng đầu năm 2023"),
        ("2023-YTD12", "Năm 2023"),
        ("2023", "Năm 2023"),
        ("", ""),
        (None, ""),
    ],
)
def test_pages_name_a_period(code: str | None, told: str) -> None:
    assert period_words(code) == told


@pytest.mark.parametrize("code", CODES)
def test_addresses_of_drafts_and_editions(code: str) -> None:
    assert re.fullmatch(PATTERN, code)
    for folder in (code, f"282-kh-ubnd-2023/{code}"):
        for edition in ("1", "latest"):
            assert re.fullmatch(DraftLink.pages, f"drafts/282-kh-ubnd-2023/{code}/{edition}/bao-cao.html")
            found = _PLACE.fullmatch(f"{folder}/{edition}/data/indicators.csv")
            assert found
            assert (found["folder"], found["edition"]) == (f"{folder}/{edition}", edition)
    assert re.fullmatch(EditionLink.pages, f"published/282-kh-ubnd-2023/{code}/2/bao-cao.html")
    for wrong in ("2023-M13", "2023-Q5", "2023-YTD08", "23", "2023-M4"):
        assert not _PLACE.fullmatch(f"282-kh-ubnd-2023/{wrong}/1/bao-cao.html"), wrong
        assert not re.fullmatch(EditionLink.pages, f"published/282-kh-ubnd-2023/{wrong}/1/bao-cao.html"), wrong


def test_a_plan_by_years_keeps_its_reports_and_the_bodies_own_plans_apart(register: Register) -> None:
    """Both are of ``2023``: the grid has a column for each, and only reports are periods to be looked at."""
    (entry, *_) = register.calendar
    year = Period(2023, 1, PeriodKind.YEAR)
    yearly = replace(register, period_kind=PeriodKind.YEAR, calendar=(replace(entry, period=year),))
    columns = _columns(yearly)
    assert [(column["label"], column["period"]) for column in columns] == [("KH năm", ""), ("Năm 2023", "2023")]
    body = yearly.obliged[0].code
    row = {"agency_code": body, "period": "2023", "state": "missing", "due_at": entry.due_at, "letter_no": "",
           "rejected_at": None, "received_at": None, "is_on_time": None, "days_late": None,
           "correction_asked_at": None, "receipt_no": None}  # fmt: skip
    owed = [
        row | {"obligation": Duty.IMPLEMENTATION_PLAN},
        row | {"obligation": Duty.QUARTERLY_REPORT, "due_at": entry.due_at + timedelta(days=9)},
    ]
    (line,) = grid(yearly, owed, entry.due_at + timedelta(days=1))
    assert [line.cells[column["cell"]].state for column in columns] == ["overdue", "open"]


def test_months_stand_by_their_names_in_the_grid(register: Register) -> None:
    labels = [column["label"] for column in _columns(_of_kind(register, PeriodKind.MONTH))]
    assert [label for label in labels if label != "KH năm"] == [f"Tháng {number}" for number in range(1, 13)]
    of_two_years = replace(_of_kind(register, PeriodKind.HALF_YEAR), last_year=2024)
    told = [column["label"] for column in _columns(of_two_years) if column["period"]]
    assert told == ["6 tháng đầu năm 2023", "6 tháng cuối năm 2023"], "which of the two years"


@pytest.mark.parametrize(
    ("code", "alone"),
    [
        ("2023-Q1", "trong quý"),
        ("2023-M04", "trong tháng"),
        ("2023-H1", "trong kỳ"),
        ("2023-YTD09", "trong kỳ"),
        ("2023", "trong năm"),
    ],
)
def test_pages_say_which_figures_are_of_the_period_alone(code: str, alone: str) -> None:
    assert basis_words("quarter", code) == alone
    assert basis_words("year_to_date", code) == "lũy kế"


@pytest.mark.parametrize(
    ("kind", "told", "corrected"),
    [
        (PeriodKind.QUARTER, "Chỉ có số trong quý của chỉ tiêu cộng dồn", "Sửa số của quý trước: dùng"),
        (PeriodKind.MONTH, "Chỉ có số trong tháng của chỉ tiêu cộng dồn", "Sửa số của tháng trước: dùng"),
        (PeriodKind.HALF_YEAR, "Chỉ có số trong kỳ của chỉ tiêu cộng dồn", "Sửa số của kỳ trước: dùng"),
    ],
)
def test_the_handbook_for_senders(register: Register, kind: PeriodKind, told: str, corrected: str) -> None:
    page = template("pages/so_tay_gui_bao_cao.html.j2").render(
        register=_of_kind(register, kind), user="", here="", refresh=0, script="", part="", parts={"": ""},
        is_file=False, picture=lambda name: "", verdicts=VERDICT_NAMES, deadline=deadline_text,
        last_moment=last_moment_text, day=long_date, instant=format_instant, link=link, shown_plan=None,
    )  # fmt: skip
    assert told in page
    assert corrected in page
    first = Period(2023, 1, kind).vietnamese
    assert f'<tr><th scope="row">{first[0].upper()}{first[1:]}</th>' in page
    assert ("quý" in page) == (kind is PeriodKind.QUARTER)


@pytest.mark.parametrize(
    ("kind", "late", "none", "title"),
    [
        (PeriodKind.QUARTER, "Trong 3 quý đã đến hạn có 1 quý chậm", "Chưa có quý nào đến hạn", "Báo cáo quý"),
        (PeriodKind.MONTH, "Trong 3 kỳ đã đến hạn có 1 kỳ chậm", "Chưa có kỳ nào đến hạn", "Báo cáo định kỳ"),
    ],
)
def test_the_page_of_a_body(register: Register, kind: PeriodKind, late: str, none: str, title: str) -> None:
    held = _of_kind(register, kind)
    usual = dict.fromkeys(("year", "letters", "reminders", "requests", "documents", "files", "findings", "tasks"), ())
    told = []
    for quarter_count in (3, 0):
        told.append(
            template("pages/body.html.j2").render(
                **words(), **usual, user="", here="", refresh=0, script="", link=link, shown_plan=None, is_of_all=False,
                agency=held.obliged[0], agencies=held.agency_by_code, now=datetime(2023, 3, 1, tzinfo=HANOI),
                past={"quarter_count": quarter_count, "late_count": 1}, open_period=str(held.calendar[0].period),
                mistakes=(), record={reports_title(kind): ""}, reported=(), deadline=deadline_text, several_years=False,
                occasion_name=str, deliveries={}, noun="quý" if kind is PeriodKind.QUARTER else "kỳ",
            )
        )  # fmt: skip
    assert late in told[0]
    assert none in told[1]
    assert title in told[0]
    if kind is not PeriodKind.QUARTER:
        assert "Nếu tháng 1/2023 như trước đây" in told[0]
        assert "quý" not in told[0] + told[1]


@pytest.mark.parametrize("code", CODES)
def test_a_period_in_an_address_of_a_question(code: str) -> None:
    (pattern,) = (each.pattern for each in approval._PERIOD.metadata if getattr(each, "pattern", ""))
    assert re.search(pattern, code)
    assert not any(re.search(pattern, wrong) for wrong in (f"{code}x", f"x{code}", f"{code}/1", "2023-M13"))


def _of_kind(register: Register, kind: PeriodKind) -> Register:
    """The register by periods of another kind, each ending its report a month after it began."""
    (entry, *_) = register.calendar
    periods = Period(2023, 1, kind).of_year
    calendar = tuple(
        replace(entry, period=each, due_at=entry.due_at + timedelta(days=30 * each.number)) for each in periods
    )
    return replace(register, period_kind=kind, calendar=calendar)
