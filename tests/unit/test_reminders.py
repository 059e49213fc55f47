"""What a reminder is written with, and where it goes when there is no mail."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tiendo import clock
from tiendo.clock import HANOI
from tiendo.mail.identity import Identity
from tiendo.model.occasions import Occasion
from tiendo.model.register import Agency, Register
from tiendo.model.working_days import midnight
from tiendo.reminders import wording
from tiendo.reminders.occasion import Reminder, due_reminders, is_still_true
from tiendo.reminders.reminding import remind
from tiendo.reminders.text import write_reminder
from tiendo.reminders.wording import WordingError, fill_in
from tiendo.settings import Settings
from tiendo.templates import TEMPLATES
from tiendo.warehouse.engine import loader

DUE = midnight(date(2023, 3, 15))
IDENTITY = Identity("x", "baocao@tiendo.binhduong.gov.vn")


def at(month: int, day: int, hour: int = 8) -> datetime:
    return datetime(2023, month, day, hour, tzinfo=HANOI)


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    return lambda instant: clock.set_replay_clock(tmp_path / "clock", instant)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def row(agency: str = "so-y-te", **more: Any) -> dict[str, Any]:
    return {
        "agency_code": agency, "state": "missing", "due_at": DUE, "rejected_at": None, "extended_until": None,
        "letter_no": None, "letter_on": None,
    } | more  # fmt: skip


class TestWording:
    def test_a_variable_that_is_not_given_is_named_with_file_and_line(self, templates: Path) -> None:
        path = templates / "reminder_list.txt.j2"
        text = path.read_text(encoding="utf-8")
        line = text.splitlines().index("{% else %}") + 1
        path.write_text(text.replace("{% else %}", "{% else %}{{ nobody }}", 1), encoding="utf-8")
        values = dict.fromkeys(["is_meeting", "owed", "written_at", "plan", "contact"], "x") | {"rows": []}
        # In a branch that is not reached.
        with pytest.raises(WordingError, match=rf"^reminder_list\.txt\.j2, line {line}: 'nobody' is not given; given"):
            fill_in(path.name, values, templates)

    def test_so_is_a_part_that_is_not_there(self, templates: Path) -> None:
        path = templates / "reminder_list.txt.j2"
        text = path.read_text(encoding="utf-8")
        assert "row.reminded" in text
        path.write_text(text.replace("row.reminded", "row.telephone"), encoding="utf-8")
        line = next(n for n, found in enumerate(text.splitlines(), 1) if "row.reminded" in found)
        values = dict.fromkeys(["is_meeting", "owed", "written_at", "plan", "contact"], "x")
        rows = [dict.fromkeys(["agency", "state", "last_day", "letter", "days_overdue"], "x")]
        with pytest.raises(WordingError, match=rf"^reminder_list\.txt\.j2, line {line}: .*telephone"):
            fill_in(path.name, values | {"rows": rows}, templates)

    def test_then_nobody_is_told_and_nothing_is_written(  # noqa: PLR0917
        self,
        settings: Settings,
        register: Register,
        engine: Engine,
        templates: Path,
        now: Callable[[datetime], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with (templates / "reminder.html.j2").open("a", encoding="utf-8") as file:
            file.write("{{ nobody }}\n")
        monkeypatch.setattr(wording.fill_in, "__defaults__", (templates,))
        now(at(2, 28))
        with pytest.raises(WordingError, match=r"^reminder\.html\.j2, line \d+: 'nobody' is not given"):
            remind(settings, register, engine, IDENTITY)
        with loader(engine) as connection:
            assert connection.exec_driver_sql("select count(*) from core.reminder").scalar() == 0
            assert connection.exec_driver_sql("select count(*) from intake.outgoing_mail").scalar() == 0
        assert not settings.outbox.exists()

    def test_what_stands_in_the_register_is_shown_as_it_is(self, register: Register) -> None:
        agency = replace(register.agency_by_code["so-y-te"], name="Sở <b>Y tế</b> & {{ x }}")
        reminder = Reminder(agency, register.obligations[1], Occasion("before-5", at(3, 7)), row())
        notice = write_reminder(register, reminder, at(3, 7))
        assert "Sở &lt;b&gt;Y tế&lt;/b&gt; &amp; {{ x }}" in notice.html
        assert "Kính gửi: Sở <b>Y tế</b> & {{ x }}," in notice.text


class TestWithoutMail:
    def told(self, settings: Settings, register: Register, engine: Engine, identity: Identity | None) -> list[str]:
        assert {told.to_address for told in remind(settings, register, engine, identity)} == {""}
        with loader(engine) as connection:
            assert connection.exec_driver_sql("select count(*) from intake.outgoing_mail").scalar() == 0
        return sorted(path.parent.parent.name for path in settings.outbox.rglob("nhac-*.html"))

    def test_notices_lie_in_the_outbox(
        self, settings: Settings, register: Register, engine: Engine, now: Callable[[datetime], None]
    ) -> None:
        now(at(3, 13))
        assert self.told(settings, register, engine, None) == sorted(agency.code for agency in register.obliged)
        page = (settings.outbox / "so-y-te" / "2023-Q1" / "nhac-2023-03-13_282-kh-ubnd-2023.html").read_text(
            encoding="utf-8"
        )
        assert "chép vào thư mục <b>inbox/so-y-te/</b>" in page
        assert "gửi kèm thư" not in page

    def test_so_do_those_of_a_body_without_an_address(
        self, settings: Settings, register: Register, engine: Engine, now: Callable[[datetime], None]
    ) -> None:
        def silent(agency: Agency) -> Agency:
            return replace(agency, mail_addresses=(), mail_domains=())

        now(at(3, 13))
        deaf = replace(register, agencies=tuple(silent(agency) for agency in register.agencies))
        assert self.told(settings, deaf, engine, IDENTITY) == sorted(agency.code for agency in register.obliged)


class TestDue:
    def test_a_week_after_an_outage_it_is_too_late(self, register: Register) -> None:
        def due(instant: datetime) -> list[str]:
            return [r.occasion.code for r in due_reminders(register, register.obligations[1], [row()], {}, instant)]

        assert due(at(3, 23)) == ["meeting_list"]
        assert due(at(3, 30, 7)) == ["meeting_list"]
        assert due(at(3, 30)) == []
        assert due(at(2, 28, 7)) == []

    @pytest.mark.parametrize("state", ["accepted", "accepted_with_warnings", "exempt", "nothing_to_report"])
    def test_nothing_to_whoever_owes_nothing(self, register: Register, state: str) -> None:
        assert due_reminders(register, register.obligations[1], [row(state=state)], {}, at(3, 13)) == []
        assert not is_still_true("before-1", DUE, row(state=state), at(3, 13))

    def test_nothing_twice_on_one_day(self, register: Register) -> None:
        """An extension to the 20th, entered at noon of the 13th: five working days before is that very morning."""
        extended = row(due_at=midnight(date(2023, 3, 21)))
        told = {"so-y-te": at(3, 13)}
        assert due_reminders(register, register.obligations[1], [extended], told, at(3, 14)) == []
        (reminder,) = due_reminders(register, register.obligations[1], [extended], told, at(3, 15))
        assert reminder.occasion == Occasion("before-3", at(3, 15))
