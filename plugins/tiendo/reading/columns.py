"""The columns of the workbook's tables: what the template prints above them and what the reader accepts for them."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from tiendo.model.content import SHEET_CORRECTIONS, SHEET_INDICATORS, SHEET_TASKS
from tiendo.model.period import PeriodKind
from tiendo.vietnamese.text import fold

NOT_YET_PUBLISHED = "Chưa đến kỳ công bố"
"""The note the template gives to an indicator that has no figure in the period; nobody filled it in."""


# What the template prints of earlier periods, for people only.
LAST_FIGURE = "Số kỳ trước"
LAST_STATE, LAST_COMPLETION = "Trạng thái kỳ trước", "% kỳ trước"
OLD_QUARTER, OLD_TOTAL = "Đã báo cáo trong quý", "Đã báo cáo lũy kế"


@dataclass(frozen=True)
class TemplateColumn:
    """One column.

    Attributes:
        field: its name in the row type of ``tiendo.model.content``; "" when it is printed for people only.
        heading: as the template prints it, of a plan reported by quarters.
        variants: other headings that mean the same for certain. What stands in brackets, a year or a quarter's number
            at the end do not count.
        is_value: whether it holds what the table is for; two columns claiming the same value are not guessed between.
        is_printed: whether the template has it; else it is read where a body has made it, and stands last.
    """

    field: str
    heading: str
    variants: tuple[str, ...] = ()
    is_value: bool = False
    is_printed: bool = True

    def heading_of(self, kind: PeriodKind) -> str:
        """Returns its heading in the workbook of a plan: "Thực hiện trong tháng" where that is reported by months."""
        return self.heading.replace(PeriodKind.QUARTER.in_it, kind.in_it)


@dataclass(frozen=True, eq=False)
class TemplateTable:
    """One table of the workbook.

    Attributes:
        needs: groups of fields; a row is the heading row when it has at least one column of every group.
        ignored: headings that are understood and not read, beside those that the template prints for people.
    """

    sheet: str
    columns: tuple[TemplateColumn, ...]
    needs: tuple[frozenset[str], ...]
    ignored: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings in the template's order, of a plan reported by quarters."""
        return self.headings_of(PeriodKind.QUARTER)

    def headings_of(self, kind: PeriodKind) -> tuple[str, ...]:
        """Returns the headings in the template's order."""
        return tuple(column.heading_of(kind) for column in self.printed)

    @property
    def printed(self) -> tuple[TemplateColumn, ...]:
        """The columns of the template."""
        return tuple(column for column in self.columns if column.is_printed)

    def position(self, name: str) -> int:
        """Returns the 1-based column of a field, or of a heading, in the template."""
        return next(i for i, column in enumerate(self.columns, start=1) if name in (column.field, column.heading))


_NUMBERING = ("STT", "TT", "Số TT", "Số thứ tự")
_CODE = TemplateColumn("code", "Mã chỉ tiêu", ("Mã", "Mã số", "Mã số chỉ tiêu"))
_NAME = TemplateColumn("name", "Tên chỉ tiêu", ("Chỉ tiêu", "Nội dung chỉ tiêu", "Tên", "Chỉ tiêu chủ yếu"))
# What is of the period alone. "Thực hiện kỳ", "Thực hiện năm" and "Thực hiện 6 tháng" would be sure for nobody: the
# last may as well be the sum since the year's start, by which it goes below.
_IN_PERIOD = (
    "Thực hiện {}", "{}", "Số {}", "Ước thực hiện {}", "Ước {}", "Kết quả {}", "Kết quả thực hiện {}", "Số liệu {}",
    "TH {}",
)  # fmt: skip
_OF_PERIOD = ("Thực hiện {}", "Ước thực hiện {}", "Kết quả {}", "Kết quả thực hiện {}", "TH {}", "Ước TH {}")


def _of_period(kind: PeriodKind) -> tuple[str, ...]:
    """Returns the headings of the period's own figure: ``Trong tháng``, ``Ước thực hiện tháng`` ..."""
    named = _OF_PERIOD if kind in (PeriodKind.MONTH, PeriodKind.QUARTER) else ()
    return (*(text.format(kind.in_it) for text in _IN_PERIOD), *(text.format(kind.noun) for text in named))


_QUARTER = TemplateColumn(
    "quarter",
    "Thực hiện trong quý",
    tuple(text for kind in PeriodKind for text in _of_period(kind)),
    is_value=True,
)
_YEAR_TO_DATE = TemplateColumn(
    "year_to_date",
    "Lũy kế từ đầu năm (hoặc tại thời điểm báo cáo)",
    (
        "Lũy kế",
        "Lũy kế từ đầu",
        "Lũy kế đến kỳ báo cáo",
        "Lũy kế từ đầu năm đến kỳ báo cáo",
        "Thực hiện lũy kế",
        "Thực hiện lũy kế từ đầu năm",
        "Kết quả lũy kế",
        "Số lũy kế",
        "Cộng dồn",
        "Cộng dồn từ đầu năm",
        "Lũy kế đến cuối quý",
        "Lũy kế đến hết quý",
        "Lũy kế đến cuối tháng",
        "Lũy kế đến hết tháng",
        "Lũy kế đến cuối kỳ",
        "Lũy kế đến hết kỳ",
        "Lũy kế thực hiện",
        "Lũy kế thực hiện từ đầu năm",
        "Ước lũy kế",
        "Ước thực hiện lũy kế",
        "Lũy kế 6 tháng",
        "Thực hiện 6 tháng",
        "Ước thực hiện 6 tháng",
        "Ước TH 6 tháng",
        "TH 6 tháng",
        "Kết quả 6 tháng",
        "Kết quả thực hiện 6 tháng",
        "Thực hiện lũy kế 6 tháng",
        "Lũy kế từ đầu năm hoặc tại thời điểm báo cáo",
        "Lũy kế / tại thời điểm báo cáo",
        "Tại thời điểm báo cáo",
    ),
    is_value=True,
)
_KIND = TemplateColumn("kind", "Loại số liệu", ("Loại", "Thực hiện/Ước", "Thực hiện / Ước thực hiện"))
_DATA_ON = TemplateColumn(
    "data_on", "Số liệu đến ngày", ("Đến ngày", "Tính đến ngày", "Ngày số liệu", "Ngày chốt số liệu")
)

INDICATORS = TemplateTable(
    SHEET_INDICATORS,
    (
        _CODE,
        _NAME,
        TemplateColumn("unit", "Đơn vị tính", ("ĐVT", "Đơn vị")),
        TemplateColumn(
            "target", "Kế hoạch năm", ("Kế hoạch", "Chỉ tiêu kế hoạch", "Mục tiêu", "Chỉ tiêu năm", "KH năm")
        ),
        TemplateColumn("", LAST_FIGURE),
        _QUARTER,
        _YEAR_TO_DATE,
        _KIND,
        _DATA_ON,
        TemplateColumn("note", "Ghi chú"),
        TemplateColumn("explanation", "Giải trình", ("Nguyên nhân", "Giải trình, nguyên nhân", "Thuyết minh")),
    ),
    (frozenset({"code", "name"}), frozenset({"quarter", "year_to_date"})),
    (
        *_NUMBERING,
        "Đơn vị báo cáo",
        "Cơ quan báo cáo",
        "Đơn vị theo dõi, báo cáo",
        "Cơ quan theo dõi, báo cáo",
        "Đơn vị chủ trì",
        "Cơ quan chủ trì",
        "Đơn vị thực hiện",
        "Nguồn số liệu",
        "Cùng kỳ",
        "Cùng kỳ năm trước",
        "Thực hiện cùng kỳ",
        "Thực hiện cùng kỳ năm trước",
        "Thực hiện năm trước",
        "Kỳ trước",
        "So với kế hoạch",
        "% so với kế hoạch",
        "Tỷ lệ % so với kế hoạch",
        "Đạt % kế hoạch",
        "% kế hoạch",
        "So với kế hoạch năm",
        "% so với kế hoạch năm",
        "So với cùng kỳ",
        "% so với cùng kỳ",
        "So sánh với cùng kỳ",
        "Tăng, giảm so với cùng kỳ",
    ),
)

TASKS = TemplateTable(
    SHEET_TASKS,
    (
        TemplateColumn("ref", "Mã nhiệm vụ", ("Mã", "Mã số", "Ký hiệu")),
        TemplateColumn("title", "Nội dung nhiệm vụ", ("Nhiệm vụ", "Nội dung", "Tên nhiệm vụ")),
        TemplateColumn("", "Thời hạn"),
        TemplateColumn("", LAST_STATE),
        TemplateColumn("", LAST_COMPLETION),
        TemplateColumn("state", "Trạng thái", ("Tình trạng", "Tình hình thực hiện"), is_value=True),
        TemplateColumn(
            "completion", "% hoàn thành", ("Tỷ lệ hoàn thành", "Mức độ hoàn thành", "Hoàn thành"), is_value=True
        ),
        TemplateColumn("result", "Kết quả thực hiện", ("Kết quả",)),
        TemplateColumn("difficulty", "Khó khăn, vướng mắc", ("Khó khăn", "Khó khăn vướng mắc", "Vướng mắc")),
        TemplateColumn("proposal", "Kiến nghị", ("Đề xuất", "Kiến nghị, đề xuất", "Đề xuất, kiến nghị")),
    ),
    (frozenset({"ref", "title"}), frozenset({"state", "completion"})),
    (*_NUMBERING, "Đơn vị chủ trì", "Cơ quan chủ trì", "Đơn vị phối hợp", "Thời gian hoàn thành", "Ghi chú"),
)

CORRECTIONS = TemplateTable(
    SHEET_CORRECTIONS,
    (
        TemplateColumn("period", "Kỳ báo cáo cần sửa", ("Kỳ", "Kỳ báo cáo", "Kỳ cần sửa")),
        _CODE,
        _NAME,
        TemplateColumn("", OLD_QUARTER),
        TemplateColumn("", OLD_TOTAL),
        _QUARTER,
        _YEAR_TO_DATE,
        _KIND,
        _DATA_ON,
        TemplateColumn("reason", "Lý do sửa", ("Lý do", "Lý do điều chỉnh")),
        TemplateColumn(
            "old",
            "Số đã báo cáo",
            ("Số cũ", "Số liệu cũ", "Số liệu đã báo cáo", "Số đã báo cáo kỳ trước", "Giá trị cũ", "Số báo cáo trước"),
            is_printed=False,
        ),
    ),
    (
        frozenset({"period"}),
        frozenset({"reason"}),
        frozenset({"code", "name"}),
        frozenset({"quarter", "year_to_date"}),
    ),
    _NUMBERING,
)

TABLES = (CORRECTIONS, INDICATORS, TASKS)
"""In the order in which a heading row is tried: a row of corrections would also pass for one of indicators."""

_BRACKETS = re.compile(r"\([^()]*\)")
_NUMBERS = {
    "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10, "mười một": 11,
    "mười hai": 12,
}  # fmt: skip
_DIGITS = r"0?[1-9]|1[0-2]"
_COUNT = rf"(?:{_DIGITS}|{'|'.join(_NUMBERS)})"
_MONTHS = re.compile(rf"\b{_COUNT} tháng(?: đầu)?(?: năm)?(?: \d{{4}})?$")
_WHEN = re.compile(
    r"\s+(?:(?<!trong )năm\s+\d{4}|(?<=trong năm )\d{4}|(?:i{1,3}|iv|[1-4])\s*(?:[/-]\s*|\s+năm\s+)?(?:\d{4})?"
    r"|(?<=tháng )(?:0?[1-9]|1[0-2])\s*(?:[/-]\s*|\s+năm\s+)?(?:\d{4})?)$"
)


@lru_cache(maxsize=8192)
def normalised_heading(text: str) -> str:
    """Reduces a heading to what decides: folded, without brackets, a year, a quarter's or month's number, a final mark.

    The months since the year's start are told apart from a quarter, not from each other: "lũy kế n tháng".
    """
    folded = " ".join(_BRACKETS.sub(" ", fold(text)).split()).strip(" .:*")
    return _WHEN.sub("", _MONTHS.sub("n tháng", folded))


_NOUNS = {
    PeriodKind.QUARTER: re.compile(r"(?<!\w)quý(?!\w)"),
    # Of "n tháng" it is no month, of "thực hiện tháng" it is.
    PeriodKind.MONTH: re.compile(r"(?<!\w)(?<! n )tháng(?!\w)"),
    PeriodKind.YEAR: re.compile(r"(?<!\w)trong năm(?!\w)"),
}


def kinds_named(text: str) -> frozenset[PeriodKind]:
    """Returns of which kinds of period a heading says its figures are; none for "trong kỳ", which may be any."""
    heading = f" {normalised_heading(text)}"
    return frozenset(kind for kind, noun in _NOUNS.items() if noun.search(heading))


_WHICH_MONTHS = re.compile(rf"(?<!\w)(?:(?P<count>{_COUNT}) tháng(?!\w)|tháng (?P<number>{_DIGITS})(?!\d))")
_WHICH_YEARS = re.compile(r"(?<!\d)20\d\d(?!\d)")
# "(giá so sánh 2010)", "(theo Công văn ngày 5/12/2024)" say nothing of when; "(năm 2024)", "(5 tháng)" do.
_REMARK = re.compile(r"\((?!(?:quý|tháng|đầu|năm|[ivx]+|\d{1,2}|[ /,.-])*(?:20\d\d)?\))[^()]*\)")


def months_named(text: str) -> frozenset[int]:
    """Returns the last months a heading names: 4 of "tháng 4" as of "lũy kế 4 tháng"."""
    found = _WHICH_MONTHS.finditer(_REMARK.sub(" ", fold(text)))
    return frozenset(
        _NUMBERS.get(word) or int(word) for match in found for word in (match["count"] or match["number"],)
    )


def years_named(text: str) -> frozenset[int]:
    """Returns the years of which a heading says its figures are."""
    return frozenset(map(int, _WHICH_YEARS.findall(_REMARK.sub(" ", fold(text)))))


NUMBERING = frozenset(map(normalised_heading, _NUMBERING))
"""Headings, normalised, of a column of printed numbers: labels, never a key."""


@cache
def ignored_headings(table: TemplateTable) -> frozenset[str]:
    """Returns the headings of a table, normalised, under which nothing is read."""
    printed = (column.heading_of(kind) for column in table.columns if not column.field for kind in PeriodKind)
    return frozenset(map(normalised_heading, (*printed, *table.ignored)))


@cache
def fields_by_heading(table: TemplateTable) -> dict[str, TemplateColumn]:
    """Maps each accepted heading, normalised, to its column."""
    return {
        normalised_heading(text): column
        for column in table.columns
        if column.field
        for text in (*map(column.heading_of, PeriodKind), *column.variants)
    }
