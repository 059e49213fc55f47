"""The commands people and scripts rely on: exit codes, and the JSON documents' shape."""

import os
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from fixtures.command import Command
from fixtures.foreign import zipped
from fixtures.packages import needs
from fixtures.workbooks import filled_workbook, put
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS
from tiendo.report.edition import draft, publish
from tiendo.report.pdf_file import office
from tiendo.settings import Settings
from tiendo.warehouse import release
from tiendo.warehouse.audit import responsible
from tiendo.warehouse.release import code_sha256

Q1 = Period(2023, 1)


@pytest.fixture
def tiendo(home: Path, database_url: URL) -> Command:
    return Command(home, database_url)


@pytest.fixture
def good(register: Register, tmp_path: Path) -> Path:
    path = tmp_path / "inbox" / "so-tai-chinh" / "bao-cao.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(
        filled_workbook(
            register,
            "so-tai-chinh",
            Q1,
            lambda workbook: (
                put(workbook, INDICATORS, "thu-ngan-sach", "year_to_date", "17.300"),
                put(workbook, INDICATORS, "thu-ngan-sach", "quarter", "17.300"),
            ),
        )
    )
    return path


def test_check_accepts_and_loads_nothing(tiendo: Command, good: Path) -> None:
    result = tiendo.json("check", good)
    assert set(result) >= {"file", "sha256", "verdict", "agency", "period", "findings", "observations"}
    assert (result["verdict"], result["agency"], result["period"]) == ("accepted", "so-tai-chinh", "2023-Q1")
    revenue = [o for o in result["observations"] if o["indicator"] == "thu-ngan-sach"]
    assert {o["basis"] for o in revenue} == {"quarter", "year_to_date"}
    assert {o["value"] for o in revenue} == {Decimal(17300)}
    assert all(o["sheet"] == "Chỉ tiêu" and o["cell"] for o in revenue)
    assert tiendo.json("ledger") == {
        "received": 0,
        "states": {"accepted": 0, "accepted_with_warnings": 0, "rejected": 0, "duplicate": 0, "quarantined": 0},
        "adds_up": True,
        "files": [],
        "left_alone": [],
    }


def test_check_refuses(tiendo: Command, good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "hong.xlsx"
    bad.write_bytes(b"khong doc duoc")
    result = tiendo.json("check", bad, code=1)
    assert result["verdict"] == "quarantined"
    assert set(result["findings"][0]) == {"rule", "severity", "sheet", "cell", "message", "found", "expected", "fix"}
    assert tiendo.json("check", good, "--agency", "so-y-te", code=1)["verdict"] == "rejected"
    assert tiendo.json("check", good, "--period", "2023-Q2", code=1)["verdict"] == "rejected"
    assert "cách xử lý" in tiendo("check", bad, code=1)


def test_check_judges_each_of_many_files_by_itself(tiendo: Command, good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "hong.xlsx"
    bad.write_bytes(b"khong doc duoc")
    packed = tmp_path / "goi.zip"
    packed.write_bytes(zipped({"a.xlsx": good.read_bytes()}))
    alone = {str(path): tiendo.json("check", path, code=code) for path, code in ((bad, 1), (good, 0), (packed, 0))}
    together = tiendo.json("check", good, bad, packed, good, code=1)
    assert together == [alone[str(path)] for path in (good, bad, packed, good)]
    assert [result["verdict"] for result in together] == ["accepted", "quarantined", "accepted", "accepted"]
    shown = tiendo("check", good, bad, code=1)
    assert shown.count("Đơn vị: ") == 2


def test_counts_and_record_cards(tiendo: Command, good: Path) -> None:
    tiendo("ingest", good.parents[1])
    rows = tiendo.json("status", "--period", "2023-Q1", "--by", "agency")
    mine = [row for row in rows if (row["subject"], row["group_code"]) == ("indicator", "so-tai-chinh")]
    assert {row["status"]: (row["item_count"], row["group_count"]) for row in mine} == {
        "at_risk": (1, 2),  # 17.300 of 18.654,25
        "on_track": (1, 2),  # the budget's expenditure as the fixture fills it
    }
    assert "Sở Tài chính (2)" in tiendo("status", "--period", "2023-Q1", "--by", "agency")
    (card,) = tiendo.json("card", "so-tai-chinh")
    assert (card["received_count"], card["on_time_count"], card["first_try_count"]) == (1, 1, 1)
    assert {"days_late_avg", "usual_rules", "own_plan_state", "mistakes"} <= set(card)
    assert len(tiendo.json("card")) == 30
    assert "Được chấp nhận ngay lần đầu:" in tiendo("card", "so-tai-chinh")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "khong-co.xlsx"),
        ("status", "--period", "quy-1"),
        ("status", "--period", "2031-Q1"),
        ("status", "--period", "2023-Q1", "--by", "tinh"),
        ("card", "khong-co"),
        ("explain", "khong-co", "--period", "2023-Q1"),
        ("template", "--period", "2023-Q1", "--agency", "khong-co", "--out", "x"),
        ("khong-co-lenh-nay",),
    ],
)
def test_wrong_usage_is_exit_2(tiendo: Command, arguments: tuple[str, ...]) -> None:
    assert tiendo(*arguments, code=2) == ""


def test_from_file_to_status_to_cell(tiendo: Command, good: Path) -> None:
    (good.parent / "passwd.xlsx").symlink_to("/etc/passwd")  # nobody follows it
    os.mkfifo(good.parent / "pipe.xlsx")  # nobody waits for it
    first = tiendo.json("ingest", good.parent.parent)
    assert first == {
        "received": 1, "states": {"accepted": 1}, "periods": ["2023-Q1"], "plans": {"282-kh-ubnd-2023": ["2023-Q1"]},
    }  # fmt: skip
    assert tiendo.json("ingest", good)["states"] == {"duplicate": 1}

    rows = {row["indicator_code"]: row for row in tiendo.json("status", "--period", "2023-Q1")}
    revenue = rows["thu-ngan-sach"]
    assert (revenue["status"], revenue["value"]) == ("at_risk", Decimal(17300))  # of 74.617 / 4 = 18.654,25
    assert revenue["expected_value"] == Decimal("18654.25")
    before = tiendo.json("status", "--period", "2023-Q1", "--as-of", "2023-03-14T11:59:59")
    assert before == []  # nothing was known of the plan yet

    found = tiendo.json("explain", "thu-ngan-sach", "--period", "2023-Q1")
    assert found["value"] == Decimal(17300)
    assert (found["file"], found["sheet"], found["sender"]) == ("bao-cao.xlsx", "Chỉ tiêu", "so-tai-chinh")
    assert {"observation", "cell", "received_at", "rule_version", "components"} <= set(found)
    assert "17.300" in tiendo("explain", "thu-ngan-sach", "--period", "2023-Q1")

    tracker = {row["agency_code"]: row for row in tiendo.json("tracker", "--period", "2023-Q1")}
    assert len(tracker) == 30
    assert (tracker["so-tai-chinh"]["state"], tracker["so-tai-chinh"]["is_on_time"]) == ("accepted", True)
    assert tracker["so-y-te"]["state"] == "missing"

    ledger = tiendo.json("ledger")
    assert (ledger["received"], ledger["adds_up"]) == (2, True)
    assert set(ledger["files"][0]) >= {
        "sha256",
        "name",
        "agency",
        "period",
        "channel",
        "received_at",
        "state",
        "receipt",
    }


def test_templates_are_written_for_all_or_one(tiendo: Command, tmp_path: Path) -> None:
    tiendo("template", "--period", "2023-Q2", "--agency", "so-y-te", "--out", tmp_path / "mot")
    assert [path.name for path in (tmp_path / "mot").iterdir()] == ["2023-Q2_so-y-te.xlsx"]
    tiendo("template", "--period", "2023-Q2", "--out", tmp_path / "tat-ca")
    assert len(list((tmp_path / "tat-ca").iterdir())) == 30


def test_the_register_checks_itself(tiendo: Command) -> None:
    assert "No fault found" in tiendo("plan", "check")


def test_an_extension_is_entered_listed_and_seen_by_the_tracker(tiendo: Command) -> None:
    entry = ("--agency", "so-y-te", "--period", "2023-Q1", "--letter", "512/UBND-TH", "--dated", "2023-03-09")
    tiendo("extension", "grant", *entry, "--until", "2023-03-20", "--by", "Nguyễn Văn An")
    (row,) = tiendo.json("extension", "list")
    assert (row["kind"], row["letter_no"], row["recorded_by"]) == (
        "extended",
        "512/UBND-TH",
        responsible("Nguyễn Văn An"),
    )
    assert "Gia hạn đến 20/03/2023" in tiendo("extension", "list")
    tracker = {row["agency_code"]: row for row in tiendo.json("tracker", "--period", "2023-Q1")}
    assert tracker["so-y-te"]["extended_until"] == "2023-03-20"
    assert "gia hạn đến 20/03/2023, văn bản 512/UBND-TH ngày 09/03/2023" in tiendo("tracker", "--period", "2023-Q1")
    tiendo("extension", "revoke", *entry)
    tiendo("extension", "exempt", *entry)
    states = {row["agency_code"]: row["state"] for row in tiendo.json("tracker", "--period", "2023-Q1")}
    assert states["so-y-te"] == "exempt"
    assert [row["kind"] for row in tiendo.json("extension", "list")] == ["extended", "revoked", "exempt"]


@pytest.mark.parametrize(
    "change",
    [
        {"--agency": "so-khong-co"},
        {"--period": "2024-Q1"},
        {"--period": "Q1"},
        {"--until": "2023-03-14"},
        {"--until": "20/03/2023"},
        {"--dated": "2023-03-15"},
        {"--obligation": "monthly-report"},
    ],
)
def test_an_extension_that_cannot_be_is_wrong_usage(tiendo: Command, change: dict[str, str]) -> None:
    options = {
        "--agency": "so-y-te",
        "--period": "2023-Q1",
        "--letter": "512/UBND-TH",
        "--dated": "2023-03-09",
        "--until": "2023-03-20",
    } | change
    tiendo("extension", "grant", *(part for option in options.items() for part in option), code=2)


def test_an_implementation_plan_is_received_and_the_missing_ones_are_listed(tiendo: Command, tmp_path: Path) -> None:
    document = tmp_path / "KH thực hiện.docx"
    document.write_bytes(b"PK any bytes")
    arguments = ("obligation", "receive", "--agency", "so-y-te", "--obligation", "implementation-plan")
    arguments += ("--file", str(document), "--received-at", "2023-02-27T16:00", "--reason", "nhận bản giấy tại văn thư")
    assert "TN-000001: so-y-te, nhận lúc 16:00 ngày 27/02/2023" in tiendo(*arguments)
    assert "đã được ghi nhận trước đó" in tiendo(*arguments)
    rows = tiendo.json("tracker", "--obligation", "implementation-plan")
    assert len(rows) == 30
    assert [row["agency_code"] for row in rows if row["state"] == "accepted"] == ["so-y-te"]
    told = tiendo("tracker", "--obligation", "implementation-plan")
    assert "Chưa gửi: 29" in told
    assert "quá hạn 14 ngày" in told  # from 1 to 14 March
    assert tiendo.json("ledger")["adds_up"] is True


def test_a_quarterly_tracker_needs_its_period(tiendo: Command) -> None:
    tiendo("tracker", code=2)


def test_reminders_due_are_shown_and_told_by_nobody_else(tiendo: Command) -> None:
    """At noon of 14 March, the last day to submit, the newest occasion is that of the day before."""
    rows = tiendo.json("reminders", "due", "--period", "2023-Q1")
    assert len(rows) == 30
    assert {(row["occasion"], row["occasion_at"], row["state"]) for row in rows} == {
        ("before-1", "2023-03-13T08:00:00+07:00", "missing")
    }
    told = tiendo("reminders", "due", "--period", "2023-Q1")
    assert re.search(r"Sở Y tế +2023-Q1 +Trước hạn 1 ngày +ngày cuối cùng 14/03/2023", told)
    assert tiendo.json("reminders", "list") == []
    assert tiendo("reminders", "list").strip() == "Chưa nhắc đơn vị nào."
    assert tiendo.json("reminders", "due", "--period", "2023-Q2") == []
    tiendo("reminders", "due", "--period", "2024-Q1", code=2)


def test_what_this_installation_is(tiendo: Command, register: Register) -> None:
    told = tiendo("--version")
    code = rf"tiendo \d+\.\d+\.\d+ \(code {code_sha256()[:12]}\)"
    assert re.fullmatch(rf"{code}, schema \d{{4}}, register 282-kh-ubnd-2023 {register.sha256[:12]}\n", told)
    for options in ((), ("--by", "plan")):
        assert tiendo("status", "--period", "2023-Q1", *options).endswith(f"\n{told}")


def test_two_installations_have_one_hash_of_their_code_while_they_would_do_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("plugins/tiendo/a.py", "dags/b.py", "include/sql/c.sql", "include/plans/282/plan.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(release, "PROJECT", tmp_path)
    monkeypatch.setattr(release, "INCLUDE", tmp_path / "include")
    seen = [code_sha256.__wrapped__()]

    def change(name: str, text: str) -> bool:
        """Whether it is other code after a file was written."""
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        seen.append(code_sha256.__wrapped__())
        return seen[-1] != seen[-2]

    assert not change("plugins/tiendo/__pycache__/a.cpython-312.pyc", "compiled")
    assert not change("include/plans/282/plan.yaml", "the register has a hash of its own")
    assert not change("README.md", "not run")
    assert not change("plugins/tiendo.egg-info/PKG-INFO", "of the installer")
    assert not change("include/sql/.c.sql.swp", "of an editor")
    assert change("dags/b.py", "other")
    assert change("include/sql/d.sql", "")
    (tmp_path / "include/sql/d.sql").rename(tmp_path / "include/sql/e.sql")
    assert code_sha256.__wrapped__() not in seen


def test_a_rebuilt_edition_says_which_files_are_as_published(  # noqa: PLR0917 - fixtures
    tiendo: Command, good: Path, register: Register, settings: Settings, engine: Engine,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    tiendo("ingest", good.parent.parent)
    monkeypatch.setenv("TIENDO_CLOCK_FILE", tiendo.environment["TIENDO_CLOCK_FILE"])
    with needs("libreoffice-writer"):
        assert office()
    drafted = draft(engine, register, settings, Q1)
    as_of = datetime.fromisoformat(drafted["as_of"])
    approved = {"data_sha256": drafted["data_sha256"], "approved_by": "Hòa", "approved_at": as_of}
    publish(engine, register, settings, Q1, edition=1, as_of=as_of, **approved)
    told = tiendo.json("edition", "rebuild", "2023-Q1", 1, "--out", tmp_path / "a")
    assert (told["is_as_published"], told["reasons"]) == (True, [])
    assert {file["state"] for file in told["files"]} == {"as_published"}
    assert {file["path"] for file in told["files"]} == {
        path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*") if path.is_file()
    }
    tiendo.environment["PATH"] = str(tmp_path / "no-office")
    told = tiendo.json("edition", "rebuild", "2023-Q1", 1, "--out", tmp_path / "b", code=1)
    states = {file["path"]: file["state"] for file in told["files"] if file["state"] != "as_published"}
    assert states == {
        "bao-cao.pdf": "not_made", "giao-ban.pdf": "not_made",
        "bao-cao.html": "different", "manifest.json": "different",  # which name the files
    }  # fmt: skip
    said = tiendo("edition", "rebuild", "2023-Q1", 1, "--out", tmp_path / "c", code=1)
    assert "not as published" in said
    assert "bao-cao.pdf: published, but not made here" in said
    assert "needs LibreOffice" in said
