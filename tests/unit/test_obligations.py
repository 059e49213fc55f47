"""Extensions, exemptions and implementation plans: what is refused, what is kept, and what the tracker makes of it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from report_warehouse import figure, send, task
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.archive import archived_path
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Duty, Register
from tiendo.model.working_days import midnight
from tiendo.obligations.documents import LARGEST, receive_document
from tiendo.obligations.extensions import (
    Kind,
    Letter,
    ObligationError,
    due_at,
    excuse,
    extensions,
    find_obligation,
    grant,
    revoke,
)
from tiendo.settings import Settings
from tiendo.warehouse.audit import responsible
from tiendo.warehouse.engine import loader, reader
from tiendo.warehouse.mart import tracker_rows

Q1, Q2 = Period(2023, 1), Period(2023, 2)
LETTER = Letter("512/UBND-TH", date(2023, 3, 9))
Y_TE, CONG_THUONG, TU_PHAP, KHDT = "so-y-te", "so-cong-thuong", "so-tu-phap", "so-ke-hoach-va-dau-tu"


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2023, month, day, hour, minute, tzinfo=HANOI)


@pytest.fixture(autouse=True)
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    path = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(path))
    clock.set_replay_clock(path, at(3, 10))
    return lambda instant: clock.set_replay_clock(path, instant)


@pytest.fixture
def q1(register: Register) -> Any:
    return find_obligation(register, Duty.QUARTERLY_REPORT, "2023-Q1")


@pytest.fixture
def own_plan(register: Register) -> Any:
    return find_obligation(register, Duty.IMPLEMENTATION_PLAN, "2023")


def tracker(engine: Engine, register: Register, agency: str, as_of: datetime, **more: Any) -> dict[str, Any]:
    rows = tracker_rows(engine, register, more.get("period", Q1), more.get("duty", Duty.QUARTERLY_REPORT), as_of)
    (row,) = [row for row in rows if row["agency_code"] == agency]
    return row


class TestExtensions:
    def test_an_extension_makes_a_late_report_timely_from_the_moment_it_is_known(
        self, engine: Engine, register: Register, q1: Any, now: Callable[[datetime], None]
    ) -> None:
        send(engine, register, Y_TE, Q1, at(3, 17, 23, 59), tasks=[task("III.5")])
        before = tracker(engine, register, Y_TE, at(3, 18))
        assert (before["is_on_time"], before["days_late"], before["extended_until"]) == (False, 3, None)
        now(at(3, 18, 10))
        grant(engine, register, Y_TE, q1, until=date(2023, 3, 17), letter=LETTER)
        after = tracker(engine, register, Y_TE, at(3, 19))
        assert (after["is_on_time"], after["days_late"], after["extended_until"]) == (True, 0, date(2023, 3, 17))
        assert (after["due_at"], after["general_due_at"]) == (midnight(date(2023, 3, 18)), midnight(date(2023, 3, 15)))
        assert (after["letter_no"], after["letter_on"]) == ("512/UBND-TH", date(2023, 3, 9))
        # What was known on the morning of the 18th is still what it was.
        assert tracker(engine, register, Y_TE, at(3, 18)) == before
        # A body without a letter is not touched.
        assert tracker(engine, register, TU_PHAP, at(3, 19))["due_at"] == midnight(date(2023, 3, 15))

    def test_lateness_counts_from_the_body_s_own_day(self, engine: Engine, register: Register, q1: Any) -> None:
        grant(engine, register, Y_TE, q1, until=date(2023, 3, 17), letter=LETTER)
        send(engine, register, Y_TE, Q1, midnight(date(2023, 3, 18)))
        row = tracker(engine, register, Y_TE, at(3, 20))
        assert (row["is_on_time"], row["days_late"]) == (False, 1)  # the first instant that is too late
        send(engine, register, TU_PHAP, Q1, at(3, 18, 0, 1))
        assert tracker(engine, register, TU_PHAP, at(3, 20))["days_late"] == 4

    def test_the_last_entry_counts_and_none_is_lost(self, engine: Engine, register: Register, q1: Any) -> None:
        first = grant(engine, register, Y_TE, q1, until=date(2023, 3, 16), letter=LETTER, by="an")
        second = grant(engine, register, Y_TE, q1, until=date(2023, 3, 20), letter=LETTER, by="binh")
        with loader(engine) as connection:
            assert due_at(connection, register, Y_TE, q1) == midnight(date(2023, 3, 21))
        third = revoke(engine, register, Y_TE, q1, letter=Letter("530/UBND-TH", date(2023, 3, 10), "cấp nhầm"), by="an")
        with loader(engine) as connection:
            assert due_at(connection, register, Y_TE, q1) == q1.due_at
        rows = extensions(engine, register)
        assert [(row["extension_id"], row["kind"], row["recorded_by"], row["is_in_force"]) for row in rows] == [
            (first, "extended", responsible("an"), False),
            (second, "extended", responsible("binh"), False),
            (third, "revoked", responsible("an"), False),
        ]
        assert {row["recorded_at"] for row in rows} == {at(3, 10)}
        row = tracker(engine, register, Y_TE, at(3, 11))
        assert (row["due_at"], row["extended_until"], row["letter_no"]) == (q1.due_at, None, None)
        for change in ("update core.extension set letter_no = 'x'", "delete from core.extension"):
            with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
                connection.exec_driver_sql(change)

    @pytest.mark.parametrize(
        ("agency", "until", "letter", "what"),
        [
            ("so-khong-co", date(2023, 3, 20), LETTER, "the plan has no body 'so-khong-co'"),
            ("van-phong-ubnd-tinh", date(2023, 3, 20), LETTER, "van-phong-ubnd-tinh owes nothing under the plan"),
            (Y_TE, date(2023, 3, 14), LETTER, "2023-03-14 is no extension: 2023-Q1 is due until 2023-03-14"),
            (Y_TE, date(2023, 3, 26), LETTER, "2023-03-26 is after 2023-Q1 closes, 2023-03-25"),
            (Y_TE, date(2023, 3, 20), Letter("  ", date(2023, 3, 9)), "the number of the letter is empty"),
            (Y_TE, date(2023, 3, 20), Letter("1/CV", date(2023, 3, 11)), "2023-03-11, a day to come"),
            (Y_TE, date(2023, 3, 20), Letter("1" * 501, date(2023, 3, 9)), "500 characters"),
        ],
    )
    def test_what_cannot_be_is_refused(  # noqa: PLR0917
        self, engine: Engine, register: Register, q1: Any, agency: str, until: date, letter: Letter, what: str
    ) -> None:
        with pytest.raises(ObligationError, match=what.replace("(", r"\(")):
            grant(engine, register, agency, q1, until=until, letter=letter)
        assert extensions(engine, register) == []

    def test_the_last_possible_day_is_the_closing_day(self, engine: Engine, register: Register, q1: Any) -> None:
        grant(engine, register, Y_TE, q1, until=date(2023, 3, 25), letter=LETTER)
        assert tracker(engine, register, Y_TE, at(3, 11))["due_at"] == q1.closing_at

    def test_there_must_be_something_to_revoke_and_nothing_is_entered_twice(
        self, engine: Engine, register: Register, q1: Any
    ) -> None:
        with pytest.raises(ObligationError, match="nothing is in force"):
            revoke(engine, register, Y_TE, q1, letter=LETTER)
        grant(engine, register, Y_TE, q1, until=date(2023, 3, 20), letter=LETTER)
        with pytest.raises(ObligationError, match="in force for so-y-te and 2023-Q1 already"):
            grant(engine, register, Y_TE, q1, until=date(2023, 3, 20), letter=LETTER)
        revoke(engine, register, Y_TE, q1, letter=LETTER)
        with pytest.raises(ObligationError, match="nothing is in force"):
            revoke(engine, register, Y_TE, q1, letter=LETTER)

    def test_a_period_must_be_the_plan_s(self, register: Register) -> None:
        with pytest.raises(ObligationError, match="no quarterly report for 2024-Q1; it has 2023-Q1, 2023-Q2"):
            find_obligation(register, Duty.QUARTERLY_REPORT, "2024-Q1")


class TestExcused:
    def test_an_exempt_body_owes_nothing(self, engine: Engine, register: Register, q1: Any) -> None:
        excuse(engine, register, Y_TE, q1, kind=Kind.EXEMPT, letter=LETTER)
        row = tracker(engine, register, Y_TE, at(3, 20))
        assert (row["state"], row["is_on_time"], row["owed_count"], row["completeness_pct"]) == (
            "exempt",
            None,
            0,
            None,
        )
        # What it sends all the same counts as anybody's.
        send(engine, register, Y_TE, Q1, at(3, 13), tasks=[task("III.5")])
        row = tracker(engine, register, Y_TE, at(3, 20))
        assert (row["state"], row["is_on_time"], row["answered_count"]) == ("accepted", True, 1)

    def test_only_a_body_without_figures_has_nothing_to_report(
        self, engine: Engine, register: Register, q1: Any, own_plan: Any
    ) -> None:
        excuse(engine, register, TU_PHAP, q1, kind=Kind.NOTHING_TO_REPORT, letter=LETTER)
        assert tracker(engine, register, TU_PHAP, at(3, 20))["state"] == "nothing_to_report"
        with pytest.raises(ObligationError, match="so-cong-thuong reports 5 indicators in 2023-Q1"):
            excuse(engine, register, CONG_THUONG, q1, kind=Kind.NOTHING_TO_REPORT, letter=LETTER)
        with pytest.raises(ObligationError, match="Only a quarterly report"):
            excuse(engine, register, TU_PHAP, own_plan, kind=Kind.NOTHING_TO_REPORT, letter=LETTER)


class TestTracker:
    def test_completeness_counts_accepted_content_not_files(self, engine: Engine, register: Register) -> None:
        owed = [i for i in register.indicators_of(CONG_THUONG) if 1 in i.published_in]
        tasks = register.tasks_of(CONG_THUONG)
        total = len(owed) + len(tasks)
        assert len(owed) == 5  # five rows of Phụ lục II, two of them shared
        send(engine, register, CONG_THUONG, Q1, at(3, 8), state="rejected")
        row = tracker(engine, register, CONG_THUONG, at(3, 9))
        assert (row["state"], row["owed_count"], row["answered_count"]) == ("rejected", total, 0)
        assert row["completeness_pct"] == 0
        assert row["rejected_at"] == at(3, 8)
        # An accepted file that answers two figures, one of them "not available", and a task.
        figures = [figure("iip", "1.9"), figure("tang-ban-le", None)]
        send(engine, register, CONG_THUONG, Q1, at(3, 10), figures, [task(tasks[0].ref)], name="1.xlsx")
        row = tracker(engine, register, CONG_THUONG, at(3, 11))
        assert (row["state"], row["answered_count"], row["rejected_at"]) == ("accepted", 3, None)
        assert row["completeness_pct"] == round(Decimal(300) / total, 1)

    def test_completeness_never_exceeds_the_whole(self, engine: Engine, register: Register) -> None:
        owed = [i.code for i in register.indicators_of(CONG_THUONG) if 1 in i.published_in]
        refs = [t.ref for t in register.tasks_of(CONG_THUONG)]
        for day in (8, 9, 10):  # everything, three times, in both bases
            figures = [figure(code, "1", basis=basis) for code in owed for basis in ("quarter", "year_to_date")]
            send(engine, register, CONG_THUONG, Q1, at(3, day), figures, [task(ref) for ref in refs])
        row = tracker(engine, register, CONG_THUONG, at(3, 11))
        assert row["answered_count"] == row["owed_count"] == len(owed) + len(refs)
        assert (row["completeness_pct"], row["version"]) == (100, 3)

    def test_what_has_no_figure_in_the_quarter_is_not_owed(self, engine: Engine, register: Register) -> None:
        silent = [i.code for i in register.indicators_of("so-giao-duc-va-dao-tao") if 1 not in i.published_in]
        assert silent  # the school-year rows
        row = tracker(engine, register, "so-giao-duc-va-dao-tao", at(3, 11))
        everything = len(register.indicators_of("so-giao-duc-va-dao-tao")) + len(
            register.tasks_of("so-giao-duc-va-dao-tao")
        )
        assert row["owed_count"] == everything - len(silent)

    def test_a_later_file_that_was_refused_is_told_until_corrected(self, engine: Engine, register: Register) -> None:
        send(engine, register, Y_TE, Q1, at(3, 10))
        send(engine, register, Y_TE, Q1, at(3, 12), state="rejected", name="2.xlsx")
        row = tracker(engine, register, Y_TE, at(3, 13))
        assert (row["state"], row["received_at"], row["is_on_time"]) == ("accepted", at(3, 10), True)
        assert row["rejected_at"] == at(3, 12)
        send(engine, register, Y_TE, Q1, at(3, 14), name="3.xlsx")
        assert tracker(engine, register, Y_TE, at(3, 15))["rejected_at"] is None

    def test_on_time_is_the_first_acceptable_version(self, engine: Engine, register: Register) -> None:
        send(engine, register, Y_TE, Q1, at(3, 13), state="rejected")
        send(engine, register, Y_TE, Q1, at(3, 16), name="2.xlsx")
        row = tracker(engine, register, Y_TE, at(3, 17))
        assert (row["is_on_time"], row["days_late"]) == (False, 2)
        send(engine, register, KHDT, Q1, at(3, 14, 23, 59))
        send(engine, register, KHDT, Q1, at(3, 20), name="2.xlsx")
        row = tracker(engine, register, KHDT, at(3, 21))
        assert (row["is_on_time"], row["version"]) == (True, 2)

    def test_the_view_is_the_function_of_now(self, engine: Engine, register: Register, q1: Any) -> None:
        send(engine, register, KHDT, Q1, at(3, 10))
        grant(engine, register, Y_TE, q1, until=date(2023, 3, 20), letter=LETTER)
        with reader(engine) as connection:
            view = connection.exec_driver_sql(
                "select * from mart.submission_tracker where period = '2023-Q1' order by row_order"
            ).mappings()
            view_rows = [dict(row) for row in view]
            counts = connection.exec_driver_sql(
                "select obligation, period, count(*) from mart.submission_tracker group by 1, 2 order by 2, 1"
            ).all()
            timely = connection.exec_driver_sql(
                "select submission_count, on_time_count from mart.agency_timeliness where agency_code = %s", (KHDT,)
            ).one()
        told = tracker_rows(engine, register, Q1)
        assert [{name: row[name] for name in told[0]} for row in view_rows] == told
        assert [tuple(row) for row in counts] == [
            ("implementation_plan", "2023", 30),
            *(("quarterly_report", f"2023-Q{quarter}", 30) for quarter in (1, 2, 3, 4)),
        ]
        assert tuple(timely) == (1, 1)


class TestImplementationPlans:
    def put(self, settings: Settings, register: Register, engine: Engine, owed: Any, **more: Any) -> Any:
        arguments: dict[str, Any] = {"agency": Y_TE, "name": "KH 12 sửa.pdf", "content": b"%PDF-1.7 KH", "by": "an"}
        arguments |= more
        return receive_document(settings, register, engine, arguments.pop("agency"), owed, **arguments)

    def own_plans(self, engine: Engine, register: Register, as_of: datetime) -> dict[str, dict[str, Any]]:
        rows = tracker_rows(engine, register, "2023", Duty.IMPLEMENTATION_PLAN, as_of)
        return {row["agency_code"]: row for row in rows}

    def test_a_document_is_archived_once_and_answers_the_obligation(
        self, settings: Settings, engine: Engine, register: Register, own_plan: Any
    ) -> None:
        done = self.put(settings, register, engine, own_plan, received_at=at(2, 28, 23, 59), note="bản giấy")
        again = self.put(settings, register, engine, own_plan)
        assert (done.is_new, again.is_new) == (True, False)
        assert (again.receipt_no, again.received_at) == (done.receipt_no, at(2, 28, 23, 59))
        assert archived_path(settings.archive, done.sha256).read_bytes() == b"%PDF-1.7 KH"
        rows = self.own_plans(engine, register, at(3, 11))
        assert len(rows) == len(register.obliged)
        assert {code for code, row in rows.items() if row["state"] == "accepted"} == {Y_TE}
        row = rows[Y_TE]
        assert (row["is_on_time"], row["days_late"], row["completeness_pct"], row["receipt_no"]) == (
            True, 0, 100, done.receipt_no,
        )  # fmt: skip
        with reader(engine) as connection:
            (document,) = connection.exec_driver_sql("select * from mart.obligation_document").mappings()
        assert (document["file_name"], document["recorded_by"], document["note"]) == (
            "KH 12 sửa.pdf",
            responsible("an"),
            "bản giấy",
        )
        ledger = ledger_document(engine)
        assert ledger["adds_up"] is True
        assert ledger["states"]["accepted"] == ledger["received"] == 1
        # It is no quarterly report.
        assert tracker(engine, register, Y_TE, at(3, 11))["state"] == "missing"

    def test_the_tracker_of_an_earlier_instant_does_not_know_of_it(
        self, settings: Settings, engine: Engine, register: Register, own_plan: Any
    ) -> None:
        self.put(settings, register, engine, own_plan, received_at=at(2, 20))
        assert self.own_plans(engine, register, at(3, 9))[Y_TE]["state"] == "missing"
        assert self.own_plans(engine, register, at(3, 10))[Y_TE]["state"] == "accepted"

    def test_after_february_it_is_late(
        self, settings: Settings, engine: Engine, register: Register, own_plan: Any
    ) -> None:
        self.put(settings, register, engine, own_plan, received_at=midnight(date(2023, 3, 1)))
        self.put(settings, register, engine, own_plan, agency=TU_PHAP, received_at=at(3, 2, 8))
        rows = self.own_plans(engine, register, at(3, 11))
        assert [(rows[code]["is_on_time"], rows[code]["days_late"]) for code in (Y_TE, TU_PHAP)] == [
            (False, 1),
            (False, 2),
        ]

    def test_a_second_document_is_a_second_version(
        self, settings: Settings, engine: Engine, register: Register, own_plan: Any
    ) -> None:
        self.put(settings, register, engine, own_plan, received_at=at(2, 20))
        self.put(settings, register, engine, own_plan, content=b"PK docx", name="KH.docx", received_at=at(3, 5))
        row = self.own_plans(engine, register, at(3, 11))[Y_TE]
        assert (row["version"], row["received_at"], row["is_on_time"]) == (2, at(2, 20), True)
        assert (row["owed_count"], row["answered_count"], row["completeness_pct"]) == (1, 1, 100)

    def test_an_extension_holds_for_it_too(
        self, settings: Settings, engine: Engine, register: Register, own_plan: Any
    ) -> None:
        grant(engine, register, Y_TE, own_plan, until=date(2023, 3, 10), letter=LETTER)
        self.put(settings, register, engine, own_plan, received_at=at(3, 9))
        assert self.own_plans(engine, register, at(3, 11))[Y_TE]["is_on_time"] is True

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"agency": "so-la"}, "no body 'so-la'"),
            ({"agency": "van-phong-ubnd-tinh"}, "owes nothing"),
            ({"content": b""}, "is empty"),
            ({"content": b"x" * (LARGEST + 1)}, "larger than 100 MiB"),
            ({"received_at": at(3, 10, 10)}, "in the future"),
        ],
    )
    def test_what_cannot_be_is_refused(  # noqa: PLR0917
        self,
        settings: Settings,
        engine: Engine,
        register: Register,
        own_plan: Any,
        change: dict[str, Any],
        what: str,
    ) -> None:
        with pytest.raises(ObligationError, match=what):
            self.put(settings, register, engine, own_plan, **change)
        assert ledger_document(engine)["received"] == 0

    def test_a_quarterly_report_is_not_taken_unread(
        self, settings: Settings, engine: Engine, register: Register, q1: Any
    ) -> None:
        with pytest.raises(ObligationError, match="read and checked"):
            self.put(settings, register, engine, q1)
