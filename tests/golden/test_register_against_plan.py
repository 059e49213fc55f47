"""Holds the register of Plan 282/KH-UBND against the plan's own text (plan-text.txt beside it).

In the text, table cells are divided by lines holding one bar; an empty cell still prints its bar, a cell under a row
span prints nothing. So the register must give back the whole table of Phụ lục II, cell for cell.
"""

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tiendo.model.register import Comparator, Direction, Nature, Register, RowKind
from tiendo.plan.register import load_register
from tiendo.settings import INCLUDE
from tiendo.vietnamese.text import fold

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
DISTRICTS = 9
Row = dict[str, str]


@pytest.fixture(scope="module")
def plan() -> Register:
    return load_register(PLAN_DIR)


@pytest.fixture(scope="module")
def text() -> str:
    return _one_line((PLAN_DIR / "plan-text.txt").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def indicators() -> list[Row]:
    return _rows("indicators.csv")


@pytest.fixture(scope="module")
def appendix(indicators: list[Row]) -> list[Row]:
    return [row for row in indicators if row["row_kind"] != RowKind.BODY_TARGET]


@pytest.fixture(scope="module")
def tasks() -> list[Row]:
    return _rows("tasks.csv")


# The appendix -------------------------------------------------------------------------------------------------------


def test_appendix_is_given_back_cell_for_cell(plan: Register, appendix: list[Row]) -> None:
    expected: list[str] = []
    section = ""
    for row in appendix:
        if row["section_no"] != section:
            section = row["section_no"]
            expected += [section, next(i.section_title for i in plan.indicators if i.section_no == section)]
        expected += [row["printed_no"], row["name"], row["unit_as_printed"], row["target_text"]]
        if row["agency_source"] == "printed":
            expected.append(row["agency_as_printed"])
    assert _appendix_cells() == expected


def test_counts(plan: Register) -> None:
    appendix = [i for i in plan.indicators if i.row_kind is not RowKind.BODY_TARGET]
    assert len(appendix) == 34
    assert sum(i.is_leaf for i in appendix) == 33
    assert sum(i.is_leaf and i.comparator is not Comparator.NONE for i in appendix) == 32
    assert len(plan.indicators) - len(appendix) == 8
    assert len(plan.tasks) == 49
    assert len(plan.obliged) == 21 + DISTRICTS
    assert Counter(i.nature for i in appendix) == {
        Nature.RATIO: 16,
        Nature.FLOW: 6,
        Nature.GROWTH: 5,
        Nature.STOCK: 4,
        Nature.INDEX: 1,
        Nature.RANK: 1,
        Nature.GROUP: 1,
    }


def test_numbers_12_and_13_are_missing_and_18_and_19_stand_twice(appendix: list[Row]) -> None:
    numbers = [int(row["printed_no"]) for row in appendix if row["printed_no"]]
    assert len(numbers) == max(numbers) == 32
    assert set(range(1, 33)) - set(numbers) == {12, 13}
    assert [number for number, count in Counter(numbers).items() if count == 2] == [18, 19]


def test_group_row_and_its_two_parts(plan: Register) -> None:
    group = plan.indicator_by_code["thue-bao-dien-thoai"]
    assert (group.row_kind, group.unit, group.target_text, group.printed_no) == (RowKind.GROUP, None, "", "18")
    parts = [i for i in plan.indicators if i.parent_code == group.code]
    assert [(i.name, i.printed_no, i.low) for i in parts] == [
        ("- Di động", "", Decimal(3_800_000)),
        ("- Cố định", "", Decimal(71_000)),
    ]
    assert [i.label for i in parts] == ["Số thuê bao điện thoại di động", "Số thuê bao điện thoại cố định"]


def test_sixteen_agency_cells_are_printed_and_eighteen_lie_under_a_span(appendix: list[Row]) -> None:
    assert Counter(row["agency_source"] for row in appendix) == {"printed": 16, "span_deduced": 18}
    spans = [[int(row["row_order"]) for row in block] for block in _blocks(appendix)]
    assert [block for block in spans if len(block) > 1] == [
        *([3, 4], [5, 6], [7, 8], [10, 11], [13, 14, 15], [16, 17, 18, 19], [20, 21, 22], [23, 24]),
        [26, 27, 28, 29, 30, 31, 32],
    ]
    for block in _blocks(appendix):
        assert len({row["reporters"] for row in block}) == 1


def test_two_agencies_in_one_cell_and_the_statistics_office_takes_precedence(plan: Register) -> None:
    shared = [i for i in plan.indicators if len(i.reporters) > 1]
    assert [i.code for i in shared] == ["tang-xuat-khau", "tang-nhap-khau"]
    for indicator in shared:
        assert indicator.reporters == ("cuc-thong-ke", "so-cong-thuong")
        assert indicator.has_precedence
        assert indicator.tolerance == Decimal("0.05")
        assert "Cục Thống kê" in indicator.decision


def test_par_index_has_neither_unit_nor_target_and_pci_no_unit(plan: Register) -> None:
    par, pci = plan.indicator_by_code["par-index"], plan.indicator_by_code["thu-hang-pci"]
    assert (par.unit_as_printed, par.target_text, par.comparator) == ("", "", Comparator.NONE)
    assert (pci.unit_as_printed, pci.target_text) == ("", "< 10")
    assert (pci.comparator, pci.low, pci.high, pci.direction) == (
        Comparator.LT,
        None,
        Decimal(10),
        Direction.LOWER_BETTER,
    )
    assert (pci.minimum, pci.maximum) == (Decimal(1), Decimal(63))


@pytest.mark.parametrize(
    ("code", "misprint", "mended"),
    [
        ("thu-ngan-sach", "thu sách", "thu ngân sách"),
        ("thu-hang-pci", "Thứ hạn ", "Thứ hạng "),
        ("tang-xuat-khau", "xuất khẩu tăng", "xuất khẩu"),
        ("tang-nhap-khau", "nhập khẩu tăng", "nhập khẩu"),
    ],
)
def test_misprints_are_kept_in_the_name_and_mended_in_the_label(
    plan: Register, code: str, misprint: str, mended: str
) -> None:
    indicator = plan.indicator_by_code[code]
    assert misprint in indicator.name
    assert misprint not in indicator.label
    assert mended in indicator.label
    assert indicator.decision


def test_96o_is_per_mille(plan: Register) -> None:
    row = plan.indicator_by_code["muc-giam-ty-le-sinh"]
    assert row.unit_as_printed == "96o"
    assert row.unit
    assert (row.unit.code, row.unit.label) == ("per_mille", "‰")
    assert "96o" in row.decision
    assert [i.code for i in plan.indicators if i.unit_as_printed == "‰"] == [
        "tu-vong-duoi-5-tuoi",
        "tu-vong-duoi-1-tuoi",
    ]


@pytest.mark.parametrize(
    ("code", "printed", "understood"),
    [
        ("von-dau-tu-toan-xa-hoi", "11,00", (Comparator.GE, "11", None)),
        ("thu-hut-fdi", "1.800", (Comparator.GE, "1800", None)),
        ("tang-xuat-khau", "9 - 10", (Comparator.RANGE, "9", "10")),
        ("iip", "> 8,7", (Comparator.GT, "8.7", None)),
        ("nha-o-xa-hoi", "8.000-10.000", (Comparator.RANGE, "8000", "10000")),
        ("thue-bao-di-dong", "3.800.000", (Comparator.GE, "3800000", None)),
        ("ho-dan-su-dung-dien", "99,99", (Comparator.GE, "99.99", None)),
        ("ty-so-gioi-tinh-khi-sinh", "103-107", (Comparator.BETWEEN, "103", "107")),
        ("tu-vong-duoi-5-tuoi", "<5,2", (Comparator.LT, None, "5.2")),
        # Deduced bands: 5 % round the estimate of 23.273, half a point round 57,5 %.
        ("chi-can-doi-ngan-sach", "23.273", (Comparator.BETWEEN, "22109.35", "24436.65")),
        ("che-phu-cay-lau-nam", "duy trì mức 57,5%", (Comparator.BETWEEN, "57", "58")),
    ],
)
def test_notations_of_targets(
    plan: Register, code: str, printed: str, understood: tuple[Comparator, str | None, str | None]
) -> None:
    indicator = plan.indicator_by_code[code]
    comparator, low, high = understood
    assert indicator.target_text == printed
    assert indicator.comparator is comparator
    assert (indicator.low, indicator.high) == (Decimal(low) if low else None, Decimal(high) if high else None)


def test_naive_reading_of_the_printed_targets_would_be_wrong(plan: Register) -> None:
    wrong: list[str] = []
    right: list[str] = []
    raising = 0
    for indicator in plan.indicators:
        if indicator.row_kind is RowKind.BODY_TARGET or not indicator.target_text:
            continue
        try:
            naive = float(indicator.target_text)
        except ValueError:
            raising += 1
            continue
        (right if naive == indicator.low else wrong).append(indicator.target_text)
    assert wrong == ["1.800", "74.617", "23.273", "71.000", "65.762", "6.630", "41.989"]
    assert raising == 23
    assert right == ["100", "100"]


def test_only_one_band_is_printed_and_every_doubtful_direction_is_decided(
    plan: Register, indicators: list[Row]
) -> None:
    doubtful = {row["code"] for row in indicators if row["direction_source"] == "deduced"}
    assert doubtful == {
        *("tang-nhap-khau", "chi-can-doi-ngan-sach", "muc-giam-ty-le-sinh", "thue-bao-co-dinh", "che-phu-cay-lau-nam")
    }
    assert all("suy ra" in plan.indicator_by_code[code].decision for code in doubtful)
    bands = {i.code for i in plan.indicators if i.comparator is Comparator.BETWEEN}
    assert bands - doubtful == {"ty-so-gioi-tinh-khi-sinh"}


def test_enterprises_stand_under_infrastructure(plan: Register) -> None:
    enterprises = [i for i in plan.indicators if "doanh nghiệp" in fold(i.name)]
    assert len(enterprises) == 3
    assert {i.section_no for i in enterprises} == {"III"}


def test_what_is_not_published_in_the_year(plan: Register) -> None:
    released = {i.code: i.published_in for i in plan.indicators if i.is_leaf and len(i.published_in) < 4}
    assert released == {
        **dict.fromkeys(("tfp", "tuoi-tho", "par-index", "thu-hang-pci"), ()),
        **dict.fromkeys(("truong-dat-chuan", "so-lien-lac-dien-tu"), (2, 4)),
        "ho-ngheo": (4,),
    }


# The body text ------------------------------------------------------------------------------------------------------


NAMED_IN_THE_TEXT = {
    "von-dau-tu-toan-xa-hoi": "II.1.d", "thu-hut-fdi": "II.1.d", "tang-xuat-khau": "II.1.e",
    "tang-nhap-khau": "II.1.e", "iip": "II.5.d", "nha-o-xa-hoi": "II.8.d",
}  # fmt: skip


def test_body_targets_stand_in_the_text_of_their_task(
    plan: Register, text: str, indicators: list[Row], tasks: list[Row]
) -> None:
    parts = _task_texts(text, tasks)
    targets = [row for row in indicators if row["body_ref"]]
    assert {r["code"]: r["body_ref"] for r in targets if r["row_kind"] != RowKind.BODY_TARGET} == NAMED_IN_THE_TEXT
    leads = {task["ref"]: task["lead_agencies"] for task in tasks}
    for row in targets:
        assert row["body_quote"] in parts[row["body_ref"]], row["code"]
        # Who leads what drives a figure need not be who reports it: exports are the statistics office's to measure.
        if row["code"] not in NAMED_IN_THE_TEXT:
            assert row["reporters"] == leads[row["body_ref"]], row["code"]
    assert [(i.printed_no, i.section_no) for i in plan.indicators if i.row_kind is RowKind.BODY_TARGET] == [
        *[("II.2", "TB")] * 3,
        *[("II.5.c", "TB")] * 4,
        ("II.8.c", "TB"),
    ]


def test_all_outcome_targets_of_the_body_are_in_the_register(
    text: str, indicators: list[Row], tasks: list[Row]
) -> None:
    """Every percentage or "tối thiểu" of sections II and III belongs to a target."""
    quotes = " ".join(row["body_quote"] for row in indicators)
    for part in _task_texts(text, tasks).values():
        for number in re.findall(r"\d[\d.,]*%|tối thiểu \d+|\d[\d.]* - \d[\d.]* nhà", part):
            assert number in quotes


def test_tasks_stand_in_the_text_in_order_under_their_heading(plan: Register, text: str) -> None:
    place = text.index("II. NHIỆM VỤ VÀ GIẢI PHÁP CHỦ YẾU")
    folded, section = text.casefold(), ""
    for task in plan.tasks:
        if task.section_ref != section:
            section = task.section_ref
            place = folded.index(task.section_title.casefold(), place)
            heading = place
        start = text.index(task.verbatim_start, place)
        # The lead stands before its task or opens it, and after the section's heading.
        assert task.lead_as_printed in text[heading : start + len(task.verbatim_start)], task.ref
        place = start + 1


def test_collective_tasks_oblige_everybody(plan: Register) -> None:
    collective = [task for task in plan.tasks if task.is_collective]
    assert [task.ref for task in collective] == ["II.3.b", "III.1", "III.2", "III.3", "III.4", "III.5"]
    assert all(len(task.lead_agencies) == 21 + DISTRICTS for task in collective)
    assert all(len(task.lead_agencies) == 1 for task in plan.tasks if not task.is_collective)


def test_heading_after_ii_10_is_printed_ii_again(plan: Register, text: str) -> None:
    assert "II. Đẩy mạnh công tác thông tin tuyên truyền" in text
    assert "11. Đẩy mạnh công tác thông tin tuyên truyền" not in text
    task = plan.task_by_ref["II.11"]
    assert task.section_ref == "II.11"
    assert "II." in task.decision


def test_letters_of_subsections_are_kept_as_printed(plan: Register) -> None:
    refs = [task.ref for task in plan.tasks]
    assert [ref for ref in refs if ref.startswith("II.1.")] == [f"II.1.{letter}" for letter in "abcde"]
    assert [ref for ref in refs if re.fullmatch(r"II\.8\..", ref)] == [f"II.8.{letter}" for letter in "abcdđ"]


@pytest.mark.parametrize(
    "misprint",
    ["cáo báo Trung ương", "tìm ẩn", "cơ sở xử chất thải", "thu gom xử nước thải", "vận hành phục cải cách hành chính"],
)
def test_misprints_of_the_body_are_told_in_a_decision(plan: Register, text: str, misprint: str) -> None:
    assert misprint in text
    assert [task.ref for task in plan.tasks if misprint in task.decision]


def test_due_days_are_the_plans_words(text: str, tasks: list[Row]) -> None:
    parts = _task_texts(text, tasks)
    for task in tasks:
        if task["due_text"] and task["ref"] != "III.2":  # whose day stands in III.3, as its decision says
            assert task["due_text"] in parts[task["ref"]], task["ref"]
    due = {task["ref"]: task["due_on"] for task in tasks if task["due_on"]}
    assert {ref for ref, day in due.items() if day == "2023-12-31"} == {
        *("II.2", "II.5.a.3", "II.5.c", "II.5.d", "II.8.c", "II.8.d")
    }
    assert due["II.4.a.2"] == "2024-12-31"
    assert due["III.2"] == due["III.3"] == "2023-02-28"


# The bodies ---------------------------------------------------------------------------------------------------------


def test_every_named_body_is_printed_as_told(plan: Register, text: str) -> None:
    named = [row for row in _rows("agencies.csv") if row["kind"] != "district"]
    assert len(named) == 21 + 1
    for row in named:
        assert row["printed_as"], row["code"]
        for printed in row["printed_as"].split(";"):
            assert printed in text, printed


def test_districts_are_never_named_in_the_plan(plan: Register, text: str) -> None:
    districts = [agency for agency in plan.agencies if agency.kind == "district"]
    assert len(districts) == DISTRICTS
    assert not any(agency.name in text for agency in districts)
    assert all(
        "suy ra" in agency.decision or "Tân Uyên" in agency.name or "Bến Cát" in agency.name for agency in districts
    )


def test_who_reports_what(plan: Register) -> None:
    appendix = [i for i in plan.indicators if i.row_kind is not RowKind.BODY_TARGET and i.is_leaf]
    load = Counter(code for i in appendix for code in i.reporters)
    assert load == {
        "so-y-te": 7,
        "so-thong-tin-va-truyen-thong": 5,  # its group row is no figure
        "so-ke-hoach-va-dau-tu": 5,
        "so-cong-thuong": 5,
        "cuc-thong-ke": 3,
        "so-xay-dung": 3,
        "so-tai-chinh": 2,
        "so-giao-duc-va-dao-tao": 2,
        "so-khoa-hoc-va-cong-nghe": 1,
        "so-nong-nghiep-va-ptnt": 1,
        "so-noi-vu": 1,
    }
    leads = {code for task in plan.tasks if not task.is_collective for code in task.lead_agencies}
    named = {agency.code for agency in plan.obliged if agency.kind != "district"}
    assert len(leads - set(load)) == 10
    assert named - leads == {"cuc-thong-ke"}
    without_figures = [agency.code for agency in plan.obliged if not plan.indicators_of(agency.code)]
    assert len(without_figures) == 9 + DISTRICTS  # the tenth, Sở LĐTB&XH, owes the poverty rate of the body text


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Sở KH&ĐT", "so-ke-hoach-va-dau-tu"),
        ("SKHĐT", "so-ke-hoach-va-dau-tu"),
        ("Sở KHCN", "so-khoa-hoc-va-cong-nghe"),
        ("Sở Khoa học Công nghệ", "so-khoa-hoc-va-cong-nghe"),
        ("Sở Công thương", "so-cong-thuong"),
        ("Cục Thống kê", "cuc-thong-ke"),
        ("Sở Tài nguyên môi trường", "so-tai-nguyen-va-moi-truong"),
        ("Sở Lao động - Thương binh và Xã hội", "so-lao-dong-thuong-binh-va-xa-hoi"),
        ("UBND TP Tân Uyên", "tp-tan-uyen"),
        ("UBND thị xã Tân Uyên", "tp-tan-uyen"),  # its level until 10/04/2023
        ("UBND TX. Bến Cát", "tx-ben-cat"),
        ("Ủy ban nhân dân huyện Bắc Tân Uyên", "h-bac-tan-uyen"),
    ],
)
def test_names_as_they_are_written(plan: Register, written: str, code: str) -> None:
    assert [a.code for a in plan.agencies if fold(written) in map(fold, a.variants)] == [code]


# The grades the issue of 2023 must give, by hand from the figures published -------------------------------------------


@pytest.mark.parametrize(
    ("code", "published", "share_of_target", "expected"),
    [
        ("thu-hut-fdi", "437", "0.25", "on_track"),  # 437 / 450 = 0,971
        ("thu-ngan-sach", "17300", "0.25", "at_risk"),  # 17.300 / 18.654,25 = 0,927
        ("tang-ban-le", "13.2", "1", "at_risk"),  # 13,2 / 15 = 0,88
        ("tang-xuat-khau", "-18.7", "1", "behind"),
    ],
)
def test_targets_and_thresholds_grade_the_first_quarter(
    plan: Register, code: str, published: str, share_of_target: str, expected: str
) -> None:
    floor = plan.indicator_by_code[code].low
    assert floor is not None
    ratio = Decimal(published) / (floor * Decimal(share_of_target))
    cuts = plan.thresholds
    grade = "on_track" if ratio >= cuts.on_track else "at_risk" if ratio >= cuts.at_risk else "behind"
    assert grade == expected


def test_baseline_only_where_one_was_published(plan: Register) -> None:
    known = {i.code: (i.baseline, str(i.baseline_on)) for i in plan.indicators if i.baseline is not None}
    assert known == {"doanh-nghiep-dang-hoat-dong": (Decimal(59484), "2022-11-30")}


# Helpers ------------------------------------------------------------------------------------------------------------


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _rows(name: str) -> list[Row]:
    with Path(PLAN_DIR / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _appendix_cells() -> list[str]:
    """Returns the cells of Phụ lục II below its heading, the footnote left off."""
    text = (PLAN_DIR / "plan-text.txt").read_text(encoding="utf-8")
    table = text[text.index("PHỤ LỤC II") :]
    cells = [_one_line(cell) for cell in re.split(r"^\|$", table, flags=re.MULTILINE)]
    heading = ["Chỉ tiêu", "Đơn vị tính", "Kế hoạch năm 2023", "Đơn vị theo dõi, báo cáo", "1", "2", "3", "4", "5"]
    assert cells[1:10] == heading
    assert cells[-1].startswith("1 Xung đột Nga - Ukraine")
    return cells[10:-1]


def _blocks(appendix: list[Row]) -> list[list[Row]]:
    """Returns the rows that lie under one printed agency cell, by block."""
    blocks: list[list[Row]] = []
    for row in appendix:
        if row["agency_source"] == "printed":
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _task_texts(text: str, tasks: list[Row]) -> dict[str, str]:
    """Returns each task's own text: from its first words to those of the next task."""
    place = text.index("II. NHIỆM VỤ VÀ GIẢI PHÁP CHỦ YẾU")
    starts: list[int] = []
    for task in tasks:
        place = text.index(task["verbatim_start"], place)
        starts.append(place)
        place += 1
    ends = [*starts[1:], text.index("Nơi nhận:", starts[-1])]
    return {task["ref"]: text[start:end] for task, start, end in zip(tasks, starts, ends, strict=True)}
