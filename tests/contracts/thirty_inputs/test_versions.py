"""Inputs 13, 17, 18, 19 and 29 of docs/bad-inputs.md: several files where one is wanted."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from fixtures.pipeline import Pipeline
from fixtures.workbooks import Edit, filled_workbook, put, put_correction
from tiendo.feedback.versions import change_texts
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import CORRECTIONS, INDICATORS, TASKS
from tiendo.warehouse.mart import last_values

Q1, Q2 = Period(2023, 1), Period(2023, 2)
KHDT, CONGTHUONG, THONGKE = "so-ke-hoach-va-dau-tu", "so-cong-thuong", "cuc-thong-ke"
FDI = "thu-hut-fdi"


def fdi(value: object, quarter: object = None, **more: object) -> Edit:
    """Types FDI's cumulative figure, and the quarter's where it is another."""
    cells = {"year_to_date": value, "quarter": value if quarter is None else quarter} | more

    def edit(workbook: Workbook) -> None:
        for field, typed in cells.items():
            put(workbook, INDICATORS, FDI, field, typed)

    return edit


def report(register: Register, period: Period, *edits: Edit) -> bytes:
    """A workbook of Sở Kế hoạch và Đầu tư."""

    def edit(workbook: Workbook) -> None:
        for change in edits:
            change(workbook)

    return filled_workbook(register, KHDT, period, edit)


def test_input_13_two_bodies_differ(pipeline: Pipeline, register: Register) -> None:
    """Both figures are kept; the plan's order of precedence chooses, and the sentence says so."""
    for body, value in ((CONGTHUONG, "-18,7"), (THONGKE, "-19,4")):
        edit = partial(put, table=INDICATORS, key="tang-xuat-khau", field="year_to_date", value=value)
        assert pipeline.send(body, filled_workbook(register, body, Q1, edit)) == "accepted"
    status = pipeline.status("tang-xuat-khau", "2023-Q1")
    assert (status["agency_code"], status["value"]) == (THONGKE, Decimal("-19.4"))
    assert "Sở Công Thương" in status["explanation"]
    assert "-18,7" in status["explanation"].replace("–", "-") or "18,7" in status["explanation"]


def test_input_17_last_quarters_file_again(pipeline: Pipeline, register: Register) -> None:
    pipeline.send(KHDT, report(register, Q1, fdi(437)))
    pipeline.today(2023, 6, 12, 9)
    assert pipeline.send(KHDT, report(register, Q1, fdi(438)), name="BC moi.xlsx") == "rejected"
    finding = pipeline.findings()["period-open"]
    assert (finding["found"], finding["expected"]) == ("quý I năm 2023", "quý II năm 2023")
    assert pipeline.value(FDI, "2023-Q1") == 437


def test_input_17_the_same_bytes_again(pipeline: Pipeline, register: Register) -> None:
    content = report(register, Q1, fdi(437))
    pipeline.send(KHDT, content)
    pipeline.today(2023, 6, 12, 9)
    assert pipeline.send(KHDT, content, name="BC moi.xlsx") == "duplicate"


def test_input_18_the_newest_version_counts_and_the_receipt_can_tell_what_changed(
    pipeline: Pipeline, register: Register
) -> None:
    assert pipeline.send(KHDT, report(register, Q1, fdi(437)), name="BC Q1.xlsx") == "accepted"
    assert pipeline.version().previous_receipt_no is None
    pipeline.today(2023, 3, 14, 15)
    task = register.tasks_of(KHDT)[0].ref
    second = report(register, Q1, fdi(450, kind="Thực hiện"), lambda book: put(book, TASKS, task, "completion", 55))
    assert pipeline.send(KHDT, second, name="BC Q1 (sửa) final 2.xlsx") == "accepted"
    version = pipeline.version()
    assert (version.number, version.previous_receipt_no, version.newest_receipt_no) == (2, "TN-000001", None)
    assert [tuple(text) for text in change_texts(register, version.changes)] == [
        ("Thu hút vốn đầu tư trực tiếp nước ngoài", "2023-Q1", "lũy kế / đến kỳ",
         "437 (ước thực hiện)", "450 (thực hiện)"),
        ("Thu hút vốn đầu tư trực tiếp nước ngoài", "2023-Q1", "trong quý", "437 (ước thực hiện)", "450 (thực hiện)"),
        (f"Nhiệm vụ {task}", "2023-Q1", "", "Đang thực hiện, đúng tiến độ, 40%", "Đang thực hiện, đúng tiến độ, 55%"),
    ]  # fmt: skip
    assert pipeline.value(FDI, "2023-Q1") == 450
    assert pipeline.tracker(KHDT, "2023-Q1")["version"] == 2


def test_input_18_an_older_version_processed_later_replaces_nothing(pipeline: Pipeline, register: Register) -> None:
    noon = pipeline.today(2023, 3, 14, 12)
    pipeline.send(KHDT, report(register, Q1, fdi(450)), noon)
    older = report(register, Q1, fdi(437), lambda book: put(book, TASKS, "III.1", "completion", 10))
    assert pipeline.send(KHDT, older, noon - timedelta(hours=3), channel="mail") == "accepted"
    version = pipeline.version()
    assert (version.previous_receipt_no, version.newest_receipt_no, version.changes) == (None, "TN-000001", ())
    assert pipeline.value(FDI, "2023-Q1") == 450
    assert last_values(pipeline.engine, register, Q2)[FDI, KHDT] == 450
    tracker = pipeline.tracker(KHDT, "2023-Q1")
    assert (tracker["receipt_no"], tracker["version"], tracker["received_at"]) == (
        "TN-000001", 2, noon - timedelta(hours=3),
    )  # fmt: skip
    with pipeline.engine.connect() as connection:
        assert connection.exec_driver_sql(
            "select value::int, is_current from mart.observation_history "
            "where indicator_code = 'thu-hut-fdi' and basis = 'year_to_date' order by revision"
        ).all() == [(437, False), (450, True)]
        completion = "select completion_pct::int from mart.task_status where period = '2023-Q1' and task_ref = 'III.1'"
        assert connection.exec_driver_sql(completion + f" and agency_code = '{KHDT}'").scalars().all() == [40]
    # The next quarter is held against the newer figure.
    pipeline.today(2023, 6, 14, 12)
    assert pipeline.send(KHDT, report(register, Q2, fdi("967,3", "517,3"))) == "accepted"


def test_input_18_an_older_version_in_the_same_batch_as_the_next_period(pipeline: Pipeline, register: Register) -> None:
    """What counts for the later report's check is the newest version, not the one read last."""
    march, june = pipeline.today(2023, 3, 14, 12), pipeline.today(2023, 6, 14, 12)
    pipeline.send(KHDT, report(register, Q1, fdi(450)), march)
    pipeline.land(KHDT, report(register, Q1, fdi(437)), march - timedelta(hours=3))
    pipeline.land(KHDT, report(register, Q2, fdi("967,3", "517,3")), june)
    pipeline.settle()
    assert [pipeline.file(n)["state"] for n in (1, 2, 3)] == ["accepted"] * 3
    assert pipeline.value(FDI, "2023-Q2") == Decimal("967.3")


def test_input_18_versions_of_the_same_instant_count_in_the_order_of_landing(
    pipeline: Pipeline, register: Register
) -> None:
    noon = pipeline.today(2023, 3, 14, 12)
    pipeline.land(KHDT, report(register, Q1, fdi(437)), noon, name="a.xlsx")
    pipeline.land(KHDT, report(register, Q1, fdi(450)), noon, name="b.xlsx")
    pipeline.settle()
    assert pipeline.value(FDI, "2023-Q1") == 450
    assert pipeline.version(2).previous_receipt_no == "TN-000001"
    assert pipeline.version(1).newest_receipt_no == "TN-000002"


def test_input_18_versions_are_never_merged(pipeline: Pipeline, register: Register) -> None:
    pipeline.send(KHDT, report(register, Q1, fdi(437)))
    pipeline.today(2023, 3, 14, 15)
    assert pipeline.send(KHDT, report(register, Q1, fdi(450, " "))) == "accepted_with_warnings"
    with pipeline.engine.connect() as connection:
        current = connection.exec_driver_sql(
            "select basis, value::int from mart.observation_history where indicator_code = 'thu-hut-fdi' and is_current"
        ).all()
    assert current == [("year_to_date", 450)]
    assert [text[2:] for text in change_texts(register, pipeline.version().changes)] == [
        ("lũy kế / đến kỳ", "437 (ước thực hiện)", "450 (ước thực hiện)"),
        ("trong quý", "437 (ước thực hiện)", "(không báo cáo)"),
    ]


def test_input_18_the_same_file_by_mail_and_by_folder(pipeline: Pipeline, register: Register) -> None:
    content = report(register, Q1, fdi(437))
    assert pipeline.send(KHDT, content, channel="mail") == "accepted"
    assert pipeline.send(KHDT, content, channel="folder", name="ban sao.xlsx") == "duplicate"
    assert "TN-000001" in pipeline.findings()["file-duplicate"]["message"]
    # Brought by hand, without a word whose it is: the workbook says so.
    assert pipeline.send("", content, channel="command") == "duplicate"
    # In one batch as well.
    other = report(register, Q1, fdi(438))
    pipeline.land(KHDT, other, channel="mail")
    pipeline.land(KHDT, other, channel="folder")
    pipeline.settle()
    assert [pipeline.file(n)["state"] for n in (4, 5)] == ["accepted", "duplicate"]


def test_input_18_the_first_version_sent_once_more_says_which_one_counts(
    pipeline: Pipeline, register: Register
) -> None:
    first = report(register, Q1, fdi(437))
    pipeline.send(KHDT, first)
    pipeline.today(2023, 3, 14, 13)
    pipeline.send(KHDT, report(register, Q1, fdi(450)))
    pipeline.today(2023, 3, 14, 14)
    assert pipeline.send(KHDT, first) == "duplicate"
    assert "TN-000002" in pipeline.findings()["file-duplicate"]["message"]
    assert pipeline.value(FDI, "2023-Q1") == 450


def test_input_18_old_errors_are_gone_after_a_correct_file(pipeline: Pipeline, register: Register) -> None:
    wrong = report(register, Q1, fdi("437.000.000"))
    assert pipeline.send(KHDT, wrong) == "rejected"
    assert pipeline.tracker(KHDT, "2023-Q1")["state"] == "rejected"
    pipeline.today(2023, 3, 14, 13)
    assert pipeline.send(KHDT, report(register, Q1, fdi(437))) == "accepted"
    tracker = pipeline.tracker(KHDT, "2023-Q1")
    assert (tracker["state"], tracker["finding_count"], tracker["receipt_no"]) == ("accepted", 0, "TN-000002")
    assert pipeline.findings() == {}
    # Nor does a refused one after it take anything away.
    pipeline.today(2023, 3, 14, 14)
    assert pipeline.send(KHDT, wrong) == "duplicate"
    assert pipeline.tracker(KHDT, "2023-Q1")["finding_count"] == 0
    assert pipeline.value(FDI, "2023-Q1") == 437


def test_input_19_the_last_minute_of_the_14th_is_in_time(pipeline: Pipeline, register: Register) -> None:
    last_minute = pipeline.today(2023, 3, 14, 23, 59)
    pipeline.today(2023, 3, 16, 8)
    assert pipeline.send(KHDT, report(register, Q1), last_minute) == "accepted"
    assert pipeline.findings() == {}
    tracker = pipeline.tracker(KHDT, "2023-Q1")
    assert (tracker["is_on_time"], tracker["days_late"]) == (True, 0)


def test_input_19_late_is_accepted_marked_and_listed(pipeline: Pipeline, register: Register) -> None:
    """23:59 of the 14th in UTC is 06:59 of the 15th in Vietnam: late by a day."""
    pipeline.today(2023, 3, 15, 6, 59)
    assert pipeline.send(KHDT, report(register, Q1)) == "accepted"
    finding = pipeline.findings()["submission-late"]
    assert finding["severity"] == "info"
    assert "1 ngày" in finding["message"]
    assert finding["expected"] == "Chậm nhất hết ngày 14/03/2023"
    tracker = pipeline.tracker(KHDT, "2023-Q1")
    assert (tracker["state"], tracker["is_on_time"], tracker["days_late"]) == ("accepted", False, 1)
    # A further version of a report that has come is not late once more.
    pipeline.today(2023, 3, 17, 9)
    assert pipeline.send(KHDT, report(register, Q1, fdi(437))) == "accepted"
    assert pipeline.findings() == {}


class TestCorrections:
    """Old bad data never blocks a good correction."""

    def q1_ten_times_too_large(self, pipeline: Pipeline, register: Register) -> None:
        content = report(
            register, Q1, fdi(437), fdi(4370, explanation="Xác nhận 4.370 triệu USD: có dự án lớn được cấp mới")
        )
        assert pipeline.send(KHDT, content) == "accepted_with_warnings"
        assert pipeline.value(FDI, "2023-Q1") == 4370

    def test_in_the_same_file(self, pipeline: Pipeline, register: Register) -> None:
        self.q1_ten_times_too_large(pipeline, register)
        pipeline.today(2023, 6, 14, 12)

        def correct(workbook: Workbook) -> None:
            put_correction(workbook, FDI, period="Quý I/2023", quarter=437, year_to_date=437)

        assert pipeline.send(KHDT, report(register, Q2, fdi("967,3", "530,3"), correct)) == "accepted"
        assert (pipeline.value(FDI, "2023-Q1"), pipeline.value(FDI, "2023-Q2")) == (437, Decimal("967.3"))
        assert pipeline.status(FDI, "2023-Q1")["status"] == "on_track"
        assert [text[1:] for text in change_texts(register, pipeline.version().changes)] == [
            ("2023-Q1", "lũy kế / đến kỳ", "4.370 (ước thực hiện)", "437 (thực hiện)"),
            ("2023-Q1", "trong quý", "4.370 (ước thực hiện)", "437 (thực hiện)"),
        ]

    def test_before_it_in_a_version_of_its_own(self, pipeline: Pipeline, register: Register) -> None:
        self.q1_ten_times_too_large(pipeline, register)
        pipeline.today(2023, 3, 20, 9)
        assert pipeline.send(KHDT, report(register, Q1, fdi(437))) == "accepted"
        pipeline.today(2023, 6, 14, 12)
        assert pipeline.send(KHDT, report(register, Q2, fdi("967,3", "530,3"))) == "accepted"

    def test_not_at_all_is_a_warning(self, pipeline: Pipeline, register: Register) -> None:
        """The new figure fits the plan and the old one does not: it is taken, and the old one asked about."""
        self.q1_ten_times_too_large(pipeline, register)
        pipeline.today(2023, 6, 14, 12)
        assert pipeline.send(KHDT, report(register, Q2, fdi("967,3", "530,3"))) == "accepted_with_warnings"
        finding = pipeline.findings()["cumulative-last-doubtful"]
        assert finding["found"] == "967,3"
        assert "4.370" in finding["expected"]
        assert "Sửa số kỳ trước" in finding["fix"]
        assert pipeline.value(FDI, "2023-Q2") == Decimal("967.3")

    def test_what_was_refused_is_taken_once_the_old_figure_is_mended(
        self, pipeline: Pipeline, register: Register
    ) -> None:
        """The same bytes again are no duplicate of a refusal: what they were held against has changed."""
        pipeline.send(KHDT, report(register, Q1, fdi(980)))
        june = pipeline.today(2023, 6, 14, 12)
        second_quarter = report(register, Q2, fdi("967,3", "530,3"))
        assert pipeline.send(KHDT, second_quarter) == "rejected"
        assert "cumulative-not-falling" in pipeline.findings()
        pipeline.send(KHDT, report(register, Q1, fdi(437)), june - timedelta(days=80))
        pipeline.send(KHDT, report(register, Q1, fdi(436)), june - timedelta(days=79))
        pipeline.today(2023, 6, 14, 13)
        assert pipeline.send(KHDT, second_quarter) == "accepted"
        assert pipeline.value(FDI, "2023-Q2") == Decimal("967.3")

    def test_without_a_reason_is_refused(self, pipeline: Pipeline, register: Register) -> None:
        pipeline.send(KHDT, report(register, Q1, fdi(437)))
        pipeline.today(2023, 6, 14, 12)

        def correct(workbook: Workbook) -> None:
            put_correction(workbook, FDI, period="Quý I/2023", year_to_date=440, quarter=440, reason=None)

        assert pipeline.send(KHDT, report(register, Q2, fdi(967, 527), correct)) == "rejected"
        assert (
            pipeline.findings()["correction-reason-given"]["cell"]
            == f"{get_column_letter(CORRECTIONS.position('reason'))}7"
        )
        assert pipeline.value(FDI, "2023-Q1") == 437


def test_input_29_a_draft_is_taken_and_said_to_be_one(pipeline: Pipeline, register: Register) -> None:
    assert pipeline.send(KHDT, report(register, Q1), name="BC quy I (dự thảo).xlsx") == "accepted_with_warnings"
    finding = pipeline.findings()["file-draft"]
    assert finding["found"] == "BC quy I (dự thảo).xlsx"
