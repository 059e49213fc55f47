"""Loading a register: every kind of fault is told with file, row and column, all at once; lookups; the digest."""

import csv
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from fixtures.drafts import edit
from tiendo.model.register import Register
from tiendo.plan import register as register_module
from tiendo.plan.known import find_plan
from tiendo.plan.register import RegisterError, get_register, load_register
from tiendo.settings import INCLUDE, Settings, get_settings

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
_GROUP_AND_PART = ("thue-bao-dien-thoai", "thue-bao-di-dong")
TABLES = ("units.csv", "agencies.csv", "indicators.csv", "tasks.csv")

# Broken cells: file, row's key, column, new text, and which columns are blamed for what. Each stands in a row of its
# own, since what follows from a broken cell is not told again.
BROKEN: list[tuple[str, str, str, str, dict[str, str]]] = [
    ("units.csv", "product", "family", "pieces", {"family": "must be one of share, percent_change"}),
    ("units.csv", "rank", "decimals", "none", {"decimals": "is no whole number"}),
    ("agencies.csv", "so-tai-chinh", "name", " ", {"name": "is empty"}),
    ("agencies.csv", "cuc-thue", "kind", "office", {"kind": "must be one of department"}),
    ("agencies.csv", "so-tu-phap", "is_obliged", "true", {"is_obliged": "must be yes or no, not 'true'"}),
    (
        "agencies.csv",
        "so-ngoai-vu",
        "variants",
        "SNgV;Sở  nội vụ",
        {"variants": "'Sở  nội vụ' is also a name of so-noi-vu"},
    ),
    ("agencies.csv", "h-phu-giao", "code", "h-dau-tieng", {"code": "'h-dau-tieng' stands in row 30 already"}),
    ("agencies.csv", "tp-di-an", "code", "TP Dĩ An", {"code": "'TP Dĩ An' is no code"}),
    ("agencies.csv", "so-noi-vu", "mail_addresses", "sonv", {"mail_addresses": "'sonv' is no mail address"}),
    ("agencies.csv", "so-y-te", "mail_domains", "SoYTe.vn", {"mail_domains": "is no mail domain in small letters"}),
    (
        "agencies.csv",
        "so-xay-dung",
        "mail_addresses",
        "soct@binhduong.gov.vn",
        {"mail_addresses": "is claimed by so-cong-thuong already"},
    ),
    (
        "agencies.csv",
        "cong-an-tinh",
        "mail_addresses",
        "an@soct.binhduong.gov.vn",
        {"mail_addresses": "lies in a domain of so-cong-thuong"},
    ),
    ("indicators.csv", "von-dau-tu-toan-xa-hoi", "low", "11,00", {"low": "'11,00' is no number (digits, a point"}),
    ("indicators.csv", "thu-hut-fdi", "target_text", "1.850", {"target_text": "'1.850' does not say ge 1800"}),
    (
        "indicators.csv",
        "tang-xuat-khau",
        "reporters",
        "cuc-thong-ke;so-tai-nguyen",
        {"reporters": "'so-tai-nguyen' is no agency"},
    ),
    (
        "indicators.csv",
        "tang-nhap-khau",
        "decision",
        "",
        {"decision": "is empty, though agency_source is span_deduced, direction_sou"},
    ),
    (
        "indicators.csv",
        "thu-ngan-sach",
        "direction",
        "lower_better",
        {"direction": "lower_better does not go with comparator ge"},
    ),
    (
        "indicators.csv",
        "chi-can-doi-ngan-sach",
        "low",
        "23500",
        {"target_text": "'23.273' does not say between 23500 to 24436.65"},
    ),
    ("indicators.csv", "iip", "comparator", "ge", {"target_text": "'> 8,7' does not say ge 8.7"}),
    ("indicators.csv", "tang-ban-le", "high", "16", {"high": "must be empty for comparator ge"}),
    ("indicators.csv", "tfp", "publication_note", "", {"publication_note": "say why not every period has a figure"}),
    (
        "indicators.csv",
        "thong-tin-cong-khai-phan-hoi",
        "unit",
        "per_cent",
        {"unit": "'per_cent' is no unit of units.csv"},
    ),
    (
        "indicators.csv",
        "danh-muc-tai-nguyen-thong-tin",
        "agency_source",
        "printed",
        {"agency_as_printed": "is given exactly where agency_source is printed"},
    ),
    (
        "indicators.csv",
        "ho-dan-su-dung-dien",
        "agency_as_printed",
        "Sở Điện lực",
        {"agency_as_printed": "no agency's name is 'sở điện lực'"},
    ),
    ("indicators.csv", "dien-tich-nha-o", "decision", "", {"decision": "though the unit differs from the printed one"}),
    (
        "indicators.csv",
        "ty-le-do-thi-hoa",
        "profile",
        "0.2;0,5;0.9;1",
        {"profile": "must be 4 rising shares that end in 1"},
    ),
    ("indicators.csv", "nha-o-xa-hoi", "high", "7000", {"high": "7000 is not above low 8000"}),
    (
        "indicators.csv",
        "thue-bao-dien-thoai",
        "unit",
        "subscription",
        {"unit": "a group row has neither unit nor target", "code": "no row names this group as its parent_code"},
    ),
    ("indicators.csv", "thue-bao-di-dong", "parent_code", "thue-bao-internet", {"parent_code": "is no group row"}),
    ("indicators.csv", "thue-bao-co-dinh", "parent_code", "", {"parent_code": "belongs to sub_indicator rows"}),
    (
        "indicators.csv",
        "thue-bao-internet",
        "row_order",
        "20",
        {"row_order": "must count rows without a gap: 19, not 20"},
    ),
    (
        "indicators.csv",
        "doanh-nghiep-dang-hoat-dong",
        "baseline_source",
        "",
        {"baseline_source": "say where the baseline was published"},
    ),
    (
        "indicators.csv",
        "doanh-nghiep-thanh-lap-moi",
        "baseline_on",
        "2022-02-30",
        {"baseline_on": "'2022-02-30' is no date"},
    ),
    ("indicators.csv", "von-dang-ky-moi", "section_no", "VI", {"section_no": "'VI' is no section of plan.yaml"}),
    ("indicators.csv", "truong-dat-chuan", "published_in", "4;2", {"published_in": "must be numbers of the year's"}),
    ("indicators.csv", "so-lien-lac-dien-tu", "low", "", {"low": "must be given for comparator ge"}),
    ("indicators.csv", "nuoc-hop-ve-sinh", "code", "tfp", {"code": "'tfp' stands in row 10 already"}),
    ("indicators.csv", "muc-giam-ty-le-sinh", "minimum", "5", {"low": "3.32 is below the minimum 5"}),
    (
        "indicators.csv",
        "ty-so-gioi-tinh-khi-sinh",
        "has_precedence",
        "yes",
        {"has_precedence": "makes sense for two reporters"},
    ),
    ("indicators.csv", "tuoi-tho", "nature", "age", {"nature": "must be one of flow, stock, ratio"}),
    ("indicators.csv", "tu-vong-duoi-5-tuoi", "tolerance", "-1", {"tolerance": "must not be negative"}),
    (
        "indicators.csv",
        "tu-vong-duoi-1-tuoi",
        "direction_source",
        "",
        {"direction_source": "exactly where there is a direction"},
    ),
    (
        "indicators.csv",
        "benh-an-dien-tu",
        "baseline",
        "20",
        {"baseline_on": "goes together with baseline", "baseline_source": "say where the baseline was published"},
    ),
    ("indicators.csv", "dang-ky-kham-ict", "reporters", "", {"reporters": "is empty"}),
    (
        "indicators.csv",
        "par-index",
        "decision",
        "",
        {"decision": "though the label differs from the printed name, the unit"},
    ),
    (
        "indicators.csv",
        "thu-hang-pci",
        "reporters",
        "van-phong-ubnd-tinh",
        {"reporters": "van-phong-ubnd-tinh owes no report"},
    ),
    ("indicators.csv", "ty-le-bhyt", "body_ref", "II.12", {"body_ref": "'II.12' is no task of tasks.csv"}),
    ("indicators.csv", "bac-si-van-dan", "target_text", "7.55", {"target_text": "'7.55' does not stand in body_quote"}),
    ("indicators.csv", "giuong-benh-van-dan", "body_quote", "", {"body_quote": "goes together with body_ref"}),
    ("indicators.csv", "xa-ntm-nang-cao", "label", "", {"label": "is empty"}),
    ("indicators.csv", "xa-co-ocop", "reporters", "so-y-te;so-y-te", {"reporters": "names an agency twice"}),
    ("indicators.csv", "ho-ngheo", "high", "200", {"high": "200 is above the maximum 100"}),
    ("tasks.csv", "II.1.a", "section_ref", "II.2", {"section_ref": "task II.1.a does not stand in section II.2"}),
    ("tasks.csv", "II.1.b", "lead_agencies", "so-thue", {"lead_agencies": "'so-thue' is no agency of agencies.csv"}),
    ("tasks.csv", "II.1.d", "lead_as_printed", "Sở Tài chính", {"lead_agencies": "'Sở Tài chính' names so-tai-chinh"}),
    ("tasks.csv", "II.1.e", "lead_agencies", "", {"lead_agencies": "is empty"}),
    ("tasks.csv", "II.3.b", "lead_agencies", "so-y-te", {"lead_agencies": "must be empty for a collective task"}),
    ("tasks.csv", "II.4.b.1", "ref", "II.4.a.2", {"ref": "'II.4.a.2' stands in row 11 already"}),
    ("tasks.csv", "II.4.b.2", "title", "", {"title": "is empty"}),
    ("tasks.csv", "II.8.d", "decision", "", {"decision": "though the due day is in no words of the plan"}),
    ("tasks.csv", "III.3", "due_on", "28/02/2023", {"due_on": "'28/02/2023' is no date"}),
]


def _override(day: str) -> tuple[str, str]:
    return "overrides: {}", f"overrides: {{2023-Q1: {{{day}, reason: thử}}}}"


BROKEN_YAML = [
    ('time: "16:30"', "time: 16:30", "calendar.publication.time", 'must be a time in quotes ("16:30"), not 990'),
    ("before_day: 15", "before_day: 31", "calendar.submission_due.before_day", "whole number from 1 to 30, not 31"),
    ('on_track: "0.95"', "on_track: 0.95", "thresholds.on_track", 'must be a number in quotes ("0.95"), not 0.95'),
    ("issued_on: 2023-01-19", "issued_on: 19/01/2023", "issued_on", "must be a date (2023-02-28), not '19/01/2023'"),
    ("province: Bình Dương", "provinze: Bình Dương", "provinze", "is not known; known are code, title"),
    ("short_title: Kế hoạch số 282/KH-UBND", "short_title:", "short_title", "must be a text, not None"),
    ("  V: Một số", "  I: Một số", "sections.I", "key stands twice"),
    ("overrides: {}", "overrides: {2023-Q5: {}}", "calendar.overrides.2023-Q5", "must look like 2023-M04, 2023-Q1"),
    ("overrides: {}", "overrides: [2023-Q1]", "calendar.overrides", "must hold keys and values"),
    (
        *_override("publish_at: 13/03/2023"),
        "calendar.overrides.2023-Q1.publish_at",
        "must be a day and time (2023-03-13",
    ),
    (*_override("cut_off_on: 2022-12-14"), "calendar.overrides.2023-Q1", "2022-12-14 is not in the period"),
    ('tolerance_pct: "0.5"', 'tolerance_pct: "500"', "thresholds.approximate_tolerance_pct", "must not exceed 100"),
    ("  symbol: BC-SKHĐT", "  symbol: 12", "report.symbol", "must be a text, not 12"),
    (
        "  signer_office:\n    - GIÁM ĐỐC\n",
        "  signer_office:\n",
        "report.signer_office",
        "must be a list of texts, not None",
    ),
    ("sections:\n  I: ", "sections: {}\nother:\n  I: ", "sections", "is empty"),
    ("    task: III.3", "    task: III.9", "calendar.own_plan.task", "'III.9' is no task of tasks.csv"),
]


@pytest.fixture
def plan_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PLAN_DIR, tmp_path / "plan"))


def test_every_kind_of_fault_is_told_at_once_with_its_place(plan_dir: Path) -> None:
    rows = {
        file: _break_cells(plan_dir / file, [broken[1:4] for broken in BROKEN if broken[0] == file]) for file in TABLES
    }
    with pytest.raises(RegisterError) as caught:
        load_register(plan_dir)
    expected = {
        (file, rows[file][key], column): what for file, key, _, _, blamed in BROKEN for column, what in blamed.items()
    }
    told = {(fault.file, fault.row, fault.column): fault.what for fault in caught.value.faults}
    assert {place: what for place, what in expected.items() if what not in told.get(place, "")} == {}
    # Every line of the message names its place, and nothing else in the register is blamed.
    assert all(re.match(r"  \w+\.csv, row \d+, column \w+: \S", line) for line in str(caught.value).splitlines()[1:])
    assert set(told) == set(expected)
    assert len(caught.value.faults) == len(expected)


@pytest.mark.parametrize(
    ("file", "key", "column", "text", "what"),
    [
        ("indicators.csv", "tang-xuat-khau", "high", "11", "'9 - 10' does not say range 9 to 11"),
        ("indicators.csv", "thu-hut-fdi", "low", "1.8", "'1.800' does not say ge 1.8"),
        ("indicators.csv", "ty-le-bhyt", "comparator", "le", "must be given for comparator le"),
        ("indicators.csv", "par-index", "target_text", "85", "'85' does not say none"),
        ("indicators.csv", "tang-ban-le", "agency_source", "task_lead", ""),  # not a fault: nothing is printed there
        (
            "indicators.csv",
            "tang-ban-le",
            "agency_source",
            "deduced",
            "must be one of printed, span_deduced, task_lead",
        ),
        ("indicators.csv", "che-phu-cay-lau-nam", "decision", "", "is empty, though the band is not printed"),
        ("indicators.csv", "tfp", "nature", "group", "is group for a group row, and for no other"),
        ("indicators.csv", "thue-bao-dien-thoai", "published_in", "4", "a group row has no figures"),
        ("indicators.csv", "thue-bao-internet", "profile", "0.25;0.5;0.75;1", "a profile belongs to a flow only"),
        ("indicators.csv", "doanh-nghiep-dang-hoat-dong", "baseline_on", "2023-01-31", "is not before the plan's year"),
        ("indicators.csv", "doanh-nghiep-dang-hoat-dong", "baseline", "-5", "-5 is below the minimum 0"),
        ("indicators.csv", "par-index", "unit", "", "is empty; only a group row has no unit"),
        ("indicators.csv", "ho-ngheo", "body_ref", "", "a body target needs the task it stands in"),
        ("tasks.csv", "II.1.c", "lead_as_printed", "Ngân hàng", "no agency's name is 'ngân hàng'"),
    ],
)
def test_single_faults(plan_dir: Path, file: str, key: str, column: str, text: str, what: str) -> None:  # noqa: PLR0917
    _break_cells(plan_dir / file, [(key, column, text)])
    if not what:
        load_register(plan_dir)
        return
    with pytest.raises(RegisterError, match=re.escape(what)):
        load_register(plan_dir)


# What is printed, how it is understood in the register (a percentage that is better higher or lower), and what is said
# where the decision is silent. With a written decision each of them is a sound row.
OPEN_WORDINGS = [
    ("hơn năm trước", ("gt", "8.7", ""), "'hơn năm trước' does not say gt 8.7: 'hơn năm trước' is not a target"),
    ("Hoàn thành", ("ge", "100", ""), "it holds no number"),
    ("trên 8,0 - 8,5", ("range", "8", "8.5"), "says two things"),
    ("trở lên 8", ("ge", "8", ""), "does not say ge 8"),
    ("8.5", ("ge", "8.5", ""), "is empty, though '8.5' leaves a doubt: 8.5 has a point before decimals"),
    ("0.95", ("ge", "95", ""), "'0.95' does not say ge 95"),
    ("khoảng 12%", ("ge", "12", ""), "leaves a doubt: the number is approximate only"),
    ("5/7 chỉ tiêu", ("ge", "5", ""), "leaves a doubt"),
    ("64,100", ("ge", "64.1", ""), "leaves a doubt: 64,100 is read as 64,1, and can also be 64.100"),
    ("≤ 3 Đông Nam Á; ≤ 50 thế giới", ("le", "", "3"), "more than one number stands in it"),
    ("1.500 tỷ đồng", ("ge", "15", ""), "does not say ge 15"),
]


@pytest.mark.parametrize(("text", "understood", "what"), OPEN_WORDINGS)
def test_decision_stands_where_the_print_is_open(
    plan_dir: Path, text: str, understood: tuple[str, str, str], what: str
) -> None:
    _set_target(plan_dir, text, understood, "")
    with pytest.raises(RegisterError, match=re.escape(what)) as error:
        load_register(plan_dir)
    assert len(error.value.faults) == 1
    numbers = " ".join(side.replace(".", ",") for side in understood[1:] if side)
    _set_target(plan_dir, text, understood, f"In “{text}”, hiểu là {numbers} theo kết luận của lãnh đạo Sở.")
    indicator = load_register(plan_dir).indicator_by_code["iip"]
    assert (indicator.target_text, indicator.comparator) == (text, understood[0])


@pytest.mark.parametrize(
    ("text", "understood", "decision", "what"),
    [
        ("95 trở lên", ("ge", "95", ""), "", ""),
        ("100% xã", ("ge", "100", ""), "", ""),
        ("Duy trì 100%", ("ge", "100", ""), "", ""),
        ("Tăng 2 bậc", ("ge", "2", ""), "", ""),
        ("giảm còn 5%", ("le", "", "5"), "", ""),
        ("7,0%; phấn đấu 7,5%", ("ge", "7", ""), "", ""),
        ("92% trở lên", ("le", "", "92"), "", "'92% trở lên' does not say le 92"),
        ("Trên 95%", ("ge", "95", ""), "", "'Trên 95%' does not say ge 95; if it is meant, decision must quote it"),
        ("Trên 95%", ("ge", "95", ""), "Theo biên bản họp.", "'Trên 95%' does not say ge 95"),
        ("Trên 95%", ("ge", "95", ""), "“Trên 95%” hiểu là từ 95 trở lên.", ""),
        ("Trên 95%", ("gt", "9.5", ""), "“Trên 95%” là lớn hơn hẳn.", "'Trên 95%' does not say gt 9.5"),
        ("85", ("none", "", ""), "Chưa xét đạt hay không đạt.", "'85' does not say none"),
        ("85", ("none", "", ""), "In “85”; chưa xét đạt hay không đạt.", ""),
    ],
)
def test_decision_stands_above_a_certain_print_only_where_it_speaks_of_it(
    plan_dir: Path, text: str, understood: tuple[str, str, str], decision: str, what: str
) -> None:
    _set_target(plan_dir, text, understood, decision)
    if not what:
        assert load_register(plan_dir).indicator_by_code["iip"].target_text == text
        return
    with pytest.raises(RegisterError, match=re.escape(what)):
        load_register(plan_dir)


def test_scale_behind_the_number_is_held_against_the_unit(plan_dir: Path) -> None:
    def set_low(low: str) -> None:
        cells = {"target_text": "3,8 triệu thuê bao", "low": low, "decision": "Dòng con không đánh số."}
        edit(plan_dir / "indicators.csv", lambda row: row.update(cells if row["code"] == "thue-bao-di-dong" else {}))

    set_low("3.8")
    with pytest.raises(RegisterError, match=re.escape("'3,8 triệu thuê bao' does not say ge 3.8")):
        load_register(plan_dir)
    set_low("3800000")
    assert load_register(plan_dir).indicator_by_code["thue-bao-di-dong"].low == 3_800_000


def _set_target(plan_dir: Path, text: str, understood: tuple[str, str, str], decision: str) -> None:
    comparator, low, high = understood
    direction = {"le": "lower_better", "lt": "lower_better"}.get(comparator, "higher_better")
    cells = {
        "target_text": text, "comparator": comparator, "low": low, "high": high, "direction": direction,
        "direction_source": "printed", "decision": decision,
    }  # fmt: skip
    edit(plan_dir / "indicators.csv", lambda row: row.update(cells if row["code"] == "iip" else {}))


def test_a_flow_may_have_a_profile(plan_dir: Path) -> None:
    _break_cells(plan_dir / "indicators.csv", [("nha-o-xa-hoi", "profile", "0.23;0.45;0.7;1")])
    profile = load_register(plan_dir).indicator_by_code["nha-o-xa-hoi"].profile
    assert [str(share) for share in profile or ()] == ["0.23", "0.45", "0.7", "1"]


def test_a_bare_number_may_be_a_ceiling(plan_dir: Path) -> None:
    ceiling = {"comparator": "le", "low": "", "high": "71000", "direction": "lower_better"}
    _break_cells(plan_dir / "indicators.csv", [("thue-bao-co-dinh", *change) for change in ceiling.items()])
    assert str(load_register(plan_dir).indicator_by_code["thue-bao-co-dinh"].high) == "71000"


def test_a_part_stands_below_its_group(plan_dir: Path) -> None:
    path = plan_dir / "indicators.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    group, part = (next(n for n, line in enumerate(lines) if f",{code}," in line) for code in _GROUP_AND_PART)
    # The two change places and numbers.
    lines[group], lines[part] = lines[part].replace("17,", "16,", 1), lines[group].replace("16,", "17,", 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(
        RegisterError, match="row 17, column parent_code: group thue-bao-dien-thoai stands below its part"
    ):
        load_register(plan_dir)


def test_somebody_must_owe_a_report(plan_dir: Path) -> None:
    path = plan_dir / "agencies.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",yes,", ",no,"), encoding="utf-8")
    with pytest.raises(RegisterError, match="nobody owes a report"):
        load_register(plan_dir)


@pytest.mark.parametrize(("before", "after", "key", "what"), BROKEN_YAML)
def test_faults_of_the_plan_file_name_line_and_key(
    plan_dir: Path, before: str, after: str, key: str, what: str
) -> None:
    line = _replace(plan_dir / "plan.yaml", before, after)
    with pytest.raises(RegisterError) as caught:
        load_register(plan_dir)
    told = [(fault.row, fault.what) for fault in caught.value.faults if fault.column == key]
    assert told
    assert told[0][0] == line
    assert what in told[0][1]


@pytest.mark.parametrize(
    ("changes", "key", "what"),
    [
        ({"    day: 14\n    law: Nghị định": "    day: 15\n    law: Nghị định"}, "cut_off", "is after the last day to"),
        (
            {'time: "16:30"': 'time: "16:30"', "    day: 14 #": "    day: 29 #"},
            "publication",
            "is not before the period closes",
        ),
        ({"day: 25": "day: 13"}, "closing", "is not after submissions are due"),
        ({"due_on: 2023-02-28": "due_on: 2023-02-27"}, "own_plan.due_on", "is not the due day of task III.3"),
    ],
)
def test_calendar_out_of_order(plan_dir: Path, changes: Mapping[str, str], key: str, what: str) -> None:
    for before, after in changes.items():
        _replace(plan_dir / "plan.yaml", before, after)
    with pytest.raises(RegisterError) as caught:
        load_register(plan_dir)
    assert {fault.column for fault in caught.value.faults} == {f"calendar.{key}"}
    assert all(what in fault.what and fault.row for fault in caught.value.faults)


def test_thresholds_out_of_order(plan_dir: Path) -> None:
    _replace(plan_dir / "plan.yaml", 'at_risk: "0.60"', 'at_risk: "0.96"')
    with pytest.raises(RegisterError, match=r"column thresholds: must be 0 < at_risk < on_track <= 1"):
        load_register(plan_dir)


def test_override_needs_a_reason_and_known_keys(plan_dir: Path) -> None:
    _replace(
        plan_dir / "plan.yaml", "overrides: {}", "overrides: {2023-Q1: {publish_on: 2023-03-13}, 2024-Q1: {reason: x}}"
    )
    with pytest.raises(RegisterError) as caught:
        load_register(plan_dir)
    assert {(fault.column, fault.what.split(";")[0]) for fault in caught.value.faults} == {
        ("calendar.overrides.2023-Q1.publish_on", "is not known"),
        ("calendar.overrides.2023-Q1.reason", "must be a text, not None"),
        ("calendar.overrides.2024-Q1", "is no period of the plan, 2023-Q1 to 2023-Q4"),
    }


@pytest.mark.parametrize(
    ("file", "spoil", "place", "what"),
    [
        ("tasks.csv", lambda data: None, "tasks.csv", "cannot be read: No such file"),
        ("plan.yaml", lambda data: None, "plan.yaml", "cannot be read: No such file"),
        ("units.csv", lambda data: b"", "units.csv, row 1, column code", "column is missing"),
        ("units.csv", lambda data: data.split(b"\n")[0] + b"\n", "units.csv", "has no rows"),
        (
            "units.csv",
            lambda data: data.replace(b",label,", b",name,", 1),
            "units.csv, row 1, column name",
            "not known",
        ),
        ("units.csv", lambda data: data.replace(b",label,", b",code,", 1), "units.csv, row 1", "a column stands twice"),
        (
            "units.csv",
            lambda data: data.replace(b"0,100\n", b"0,100,7\n", 1),
            "units.csv, row 2",
            "has 7 cells, the headi",
        ),
        (
            "units.csv",
            lambda data: data.replace(b"C\xc4\x83n", b"C\xe3n"),
            "units.csv, row 8",
            "is not UTF-8: byte 0xe3",
        ),
        (
            "units.csv",
            lambda data: data.replace("ă".encode(), "a\u0306".encode()),
            "units.csv, row 8",
            "decomposed letters",
        ),
        ("units.csv", lambda data: data.replace(b"\nrank,", b'\n"rank"x,'), "units.csv, row 13", "no well-formed CSV"),
        (
            "plan.yaml",
            lambda data: data.replace(b"year: 2023", b"year: [2023"),
            "plan.yaml, row",
            "no well-formed YAML",
        ),
        ("plan.yaml", lambda data: data.replace(b"2023-01-19", b"2023-02-30"), "plan.yaml", "no well-formed YAML: day"),
        ("plan.yaml", lambda data: b"- 1\n", "plan.yaml, row 1", "must hold keys and values"),
        ("plan.yaml", lambda data: b"{}\n", "plan.yaml, row 1", "must hold keys and values"),
    ],
)
def test_files_that_are_no_tables(plan_dir: Path, file: str, spoil, place: str, what: str) -> None:  # type: ignore[no-untyped-def]
    path = plan_dir / file
    data = spoil(path.read_bytes())
    path.unlink() if data is None else path.write_bytes(data)
    with pytest.raises(RegisterError) as caught:
        load_register(plan_dir)
    assert any(str(fault).startswith(place) and what in str(fault) for fault in caught.value.faults), str(caught.value)
    # A row that is lost is missed elsewhere; a file that is lost altogether is blamed alone.
    if ", row" not in place:
        assert {fault.file for fault in caught.value.faults} == {file}


def test_a_spreadsheets_byte_order_mark_and_empty_rows_do_no_harm(plan_dir: Path, register: Register) -> None:
    path = plan_dir / "units.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b",,,,,\r\n\r\n")
    assert load_register(plan_dir).units == register.units


def test_digest_covers_every_file_that_is_read_and_nothing_else(plan_dir: Path, register: Register) -> None:
    assert load_register(plan_dir).sha256 == register.sha256
    (plan_dir / "plan-text.txt").unlink()
    (plan_dir / ".indicators.csv.swp").write_bytes(b"x")
    assert load_register(plan_dir).sha256 == register.sha256
    digests = {register.sha256}
    for name in ("plan.yaml", *TABLES):
        path = plan_dir / name
        path.write_bytes(path.read_bytes() + (b"# a comment\n" if name == "plan.yaml" else b"\n"))
        digests.add(load_register(plan_dir).sha256)
    assert len(digests) == 6


def test_register_in_force_is_read_once_per_folder(
    plan_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(register_module, "get_settings", lambda: Settings(tmp_path, (plan_dir,), None))
    first = get_register()
    shutil.rmtree(plan_dir)
    assert get_register() is first
    assert first.code == "282-kh-ubnd-2023"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a plan of its own, and a folder elsewhere in which the command is given."""
    for place in (tmp_path / "home" / "plans" / "of-home", tmp_path / "here" / "drafts" / "of-here"):
        shutil.copytree(PLAN_DIR, place)
    monkeypatch.setenv("TIENDO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("named", "lies_in"),
    [
        ("", PLAN_DIR),
        ("282-kh-ubnd-2023", PLAN_DIR),
        (str(PLAN_DIR), PLAN_DIR),
        ("of-home", "home/plans/of-home"),
        ("drafts/of-here", "here/drafts/of-here"),
        ("../here/drafts/of-here/", "here/drafts/of-here"),
        ("{root}/home/plans/of-home", "home/plans/of-home"),
    ],
)
def test_a_plan_is_found_by_one_rule(
    environment: Path, monkeypatch: pytest.MonkeyPatch, named: str, lies_in: str | Path
) -> None:
    named = named.format(root=environment)
    monkeypatch.setenv("TIENDO_PLAN", named)
    found = get_settings().plan_dir
    assert found.is_absolute()
    assert found.samefile(environment / lies_in)
    assert get_register().code == "282-kh-ubnd-2023"
    if named:
        assert find_plan(named) == found


@pytest.mark.parametrize("named", ["300-kh-ubnd-2024", "/nowhere/300-kh-ubnd-2024", "plan.yaml"])
def test_an_unknown_plan_is_one_sentence_with_those_there_are(
    environment: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("TIENDO_PLAN", named)
    assert find_plan(named) is None
    with pytest.raises(RegisterError) as caught:
        get_register()
    assert str(caught.value) == (
        f"TIENDO_PLAN: {Path(named).name!r} is no folder and no plan; there are 282-kh-ubnd-2023 in "
        f"{INCLUDE / 'plans'}; of-home in {environment / 'home' / 'plans'}."
    )


def test_lookups(register: Register) -> None:
    assert [i.code for i in register.indicators_of("so-tai-chinh")] == ["thu-ngan-sach", "chi-can-doi-ngan-sach"]
    assert [i.code for i in register.indicators_of("so-lao-dong-thuong-binh-va-xa-hoi")] == ["ho-ngheo"]
    assert [t.ref for t in register.tasks_of("so-ngoai-vu")] == [
        "II.3.b",
        "II.10",
        "III.1",
        "III.2",
        "III.3",
        "III.4",
        "III.5",
    ]
    assert [t.ref for t in register.tasks_of("h-phu-giao")] == ["II.3.b", "III.1", "III.2", "III.3", "III.4", "III.5"]
    assert register.tasks_of("van-phong-ubnd-tinh") == ()
    assert register.agency_by_code["van-phong-ubnd-tinh"] not in register.obliged
    assert str(register.task_by_ref[register.own_plan_task].due_on) == "2023-02-28"


def test_words_of_the_report(register: Register) -> None:
    assert {key: type(words) for key, words in register.report.items()} == {
        **dict.fromkeys(("issuing_parent", "issuing_body", "symbol", "place", "addressee"), str),
        **dict.fromkeys(("annex", "signer_name"), str),
        **dict.fromkeys(("basis", "signer_office", "recipients", "reviewers"), list),
        "delivery": dict,
    }
    assert register.report["issuing_body"] == register.agency_by_code["so-ke-hoach-va-dau-tu"].name


def test_bounds_come_from_the_unit_unless_the_row_has_its_own(register: Register) -> None:
    bounds = {i.code: f"{i.minimum} {i.maximum}" for i in register.indicators}
    assert bounds["benh-an-dien-tu"] == "0 100"
    assert bounds["tang-xuat-khau"] == "-100 1000"
    assert bounds["thu-hut-fdi"] == "0 None"
    assert bounds["tfp"] == "-1000 1000"  # a share of growth, which may be negative
    assert bounds["thue-bao-dien-thoai"] == "None None"


def test_a_register_cannot_be_changed(register: Register) -> None:
    with pytest.raises(FrozenInstanceError):
        register.indicators[0].low = None  # type: ignore[misc]


def _break_cells(path: Path, changes: list[tuple[str, str, str]]) -> dict[str, int]:
    """Overwrites cells; returns the row, as a spreadsheet counts, of each key as it was before."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    key = "ref" if path.name == "tasks.csv" else "code"
    number = {row[key]: place for place, row in enumerate(rows, start=2)}
    for which, column, text in changes:
        assert rows[number[which] - 2][column] != text, (which, column)
        rows[number[which] - 2][column] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return number


def _replace(path: Path, before: str, after: str) -> int:
    """Replaces the one place of a text; returns its line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, (before, text.count(before))
    path.write_text(text.replace(before, after), encoding="utf-8")
    return text.count("\n", 0, text.index(before)) + 1


def test_an_address_leads_to_its_body(register: Register) -> None:
    def body(address: str) -> str | None:
        agency = register.agency_of_address(address)
        return agency.code if agency else None

    assert body("soyte@binhduong.gov.vn") == "so-y-te"
    assert body("bat.ky@soyte.binhduong.gov.vn") == "so-y-te"
    for nobody in ("x@binhduong.gov.vn", "x@y.soyte.binhduong.gov.vn", "soyte.binhduong.gov.vn@x.vn", "", "so-y-te"):
        assert body(nobody) is None
    assert all(agency.mail_addresses for agency in register.obliged)
