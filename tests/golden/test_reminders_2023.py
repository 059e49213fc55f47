"""Who is reminded on which day of 2023: the plan's occasions walked by the clock, against a table made by hand.

The last days to submit are Tuesday 28 February (implementation plans), Tuesday 14 March, Wednesday 14 June, Thursday
14 September and Thursday 14 December. Of the ten working days before 14 September, 1 and 4 September are none.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine

from tiendo import clock
from tiendo.clock import HANOI
from tiendo.mail.identity import Identity
from tiendo.model.period import Period
from tiendo.model.register import Duty, Register
from tiendo.model.working_days import midnight
from tiendo.obligations.documents import receive_document
from tiendo.obligations.extensions import Kind, Letter, excuse, find_obligation, grant
from tiendo.reminders.occasion import due_reminders
from tiendo.reminders.reminding import EnteredReminder, remind, reminder_rows
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.engine import make_engine
from unit.report_warehouse import send, task

# Everybody else has sent everything long before.
WALK = """
2023     cong-an-tinh   sends 02/03
         before-10 14/02 | before-5 21/02 | before-3 23/02 | before-1 27/02 | overdue 01/03
2023-Q1  so-tai-chinh   sends 01/03
         before-10 28/02
2023-Q1  so-y-te        sends 13/03, after the last reminder
         before-10 28/02 | before-5 07/03 | before-3 09/03 | before-1 13/03
2023-Q1  so-tu-phap     is exempt from 08/03
         before-10 28/02 | before-5 07/03
2023-Q1  so-cong-thuong has until 20/03 since 10/03, sends 22/03
         before-10 28/02 | before-5 07/03 | before-3 09/03 | before-5 13/03 | before-3 15/03 | before-1 17/03 | overdue 21/03
2023-Q1  h-phu-giao     never sends
         before-10 28/02 | before-5 07/03 | before-3 09/03 | before-1 13/03 | overdue 15/03 | head_of_unit 17/03 | deputy_director 21/03 | meeting_list 23/03
2023-Q2  tp-thuan-an    sends on the 15th
         before-10 31/05 | before-5 07/06 | before-3 09/06 | before-1 13/06 | overdue 15/06
2023-Q3  h-dau-tieng    never sends
         before-10 29/08 | before-5 07/09 | before-3 11/09 | before-1 13/09 | overdue 15/09 | head_of_unit 19/09 | deputy_director 21/09 | meeting_list 25/09
2023-Q4  so-ngoai-vu    sends what is refused
         before-10 30/11 | before-5 07/12 | before-3 11/12 | before-1 13/12 | overdue 15/12 | head_of_unit 19/12 | deputy_director 21/12 | meeting_list 25/12
"""  # noqa: E501 - one body's year in one line
OWE = {"2023": "cong-an-tinh", "2023-Q2": "tp-thuan-an", "2023-Q3": "h-dau-tieng", "2023-Q4": "so-ngoai-vu"}
OWE_Q1 = ("so-tai-chinh", "so-y-te", "so-tu-phap", "so-cong-thuong", "h-phu-giao")


def table() -> dict[tuple[str, str], list[str]]:
    lines = WALK.strip().splitlines()
    return {
        (head.split()[0], head.split()[1]): [one.strip() for one in told.split("|")]
        for head, told in zip(lines[::2], lines[1::2], strict=True)
    }


def at(month: int, day: int, hour: int = 14) -> datetime:
    return datetime(2023, month, day, hour, tzinfo=HANOI)


@dataclass(frozen=True)
class Walked:
    """The year after it was walked.

    Attributes:
        told: what each run that told anything returned, by its instant.
    """

    settings: Settings
    engine: Engine
    told: dict[datetime, list[EnteredReminder]]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, postgres: URL, register: Register) -> Iterator[Walked]:
    """Every day of the year at 08:00, once more five minutes later, and at 21:00, days off included."""
    folder = tmp_path_factory.mktemp("reminders")
    name = "reminders_2023"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine = make_engine(postgres.set(database=name))
    settings = Settings(home=folder / "var", plan_dirs=(INCLUDE,), database_url="")
    identity = Identity("x", "baocao@tiendo.binhduong.gov.vn", operations="vanhanh@tiendo.binhduong.gov.vn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIENDO_CLOCK_FILE", str(folder / "clock"))
        clock.set_replay_clock(folder / "clock", at(1, 20))
        initialise(engine, register)
        events = _events(settings, register, engine)
        told: dict[datetime, list[EnteredReminder]] = {}
        for number in range(330):
            for offset in (timedelta(hours=8), timedelta(hours=8, minutes=5), timedelta(hours=21)):
                now = midnight(date(2023, 2, 1)) + timedelta(days=number) + offset
                while events and events[0][0] <= now:
                    clock.set_replay_clock(folder / "clock", events[0][0])
                    events.pop(0)[1]()
                clock.set_replay_clock(folder / "clock", now)
                if done := remind(settings, register, engine, identity):
                    told[now] = done
        assert not events
        yield Walked(settings, engine, told)
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    admin.dispose()


def _events(settings: Settings, register: Register, engine: Engine) -> list[tuple[datetime, Callable[[], object]]]:
    """What the bodies and officials do, in order."""
    own_plan = find_obligation(register, Duty.IMPLEMENTATION_PLAN, "2023")
    q1 = find_obligation(register, Duty.QUARTERLY_REPORT, "2023-Q1")
    events: list[tuple[datetime, Callable[[], object]]] = []

    def report(code: str, period: str, when: datetime, state: str = "accepted") -> None:
        period_of = Period.parse(period)
        events.append((when, lambda: send(engine, register, code, period_of, when, tasks=[task("III.5")], state=state)))

    def document(code: str, when: datetime) -> None:
        events.append(
            (
                when,
                lambda: receive_document(
                    settings, register, engine, code, own_plan, name="KH.pdf", content=code.encode()
                ),
            )
        )

    for agency in register.obliged:
        if agency.code != OWE["2023"]:
            document(agency.code, at(2, 1, 7))
        if agency.code not in OWE_Q1:
            report(agency.code, "2023-Q1", at(2, 1, 7))
        for period in ("2023-Q2", "2023-Q3", "2023-Q4"):
            if agency.code != OWE[period]:
                report(agency.code, period, at(2, 1, 7))
    document("cong-an-tinh", at(3, 2))
    report("so-tai-chinh", "2023-Q1", at(3, 1))
    report("so-y-te", "2023-Q1", at(3, 13))
    report("so-cong-thuong", "2023-Q1", at(3, 22))
    report("tp-thuan-an", "2023-Q2", at(6, 15))
    report("so-ngoai-vu", "2023-Q4", at(12, 1), state="rejected")
    letter = Letter("512/UBND-TH", date(2023, 3, 8))
    events.append((at(3, 8), lambda: excuse(engine, register, "so-tu-phap", q1, kind=Kind.EXEMPT, letter=letter)))
    events.append(
        (at(3, 10), lambda: grant(engine, register, "so-cong-thuong", q1, until=date(2023, 3, 20), letter=letter))
    )
    return sorted(events, key=lambda event: event[0])


def test_those_who_owe_are_reminded_on_their_days_and_nobody_else(walked: Walked, register: Register) -> None:
    found = defaultdict(list)
    for row in reminder_rows(walked.engine, register):
        day = row["occasion_at"].astimezone(HANOI)
        found[row["period"], row["agency_code"]].append(f"{row['occasion']} {day:%d/%m}")
        assert f"{day:%H:%M}" == "08:00"
    assert dict(found) == table()


def test_each_is_told_in_the_first_run_and_by_no_other(walked: Walked) -> None:
    assert {f"{instant:%H:%M}" for instant in walked.told} == {"08:00"}
    days = {f"{instant:%d/%m}" for instant in walked.told}
    assert days == {entry.split()[1] for told in table().values() for entry in told}


def test_a_notice_and_a_workbook_lie_in_the_body_s_outbox(walked: Walked) -> None:
    outbox = walked.settings.outbox
    assert sorted(path.name for path in (outbox / "h-phu-giao" / "2023-Q1").iterdir()) == [
        "2023-Q1_h-phu-giao_282-kh-ubnd-2023.xlsx",
        *[f"nhac-2023-{day}_282-kh-ubnd-2023.html" for day in ("02-28", "03-07", "03-09", "03-13", "03-15", "03-17")],
    ]
    assert sorted(path.name for path in (outbox / "cong-an-tinh" / "2023").iterdir()) == [
        *[f"nhac-2023-{day}_282-kh-ubnd-2023.html" for day in ("02-14", "02-21", "02-23", "02-27", "03-01")],
    ]
    # For whoever collects the reports.
    assert {path.relative_to(outbox).as_posix() for path in outbox.rglob("[!n]*.html")} == {
        *("so-ke-hoach-va-dau-tu/2023-Q1/trinh-lanh-dao-2023-03-21_282-kh-ubnd-2023.html",),
        *("so-ke-hoach-va-dau-tu/2023-Q1/giao-ban-2023-03-23_282-kh-ubnd-2023.html",),
        *("so-ke-hoach-va-dau-tu/2023-Q3/trinh-lanh-dao-2023-09-21_282-kh-ubnd-2023.html",),
        *("so-ke-hoach-va-dau-tu/2023-Q3/giao-ban-2023-09-25_282-kh-ubnd-2023.html",),
        *("so-ke-hoach-va-dau-tu/2023-Q4/trinh-lanh-dao-2023-12-21_282-kh-ubnd-2023.html",),
        *("so-ke-hoach-va-dau-tu/2023-Q4/giao-ban-2023-12-25_282-kh-ubnd-2023.html",),
    }
    assert {path.parent.parent.name for path in outbox.rglob("*")} >= {"so-y-te", "so-tu-phap"}
    bodies = {path.name for path in outbox.iterdir()}
    assert bodies == {code for _, code in table()} | {"so-ke-hoach-va-dau-tu"}


def test_notices_say_what_is_owed_by_when_and_how_to_send_it(walked: Walked, register: Register) -> None:
    def read(path: str) -> str:
        return (walked.settings.outbox / path).read_text(encoding="utf-8")

    first = read("so-y-te/2023-Q1/nhac-2023-03-07_282-kh-ubnd-2023.html")
    for said in (
        "Kính gửi: <b>Sở Y tế</b>",
        "<b>báo cáo quý I năm 2023</b> <b>trước ngày 15 tháng 3 năm 2023</b> (ngày cuối cùng: thứ Ba, ngày 14/03/2023)",
        "2023-Q1_so-y-te_282-kh-ubnd-2023.xlsx",
        "baocao@tiendo.binhduong.gov.vn",
        "inbox/so-y-te/",
    ):
        assert said in first
    for indicator in register.indicators_of("so-y-te"):
        assert (f"<li>{indicator.label}</li>" in first) == (1 in indicator.published_in)
    extended = read("so-cong-thuong/2023-Q1/nhac-2023-03-15_282-kh-ubnd-2023.html")
    assert "trước ngày 21 tháng 3 năm 2023" in extended
    assert "gia hạn theo văn bản số 512/UBND-TH ngày 08/03/2023" in extended
    assert "quá hạn 1 ngày" in read("h-phu-giao/2023-Q1/nhac-2023-03-15_282-kh-ubnd-2023.html")
    head = read("h-phu-giao/2023-Q1/nhac-2023-03-17_282-kh-ubnd-2023.html")
    assert "Kính gửi: Thủ trưởng <b>UBND huyện Phú Giáo</b>" in head
    assert "quá hạn 3 ngày" in head
    own_plan = read("cong-an-tinh/2023/nhac-2023-02-14_282-kh-ubnd-2023.html")
    assert "<b>kế hoạch triển khai thực hiện năm 2023</b> <b>trước ngày 01 tháng 3 năm 2023</b>" in own_plan
    assert "về Văn phòng UBND tỉnh và Sở Kế hoạch và Đầu tư" in own_plan  # III.3 of the plan
    assert "gửi lúc 14:00 ngày 01/12/2023 chưa được chấp nhận" in read(
        "so-ngoai-vu/2023-Q4/nhac-2023-12-07_282-kh-ubnd-2023.html"
    )
    meeting = read("so-ke-hoach-va-dau-tu/2023-Q1/giao-ban-2023-03-23_282-kh-ubnd-2023.html")
    assert "Còn 1 trong số 30 đơn vị" in meeting
    assert "UBND huyện Phú Giáo" in meeting


def test_mail_goes_to_the_body_s_own_address_once(walked: Walked, register: Register) -> None:
    with walked.engine.connect() as connection:
        queued = connection.exec_driver_sql(
            "select kind, to_address, subject, attachments, created_at from intake.outgoing_mail order by outgoing_id"
        ).all()
    own = [row for row in queued if row.kind == "reminder"]
    expected = sum(len([t for t in told if t.split()[0] not in ("deputy_director", "meeting_list")]) for told in
                   table().values())  # fmt: skip
    assert len(own) == expected
    assert {row.to_address for row in own} == {register.agency_by_code[code].mail_addresses[0] for _, code in table()}
    assert {tuple(row.attachments) for row in own if row.to_address == "soyte@binhduong.gov.vn"} == {
        ("outbox/so-y-te/2023-Q1/2023-Q1_so-y-te_282-kh-ubnd-2023.xlsx",)
    }
    lists = [row for row in queued if row.kind == "reminder_list"]
    assert [f"{row.created_at:%d/%m}" for row in lists] == ["21/03", "23/03", "21/09", "25/09", "21/12", "25/12"]
    assert {row.to_address for row in lists} == {"vanhanh@tiendo.binhduong.gov.vn"}


# Tết of 2023 is 20-26 January, of 2024 8-14 February; 29 February 2024 is a Thursday.
OVER_TET = {
    "2023-02-01": "10/01 17/01 19/01 30/01 01/02 03/02 07/02 09/02",
    "2024-03-01": "15/02 22/02 26/02 28/02 01/03 05/03 07/03 11/03",
}


@pytest.mark.parametrize("due", OVER_TET)
def test_over_tet(register: Register, due: str, tmp_path: Path) -> None:
    due_at = midnight(date.fromisoformat(due))
    row = {"agency_code": "so-y-te", "state": "missing", "due_at": due_at}
    told: dict[str, datetime] = {}
    days = []
    for hours in range(24 * 75):
        now = due_at - timedelta(days=45) + timedelta(hours=hours)
        for reminder in due_reminders(register, register.obligations[0], [row], told, now):
            told["so-y-te"] = reminder.occasion.at
            days.append(f"{now:%d/%m}")
            assert f"{now:%H:%M}" == "08:00"
    assert " ".join(days) == OVER_TET[due]
