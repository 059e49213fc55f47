"""A plan of another province: due in the next month, published after that, without tasks, own plans or reminders block.

Nothing of it may fall over, ask for what the plan does not order, or say a word of the first province.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import unescape
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import URL

from fixtures.other_plan import PLAN, database_of
from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook
from tiendo.clock import HANOI
from tiendo.feedback.receipt import VERDICT_NAMES
from tiendo.feedback.template import build_template
from tiendo.model.period import Period
from tiendo.model.register import Duty, Register
from tiendo.pages.frame import link
from tiendo.plan.register import load_register
from tiendo.reminders.reminding import due_now, remind
from tiendo.report.build import build
from tiendo.report.data import EditionData
from tiendo.report.gather import gather
from tiendo.settings import Settings
from tiendo.status.service import refresh
from tiendo.templates import template
from tiendo.vietnamese.dates import deadline_text, format_instant, last_moment_text, long_date
from tiendo.warehouse.engine import loader

Q1, Q4 = Period(2025, 1), Period(2025, 4)
SENT = ("so-tai-chinh", "so-nong-nghiep-va-moi-truong", "chi-cuc-thong-ke", "phuong-an-binh", "xa-son-ha")
PUBLICATION = datetime(2025, 4, 25, 16, tzinfo=HANOI)
# What only the first province's plan says. Its annex is its Phụ lục II; a report has annexes of its own.
FOREIGN = re.compile(
    r"Bình Dương|BÌNH DƯƠNG|(?<![0-9a-f])282(?![0-9a-f])|"
    r"SKHĐT|Kế hoạch và Đầu tư|KẾ HOẠCH VÀ ĐẦU TƯ|III\.[1-5]|II\.\d|Phụ lục II của|"
    r"ngoài Phụ lục|tại Phụ lục II của|tháng cuối quý|ngày 15 tháng"
)
OF_TASKS = re.compile(
    r"[Nn]hiệm vụ(?! trọng tâm)|NHIỆM VỤ(?! TRỌNG TÂM)|[Kk]hó khăn|[Kk]iến nghị|[Kk]ế hoạch (?:thực hiện )?của đơn vị"
)


@pytest.fixture(scope="module")
def register() -> Register:
    return load_register(PLAN)


@pytest.fixture(scope="module")
def migrated_template(postgres: URL, register: Register, tmp_path_factory: pytest.TempPathFactory) -> str:
    return database_of(postgres, register, tmp_path_factory.mktemp("other_plan"))


@pytest.fixture
def settings(home: Path, database_url: URL) -> Settings:
    return Settings(home=home, plan_dirs=(PLAN,), database_url=database_url.render_as_string(hide_password=False))


@pytest.fixture
def quarter(pipeline: Pipeline) -> Pipeline:
    """The first quarter: five bodies in time, the sixth a day late, one silent, one that is asked for nothing."""
    pipeline.today(2025, 4, 18, 9)
    for body in SENT:
        pipeline.land(body, filled_workbook(pipeline.register, body, Q1))
    pipeline.today(2025, 4, 21, 9)
    pipeline.land("so-y-te", filled_workbook(pipeline.register, "so-y-te", Q1))
    pipeline.settle()
    assert [pipeline.file(number)["state"] for number in range(1, 7)] == ["accepted"] * 6
    return pipeline


def shown(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """What a person reads in each file, by its path."""
    for path, content in files.items():
        if path.endswith((".docx", ".xlsx")):
            with zipfile.ZipFile(io.BytesIO(content)) as parts:
                xml = b"\n".join(parts.read(name) for name in parts.namelist() if name.endswith(".xml")).decode()
            yield path, unescape(re.sub(r"<[^>]+>", "", re.sub(r"</w:p>|<w:br/>|</si>", "\n", xml)))
        elif path.endswith(".html"):
            # Neither script, style nor hashes are read.
            page = re.sub(
                r"<(script|style|svg)[ >].*?</\1>|<code>.*?</code>|<[^>]+>", " ", content.decode(), flags=re.S
            )
            yield path, unescape(page)


def found(pattern: re.Pattern[str], texts: Iterable[tuple[str, str]]) -> list[str]:
    return [
        f"{path}: {text[max(0, m.start() - 40) : m.end() + 40]!r}"
        for path, text in texts
        for m in pattern.finditer(text)
    ]


def edition(pipeline: Pipeline, period: Period, as_of: datetime) -> EditionData:
    with loader(pipeline.engine) as connection:
        return gather(connection, pipeline.register, period, edition=1, as_of=as_of)


def test_the_register_says_what_the_plan_says(register: Register) -> None:
    assert (len(register.indicators), len(register.obliged), register.tasks) == (12, 8, ())
    assert [agency.code for agency in register.agencies if agency.kind == "commune"] == [
        *("phuong-an-binh", "xa-son-ha", "thi-tran-song-lam")
    ]
    days = register.calendar_by_period[Q4]
    assert (str(days.cut_off_on), f"{days.due_at:%d/%m/%Y}") == ("2025-12-31", "21/01/2026")
    # The 25th of January 2026 is a Sunday.
    assert (f"{days.publish_at:%H:%M %d/%m/%Y}", f"{days.closing_at:%d/%m/%Y}") == ("16:00 23/01/2026", "01/02/2026")
    assert {owed.duty for owed in register.obligations} == {Duty.QUARTERLY_REPORT}


def test_workbooks_ask_for_figures_alone(register: Register) -> None:
    for agency in register.obliged:
        book = build_template(register, Q1, agency)
        assert load_workbook(io.BytesIO(book)).sheetnames[:3] == ["Hướng dẫn", "Chỉ tiêu", "Sửa số kỳ trước"]
        texts = list(shown({f"{agency.code}.xlsx": book}))
        assert found(FOREIGN, texts) == found(OF_TASKS, texts) == []
        assert "trước ngày 21 tháng 4 năm 2025" in texts[0][1]
        assert "24 giờ 00, ngày 20 tháng 4 năm 2025" in texts[0][1]


def test_files_are_checked_answered_loaded_and_graded(quarter: Pipeline, tmp_path: Path) -> None:
    book = tmp_path / "bao-cao.xlsx"
    book.write_bytes(filled_workbook(quarter.register, "thi-tran-song-lam", Q1))
    checked = quarter.check(book, "thi-tran-song-lam")
    assert (checked["verdict"], checked["period"]) == ("accepted", "2025-Q1")
    assert [finding["rule"] for finding in checked["findings"]] == ["submission-late"]
    assert quarter.value("thu-xa-son-ha", "2025-Q1") is not None
    assert quarter.status("thu-thi-tran-song-lam", "2025-Q1")["status"] == "no_data"
    sent = quarter.tracker("so-tai-chinh", "2025-Q1")
    assert (sent["state"], sent["is_on_time"], sent["owed_count"], sent["answered_count"]) == ("accepted", True, 2, 2)
    late = quarter.tracker("so-y-te", "2025-Q1")
    assert (late["is_on_time"], late["days_late"], late["completeness_pct"]) == (False, 1, 100)
    silent = quarter.tracker("thi-tran-song-lam", "2025-Q1")
    assert (silent["state"], silent["owed_count"], silent["answered_count"]) == ("missing", 1, 0)
    # Its one indicator has a figure every half-year: nothing can be wanting of 0.
    asked_nothing = quarter.tracker("lien-doan-lao-dong", "2025-Q1")
    assert (asked_nothing["state"], asked_nothing["owed_count"], asked_nothing["completeness_pct"]) == (
        *("nothing_to_report", 0, None),
    )
    assert quarter.tracker("lien-doan-lao-dong", "2025-Q2")["state"] == "missing"
    answers = {str(path): path.read_bytes() for path in (quarter.settings.home / "outbox").rglob("*.html")}
    assert len(answers) == 6
    assert found(FOREIGN, shown(answers)) == found(OF_TASKS, shown(answers)) == []


@pytest.mark.parametrize(
    ("day", "rule"), [((2025, 4, 30, 12), "submission-late"), ((2025, 5, 2, 9), "period-before-closing")]
)
def test_a_period_is_collected_until_it_closes_in_the_next_month(
    quarter: Pipeline, day: tuple[int, ...], rule: str
) -> None:
    quarter.today(*day)
    quarter.send("thi-tran-song-lam", filled_workbook(quarter.register, "thi-tran-song-lam", Q1))
    assert set(quarter.findings()) == {rule}


def test_the_report_has_no_chapter_on_what_the_plan_does_not_order(quarter: Pipeline) -> None:
    quarter.today(2025, 4, 25, 16)
    refresh(quarter.engine, quarter.register, Q1)
    files = build(edition(quarter, Q1, PUBLICATION), with_pdf=False)
    texts = dict(shown(files))
    assert found(FOREIGN, texts.items()) == []
    words = {path: text for path, text in texts.items() if not path.endswith(".xlsx")}
    assert "\n".join(found(OF_TASKS, words.items())) == ""
    report = texts["bao-cao.docx"]
    chapters = ("I. KẾT QUẢ", "II. NHIỆM VỤ TRỌNG TÂM QUÝ II", "III. TÌNH HÌNH GỬI", "IV. GHI CHÚ")
    annexes = ("PHỤ LỤC I\n", "PHỤ LỤC II\n", "PHỤ LỤC III\n", "PHỤ LỤC IV\n")
    assert [words for words in (*chapters, *annexes) if words not in report] == []
    assert "PHỤ LỤC V" not in report
    assert (
        "tại Phụ lục II, tổng hợp theo cơ quan báo cáo tại Phụ lục III, phiếu theo dõi từng đơn vị tại Phụ lục IV"
        in report
    )
    assert "Có 06/07 đơn vị có báo cáo được tiếp nhận, trong đó 05 đơn vị gửi đúng hạn" in report
    assert "chậm nhất ngày 20/07/2025" in report
    assert "I. Kết quả thực hiện các chỉ tiêu tại Biểu số 01 của Kế hoạch" in texts["bao-cao.html"]
    assert "3. Việc các đơn vị phải làm, thời hạn" in texts["giao-ban.docx"]
    assert "2. Phiếu theo dõi của đơn vị" in texts["phieu-ket-qua/xa-son-ha.html"]


def test_the_last_quarter_is_reported_in_the_year_after(quarter: Pipeline) -> None:
    quarter.today(2026, 1, 19, 9)
    assert quarter.send("so-tai-chinh", filled_workbook(quarter.register, "so-tai-chinh", Q4)).startswith("accepted")
    assert quarter.tracker("so-tai-chinh", "2025-Q4")["is_on_time"]
    quarter.today(2026, 1, 23, 16)
    for number in (2, 3, 4):
        refresh(quarter.engine, quarter.register, Period(2025, number))
    texts = dict(shown(build(edition(quarter, Q4, datetime(2026, 1, 23, 16, tzinfo=HANOI)), with_pdf=False)))
    assert "II. TÌNH HÌNH GỬI" in texts["bao-cao.docx"]
    assert found(FOREIGN, texts.items()) == []


def test_who_is_silent_is_reminded_by_the_usual_occasions(quarter: Pipeline) -> None:
    # The 20th of April 2025 is a Sunday: three working days after it is Wednesday the 23rd.
    quarter.today(2025, 4, 23, 9)
    now = datetime(2025, 4, 23, 9, tzinfo=HANOI)
    due = due_now(quarter.engine, quarter.register, now)
    assert [(each.agency.code, each.occasion.code) for each in due] == [("thi-tran-song-lam", "head_of_unit")]
    entered = remind(quarter.settings, quarter.register, quarter.engine, None)
    quarter.today(2025, 4, 29, 9)
    entered += remind(quarter.settings, quarter.register, quarter.engine, None)
    texts = list(shown({each.path: (quarter.settings.home / each.path).read_bytes() for each in entered}))
    assert {path.split("/")[1] for path, _ in texts} == {"thi-tran-song-lam", "so-tai-chinh"}
    assert found(FOREIGN, texts) == found(OF_TASKS, texts) == []


@pytest.mark.parametrize("part", ["gui_bao_cao", "van_hanh", "phe_duyet"])
def test_the_handbook_speaks_of_this_plan(register: Register, part: str) -> None:
    page = template(f"pages/so_tay_{part}.html.j2").render(
        register=register, user="", here="", refresh=0, script="", part=part, parts={part: ""}, is_file=False,
        picture=lambda name: "", verdicts=VERDICT_NAMES, deadline=deadline_text, last_moment=last_moment_text,
        day=long_date, instant=format_instant, link=link, shown_plan=None,
    )  # fmt: skip
    ((_, text),) = shown({"a.html": page.encode()})
    assert found(FOREIGN, [(part, text)]) == []
    if part == "van_hanh":
        assert text.index("Tối ngày hạn gửi") < text.index("Giờ lập báo cáo: 16:00 ngày 25/04/2025")
