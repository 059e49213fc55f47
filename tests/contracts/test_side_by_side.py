"""Plans side by side: the year that closes and the one that begins, and two plans of one year, in one warehouse."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from fixtures.amended import plan_with
from fixtures.pipeline import Pipeline
from fixtures.side_by_side import NEXT, next_plan, province_dir
from fixtures.submissions import FIRST_ROW
from fixtures.workbooks import filled_workbook, put
from tiendo import clock
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.process.requeue import find_file, review
from tiendo.reading.columns import INDICATORS
from tiendo.reminders.reminding import remind
from tiendo.report.delivery import put_out_result_sheets
from tiendo.report.edition import draft, publish
from tiendo.status.service import initialise
from tiendo.warehouse.engine import loader

KHDT, YTE = "so-ke-hoach-va-dau-tu", "so-y-te"
Q1, Q4, NEXT_Q1 = Period(2023, 1), Period(2023, 4), Period(2024, 1)
FDI = "thu-hut-fdi"
OTHER = "283-kh-ubnd-2023"


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Register:
    return next_plan(tmp_path_factory.mktemp("next"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Register:
    """Another plan of the same year for the same bodies."""
    plan_dir = plan_with(tmp_path_factory.mktemp("other"), [], {"plan.yaml": ("282-kh-ubnd-2023", OTHER)})
    text = (plan_dir / "plan.yaml").read_text(encoding="utf-8")
    (plan_dir / "plan.yaml").write_text(text.replace("số 282/KH-UBND", "số 283/KH-UBND"), encoding="utf-8")
    return load_register(plan_dir)


@pytest.fixture
def january(pipeline: Pipeline, following: Register) -> Pipeline:
    """Both years in hand; every body had sent the last quarter of the old one."""
    pipeline.today(2023, 12, 10)
    initialise(pipeline.engine, pipeline.register)
    assert pipeline.send(KHDT, filled_workbook(pipeline.register, KHDT, Q4)) == "accepted"
    pipeline.today(2024, 1, 8)
    initialise(pipeline.engine, following)
    pipeline.beside = (following,)
    return pipeline


@pytest.fixture
def twins(pipeline: Pipeline, other: Register) -> Pipeline:
    pipeline.today(2023, 3, 10)
    initialise(pipeline.engine, other)
    pipeline.beside = (other,)
    return pipeline


def retyped(content: bytes, title: str) -> bytes:
    """Returns a workbook whose hidden sheet is gone, and with it every name of a plan, under another title."""
    workbook = load_workbook(io.BytesIO(content))
    del workbook["_tiendo"]
    for sheet in workbook:
        for row in sheet.iter_rows(max_row=FIRST_ROW - 1):
            for cell in row:
                if isinstance(cell.value, str) and "KH-UBND" in cell.value:
                    cell.value = None
    workbook[INDICATORS.sheet]["A1"] = title
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def plans_of(pipeline: Pipeline) -> list[tuple[str, str]]:
    """Returns plan and period of each accepted report, in the order of arrival."""
    with loader(pipeline.engine) as connection:
        rows = connection.exec_driver_sql("select plan_code, period from intake.submission order by file_id")
        return [tuple(row) for row in rows]


def test_a_correction_of_the_old_year_and_a_report_of_the_new_one_each_find_their_plan(
    january: Pipeline, following: Register
) -> None:
    old = january.register

    final = filled_workbook(old, KHDT, Q4, lambda book: put(book, INDICATORS, FDI, "year_to_date", "1.811"))
    assert january.send(KHDT, final) == "accepted"
    assert january.value(FDI, "2023-Q4") == 1811
    january.today(2024, 3, 5)
    assert january.send(KHDT, filled_workbook(following, KHDT, NEXT_Q1)) == "accepted"
    assert plans_of(january) == [(old.code, "2023-Q4"), (old.code, "2023-Q4"), (NEXT, "2024-Q1")]
    assert january.value(FDI, "2023-Q4") == 1811
    assert january.tracker(KHDT, "2023-Q4")["version"] == 2


def test_the_same_bytes_once_more_are_a_repetition_under_their_own_plan(january: Pipeline, following: Register) -> None:
    january.today(2024, 3, 5)
    report = filled_workbook(following, YTE, NEXT_Q1)
    assert [january.send(YTE, report), january.send(YTE, report)] == ["accepted", "duplicate"]
    with loader(january.engine) as connection:
        rows = connection.exec_driver_sql("select plan_code from intake.submission_file order by file_id desc limit 2")
        assert rows.scalars().all() == [NEXT, NEXT]


def test_files_of_two_plans_are_settled_in_one_batch(january: Pipeline, following: Register) -> None:
    january.today(2024, 3, 5)
    january.land(YTE, filled_workbook(january.register, YTE, Q4))
    january.land(YTE, filled_workbook(following, YTE, NEXT_Q1))
    january.land(YTE, b"no workbook")
    january.settle()
    assert plans_of(january)[1:] == [(january.register.code, "2023-Q4"), (NEXT, "2024-Q1")]
    ledger = ledger_document(january.engine)
    assert ledger["adds_up"]
    assert ledger["states"]["quarantined"] == 1


def test_a_workbook_of_a_plan_that_is_not_in_hand_is_no_other_plan_s(january: Pipeline, following: Register) -> None:
    january.today(2024, 3, 5)
    january.beside = ()
    assert january.send(YTE, filled_workbook(following, YTE, NEXT_Q1)) == "rejected"
    assert january.findings()["template-plan"]["found"] == NEXT


def test_a_workbook_of_another_authority_is_answered_to_who_sent_it(january: Pipeline, tmp_path: Path) -> None:
    province = load_register(province_dir(tmp_path))
    initialise(january.engine, province)
    january.beside = (*january.beside, province)
    january.today(2024, 4, 18)
    book = filled_workbook(january.register, YTE, Q4)
    assert january.send("as-so-y-te", book) == "rejected"
    assert january.findings()["template-plan"]["found"] == january.register.code
    assert january.file(january.last)["agency"] == "as-so-y-te"


@pytest.mark.parametrize(
    ("day", "title", "expected"),
    [
        # A file without a marker that names no year: what has begun, and of that what is open.
        ((2024, 1, 9), "BÁO CÁO QUÝ IV", ("282-kh-ubnd-2023", "2023-Q4")),
        ((2024, 3, 11), "BÁO CÁO QUÝ I", (NEXT, "2024-Q1")),
        ((2024, 3, 11), "BÁO CÁO QUÝ I NĂM 2024", (NEXT, "2024-Q1")),
    ],
)
def test_a_retyped_report_is_of_the_plan_whose_quarter_it_can_be(
    january: Pipeline, following: Register, day: tuple[int, int, int], title: str, expected: tuple[str, str]
) -> None:
    register = following if expected[0] == NEXT else january.register
    january.today(*day)
    content = filled_workbook(register, YTE, Period.parse(expected[1]))
    assert january.send(YTE, retyped(content, title), name="bao cao.xlsx") == "accepted_with_warnings"
    assert plans_of(january)[-1] == expected


def test_what_nothing_tells_apart_is_asked_about(twins: Pipeline) -> None:
    content = filled_workbook(twins.register, YTE, Q1)
    assert twins.send(YTE, retyped(content, "BÁO CÁO QUÝ I NĂM 2023")) == "rejected"
    finding = twins.findings()["plan-stated"]
    assert "Kế hoạch số 282/KH-UBND; Kế hoạch số 283/KH-UBND" in finding["message"]
    assert plans_of(twins) == []


def test_that_one_of_two_plans_has_closed_the_quarter_tells_nothing(twins: Pipeline, other: Register) -> None:
    """A late report of the other plan must not become one of the plan that still waits for reports."""
    calendar = tuple(replace(entry, closing_at=entry.due_at + timedelta(days=60)) for entry in other.calendar)
    twins.beside = (replace(other, calendar=calendar),)
    twins.today(2023, 4, 10)
    content = retyped(filled_workbook(twins.register, YTE, Q1), "BÁO CÁO QUÝ I NĂM 2023")
    assert twins.send(YTE, content) == "rejected"
    assert "plan-stated" in twins.findings()


def test_a_period_of_one_plan_is_stronger_than_the_name_of_another(january: Pipeline, following: Register) -> None:
    """Last year's report typed over: the quarter is told, the old plan's name was left standing."""
    january.today(2024, 3, 11)
    content = filled_workbook(following, YTE, NEXT_Q1)
    titled = retyped(content, "BÁO CÁO QUÝ I NĂM 2024 THỰC HIỆN KẾ HOẠCH SỐ 282/KH-UBND")
    january.send(YTE, titled)
    assert plans_of(january)[-1] == (NEXT, "2024-Q1")


def test_a_file_is_read_once_more_under_the_plan_that_took_it(twins: Pipeline, other: Register) -> None:
    twins.beside = ()
    content = retyped(filled_workbook(twins.register, YTE, Q1), "BÁO CÁO QUÝ I NĂM 2023")
    assert twins.send(YTE, content) == "accepted_with_warnings"
    twins.beside = (other,)
    first = find_file(twins.engine, twins.file(twins.last)["receipt_no"])
    reviewed = review(twins.settings, twins.bodies, twins.engine, first)
    assert (reviewed.after.state, reviewed.outcome.period) == ("accepted_with_warnings", "2023-Q1")


def test_a_title_or_a_marker_tells_two_plans_of_a_year_apart(twins: Pipeline, other: Register) -> None:
    content = filled_workbook(twins.register, YTE, Q1)
    titled = retyped(content, "BÁO CÁO QUÝ I NĂM 2023 THEO KẾ HOẠCH SỐ 283/KH-UBND")
    assert twins.send(YTE, titled) == "accepted_with_warnings"
    assert twins.send(YTE, content) == "accepted"
    assert twins.send(KHDT, filled_workbook(other, KHDT, Q1)) == "accepted"
    assert plans_of(twins) == [(OTHER, "2023-Q1"), ("282-kh-ubnd-2023", "2023-Q1"), (OTHER, "2023-Q1")]


def test_each_plan_s_edition_and_result_sheets_lie_under_it(twins: Pipeline, other: Register) -> None:
    plans = twins.bodies.plans
    for plan in plans:
        assert twins.send(YTE, filled_workbook(plan, YTE, Q1)) == "accepted"
    twins.today(2023, 3, 14, 16, 30)
    for plan in plans:
        made = draft(twins.engine, plan, twins.settings, Q1)
        as_of = datetime.fromisoformat(made["as_of"])
        publish(
            twins.engine, plan, twins.settings, Q1, edition=1, as_of=as_of, data_sha256=made["data_sha256"],
            approved_by="Bà Duyệt", approved_at=clock.now(),
        )  # fmt: skip
    assert sorted(
        path.parent.relative_to(twins.settings.published).as_posix()
        for path in twins.settings.published.rglob("manifest.json")
    ) == [f"{plan.code}/2023-Q1/1" for plan in plans]
    for plan in plans:
        (sheet,) = [path for path in put_out_result_sheets(twins.engine, plan, twins.settings) if f"/{YTE}/" in path]
        assert sheet == f"outbox/{YTE}/2023-Q1/phieu-ket-qua-lan-1_{plan.code}.html"
        assert plan.short_title in (twins.settings.home / sheet).read_text(encoding="utf-8")


def test_each_plan_reminds_and_neither_takes_the_other_s_notice_for_its_own(twins: Pipeline, other: Register) -> None:
    twins.today(2023, 3, 13, 9)
    told = [one for plan in twins.bodies.plans for one in remind(twins.settings, plan, twins.engine, None)]
    of_body = {one.path for one in told if one.path.startswith(f"outbox/{YTE}/2023-Q1/")}
    assert of_body == {
        f"outbox/{YTE}/2023-Q1/nhac-2023-03-13_{code}.html" for code in (twins.register.code, other.code)
    }
    for path, name in zip(sorted(of_body), ("282", "283"), strict=True):
        text = (twins.settings.home / path).read_text(encoding="utf-8")
        assert f"Kế hoạch số {name}/KH-UBND" in text
