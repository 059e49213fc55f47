"""Dates and periods as Vietnamese offices write them. The day always comes first; what makes no sense is None."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from tiendo.clock import HANOI
from tiendo.model.content import RawCell
from tiendo.model.period import Period, PeriodKind
from tiendo.vietnamese.text import fold

QUARTER: Final = "quarter"
YEAR_TO_DATE: Final = "year_to_date"

_LONGEST = 60
_YEARS = range(1990, 2101)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[t ][\d:.]+(?:z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_NUMERIC = re.compile(
    r"(?:ngày )?(?P<day>\d{1,2}) ?(?P<mark>[-/.]) ?(?P<month>\d{1,2})(?: ?(?P=mark) ?(?P<year>\d{4}|\d{2}))?", re.ASCII
)
_WORDS = re.compile(
    r"(?:ngày )?(?P<day>\d{1,2}) ?tháng (?P<month>\d{1,2})(?:(?:,? ?năm |[-/])(?P<year>\d{4}|\d{2}))?", re.ASCII
)

_UNTIL = re.compile(r"^(?:số liệu )?(?:(?:tính |lũy kế )?đến|tại|hết)(?: hết)?(?: thời điểm)? (?=(?:ngày )?\d)")

# Roman numerals, with the small letter l typed for the capital I (they look alike in most fonts).
_QUARTERS = {"1": 1, "2": 2, "3": 3, "4": 4, "iv": 4, "lv": 4}
_QUARTER_WORDS = {"một": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "nhất": 1, "nhì": 2}
_YEAR = r"(?:[ ,]*(?:năm ?|[-/.] ?)?(?P<year>\d{4}))?"
_LEAD = r"(?:kỳ(?: báo cáo)?:? ?|báo cáo ?)?"
_QUARTER_TEXT = re.compile(
    _LEAD
    + rf"(?:(?:qu[ýí] ?|q[. ]{{0,2}})(?P<quarter>[il]{{1,3}}|[il]v|[1-4]|{'|'.join(_QUARTER_WORDS)})"
    + r"|(?P<bare>[il]{1,3}|[il]v))"
    + _YEAR,
    re.ASCII,
)
_ISO_QUARTER = re.compile(r"(?P<year>\d{4})[- /]?q(?P<quarter>[1-4])", re.ASCII)
_MONTHS_TEXT = re.compile(
    _LEAD + r"(?:lũy kế )?(?P<months>0?3|0?6|0?9|12|ba|sáu|chín|mười hai) tháng(?: đầu năm)?" + _YEAR, re.ASCII
)
_WHOLE_YEAR = re.compile(_LEAD + r"(?:cả năm|năm)(?: (?P<year>\d{4}))?", re.ASCII)
_TO_BE_DONE = re.compile(
    r"phương hướng|phuong huong|nhiệm vụ(?: trọng tâm| chủ yếu)?,? (?:giải pháp )?(?:quý|\d+ tháng)"
)
_ANY_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_INSIDE_YEAR = r"(?:[ ,\-]*(?:năm |nam |[-/.] ?)?(?P<{name}>20\d\d)(?!\d))?"
_PERIOD_INSIDE = re.compile(
    r"(?<!\w)(?:(?P<iso_year>20\d\d)[- /.]?q(?P<iso_quarter>[1-4])(?!\w)"
    r"|(?:qu[ýíyi][ .\-]{0,2}|q[. \-]{0,2})"
    rf"(?P<quarter>[il]{{1,3}}|[il]v|[1-4]|{'|'.join(_QUARTER_WORDS)})(?!\w)"
    + _INSIDE_YEAR.format(name="year")
    + r"|(?P<months>0?3|0?6|0?9|ba|sáu|chín) (?:tháng|thang)(?: đầu năm| dau nam)"
    + _INSIDE_YEAR.format(name="months_year")
    + r")"
)

# Of plans that are not reported by quarters. How many months, or which: "bốn tháng đầu năm", "tháng tư".
_COUNTS = {
    "mười hai": 12, "mười một": 11, "mười": 10, "chín": 9, "tám": 8, "bảy": 7, "sáu": 6, "năm": 5, "bốn": 4, "tư": 4,
    "ba": 3, "hai": 2, "một": 1, "giêng": 1, "chạp": 12,
}  # fmt: skip
_COUNT = rf"(?:0?[1-9]|1[0-2]|{'|'.join(_COUNTS)})"
# "tháng năm 2023" is a month that was left out: the fifth one in words needs a year with its own "năm", or none.
_MONTH = rf"(?:0?[1-9]|1[0-2]|năm(?! \d)|{'|'.join(word for word in _COUNTS if word != 'năm')})"
_DIGITS = r"(?:0?[1-9]|1[0-2])"
_MONTH_TEXT = re.compile(
    _LEAD + rf"(?:(?:tháng ?(?P<month>{_MONTH})|t[. ]?(?P<short>{_DIGITS})){_YEAR}"
    rf"|(?P<bare>{_DIGITS}) ?[/.-] ?(?P<bare_year>\d{{4}}))",
    re.ASCII,
)
_HALF_TEXT = re.compile(
    _LEAD + r"(?:(?:0?6|sáu) tháng(?: (?P<part>đầu|cuối) năm)?|nửa (?P<half>đầu|cuối) năm)" + _YEAR, re.ASCII
)
_SO_FAR_TEXT = re.compile(_LEAD + rf"(?:lũy kế )?(?P<months>{_COUNT}) tháng(?: đầu năm)?" + _YEAR, re.ASCII)
_BARE_YEAR = re.compile(r"(?:năm )?\d{4}")
# With a day the month is a date's, also where the day was left open for the one who signs: "ngày … tháng 4 năm 2023".
_DAY_INSIDE = re.compile(
    r"(?<!\w)(?:(?:ngày|ngay)[ .…]*\d{0,2}[ .…]*|\d{1,2} ?)(?:tháng|thang) ?\d{1,2}(?!\d)"
    r"(?:[ ,]*(?:năm|nam)[ .…]*(?:20\d\d)?)?"
)
_TO_BE_DONE_OF_KIND = re.compile(
    r"phương hướng|phuong huong"
    r"|(?<!thực hiện )(?<!thuc hien )(?:nhiệm vụ|nhiem vu)(?: trọng tâm| chủ yếu| trong tam| chu yeu)?,? "
    r"(?:giải pháp |giai phap )?(?:\d+ )?(?:tháng|thang|cả năm|ca nam|năm|nam|nửa|nua)(?!\w)"
    r"|(?:và|va|[,;-]) ?(?:kế hoạch|ke hoach)(?: công tác| cong tac)? (?:\d+ )?(?:tháng|thang|năm|nam)(?!\w)"
)
_WORD_ALONE = r"(?= năm(?!\w)| \d{4}|[/,-]|$)"
_MONTH_INSIDE = re.compile(
    r"(?<!\w)(?:(?P<code_year>20\d\d)[- /.]?m(?P<code>0[1-9]|1[0-2])(?!\w)"
    rf"|(?:(?:tháng|thang)[ .\-]{{0,2}}(?P<month>{_DIGITS}|năm(?= năm 20)"
    rf"|(?:{'|'.join(word for word in _COUNTS if word != 'năm')}){_WORD_ALONE})"
    rf"|t[. ]?(?P<short>{_DIGITS})(?=[ ./\-]{{0,2}}20\d\d(?!\d)))"
    # Of two months ("tháng 3 và 4") it is neither.
    r"(?!\w|(?: và|,|-) ?\d{1,2}(?![\d/]| ?tháng))" + _INSIDE_YEAR.format(name="year") + ")"
)
_SO_FAR_INSIDE = re.compile(
    rf"(?<!\w)(?P<months>{_COUNT}) (?:tháng|thang)(?: (?:đầu năm|dau nam)|(?= (?:năm |nam )?20\d\d)"
    r"|(?=(?:,| và| va)? (?:ước|uoc|dự kiến|du kien)(?: thực hiện| thuc hien)? (?:cả |ca )?(?:năm|nam)(?!\w)))"
    + _INSIDE_YEAR.format(name="year")
)
# "9T-2023" is nine months, "T9-2023" is the ninth.
_SHORT_INSIDE = re.compile(
    r"(?<!\w)(?P<months>0?6|0?9|12)t(?: (?:đầu năm|dau nam)|(?=[ ./\-]{0,2}20\d\d(?!\d)))"
    + _INSIDE_YEAR.format(name="year")
)
_HALF_INSIDE = re.compile(
    r"(?<!\w)(?:(?P<code_year>20\d\d)[- /.]?h(?P<number>[12])(?!\w)"
    r"|(?:(?:0?6|sáu|sau) (?:tháng|thang)|nửa|nua) (?P<part>đầu|cuối|dau|cuoi) (?:năm|nam)"
    + _INSIDE_YEAR.format(name="year")
    + ")"
)
_YEAR_TO_DATE_CODE = re.compile(r"(?<!\w)(?P<code_year>20\d\d)[- /.]?ytd(?P<number>06|09|12)(?!\w)")
_YEAR_INSIDE = re.compile(
    r"(?<!\w)(?:(?:báo cáo|bao cao|kết quả|ket qua)(?: kết quả| ket qua)?(?: thực hiện| thuc hien)?:? "
    r"(?:năm|nam)(?= 20)"
    r"|(?:^|(?<=báo cáo )|(?<=bao cao ))(?:tổng kết|tong ket)(?: công tác| cong tac)? (?:năm|nam)(?= 20)"
    r"|(?<!ước )(?<!ước thực hiện )(?<!kế hoạch )(?<!dự kiến )(?<!so với )(?<!uoc )(?<!uoc thuc hien )"
    r"(?:cả năm|ca nam)(?!\w))" + _INSIDE_YEAR.format(name="year")
)
# Of a plan by years only: by other periods each report is on how the year's plan is carried out.
_YEAR_OF_PLAN_INSIDE = re.compile(
    r"(?:^|(?<!\w)(?:báo cáo|bao cao)(?: đánh giá| danh gia)?:? )(?:tình hình|kết quả|tinh hinh|ket qua)"
    r"(?: và kết quả| va ket qua)? (?:thực hiện|thuc hien)"
    r"(?: (?:các |cac )?(?:kế hoạch|chỉ tiêu|nhiệm vụ|mục tiêu|ke hoach|chi tieu|nhiem vu|muc tieu)(?!\w)"
    r"(?:(?!tháng|thang|quý|năm|(?<!\w)(?:quy|nam)(?!\w))[^,;:\d])*?)?"
    r" (?:năm|nam)(?= 20)(?! 20\d\d ?[-–] ?(?:20)?\d\d(?!\d))" + _INSIDE_YEAR.format(name="year")
)


def read_date(cell: RawCell | date | str | float | None, *, year: int | None = None) -> date | None:
    """Returns the day a cell names, or None when it names none for certain.

    Reads date cells and ``14/03/2023``, ``14-3-2023``, ``14.3.2023``, ``14/3/23``, ``ngày 14 tháng 3 năm 2023``,
    ``2023-03-14``; never month first: ``03/14/2023`` is None. A number is None as well, since an Excel serial number
    that lost its format cannot be told from any other number.

    Args:
        cell: a cell, or its value.
        year: taken for a day without a year (``14/3``); without it such a day is None.
    """
    value = cell.value if isinstance(cell, RawCell) else cell
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value if value.year in _YEARS else None
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = _UNTIL.sub("", fold(value).lstrip("'")).rstrip(".;, ")
    match = _ISO.fullmatch(text) or _NUMERIC.fullmatch(text) or _WORDS.fullmatch(text)
    if not match:
        return None
    return _day(match["year"], match["month"], match["day"], year)


def format_date(day: date) -> str:
    """Returns ``14/03/2023``."""
    return f"{day.day:02d}/{day.month:02d}/{day.year}"


def long_date(day: date) -> str:
    """Returns ``ngày 14 tháng 3 năm 2023``, with a leading 0 for days below 10 and months 1 and 2.

    Source: Decree 30/2020/NĐ-CP, Annex I (place and date of a document).
    """
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def format_instant(instant: datetime) -> str:
    """Returns ``16:30 ngày 14/03/2023``, in the time of Asia/Ho_Chi_Minh.

    Raises:
        ValueError: the instant has no offset.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    local = instant.astimezone(HANOI)
    return f"{local:%H:%M} ngày {format_date(local)}"


def deadline_text(due_at: datetime) -> str:
    """Writes the exclusive deadline as officials do: ``trước ngày 15 tháng 3 năm 2023``."""
    due = due_at.astimezone(HANOI)
    return f"trước {long_date(due.date())}" if due.time() == time(0) else f"trước {_clock_time(due)}"


def last_moment_text(due_at: datetime) -> str:
    """Writes the last moment that is still in time: ``24 giờ 00, ngày 14 tháng 3 năm 2023``."""
    due = due_at.astimezone(HANOI)
    return f"24 giờ 00, {long_date((due - timedelta(days=1)).date())}" if due.time() == time(0) else _clock_time(due)


def _clock_time(instant: datetime) -> str:
    return f"{instant.hour:02d} giờ {instant.minute:02d}, {long_date(instant.date())}"


def read_period(
    text: str | None, *, year: int | None = None, kind: PeriodKind = PeriodKind.QUARTER
) -> tuple[Period, str] | None:
    """Returns the period a text names and what of it (``quarter``: of it alone, or ``year_to_date``), or None.

    Of a plan by quarters it reads ``Quý I``, ``quý 1/2023``, ``Q.I-2023``, ``I/2023``, ``2023-Q1`` as the quarter, and
    ``3 tháng đầu năm``, ``6 tháng``, ``9 tháng đầu năm 2023``, ``cả năm`` as the year up to that quarter's end; of one
    by months ``Tháng 4``, ``T4/2023``, ``tháng tư``, ``4/2023`` and ``4 tháng đầu năm``; of one by half-years ``6 tháng
    đầu năm``, ``nửa cuối năm``, ``cả năm``. What is no period of the plan's kind is None: ``quý I`` where it is months.

    Args:
        text: the whole text of a cell or field; a period inside a longer sentence is not looked for.
        year: taken where the text has none; without it such a text is None.
        kind: which periods the plan has.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    plain = fold(text).lstrip("'").rstrip(".;, ")
    if kind is not PeriodKind.QUARTER:
        return _read_of_kind(plain, year, kind)
    if match := _ISO_QUARTER.fullmatch(plain):
        return _period(int(match["quarter"]), match["year"], year, QUARTER)
    if match := _QUARTER_TEXT.fullmatch(plain):
        # A numeral alone ("I") could be a heading; with a year it is a quarter.
        if match["bare"] and not match["year"]:
            return None
        return _period(_quarter_number(match["quarter"] or match["bare"]), match["year"], year, QUARTER)
    if match := _MONTHS_TEXT.fullmatch(plain):
        return _ending(_month_number(match["months"]), match["year"], year, kind, YEAR_TO_DATE)
    if match := _WHOLE_YEAR.fullmatch(plain):
        return _ending(12, match["year"], year, kind, YEAR_TO_DATE)
    return None


def _read_of_kind(plain: str, year: int | None, kind: PeriodKind) -> tuple[Period, str] | None:
    """Reads a folded text of a plan that has other periods than quarters."""
    try:
        coded = Period.parse(plain.upper())
    except ValueError:
        coded = None
    if coded is not None:
        return (coded, QUARTER) if coded.kind is kind and coded.year in _YEARS else None
    if kind is PeriodKind.MONTH and (match := _MONTH_TEXT.fullmatch(plain)):
        month = match["month"] or match["short"] or match["bare"]
        return _ending(_month_number(month), match["year"] or match["bare_year"], year, kind, QUARTER)
    if kind is PeriodKind.HALF_YEAR and (match := _HALF_TEXT.fullmatch(plain)):
        is_second = "cuối" in (match["part"], match["half"])
        return _ending(12 if is_second else 6, match["year"], year, kind, QUARTER)
    if match := _SO_FAR_TEXT.fullmatch(plain):
        return _ending(_month_number(match["months"]), match["year"], year, kind, YEAR_TO_DATE)
    if kind is not PeriodKind.MONTH and (match := _WHOLE_YEAR.fullmatch(plain)):
        return _ending(12, match["year"], year, kind, YEAR_TO_DATE)
    return None


def find_periods(text: str, *, year: int | None = None, kind: PeriodKind = PeriodKind.QUARTER) -> frozenset[Period]:
    """Returns the periods that a title or a file's name speaks of, by their name or the months since the year's start.

    "BÁO CÁO KẾT QUẢ QUÝ I, NHIỆM VỤ TRỌNG TÂM QUÝ II NĂM 2023" speaks of the first only: what is still to be done is no
    report. A year alone names none, since it stands in every title; of a plan by years, "BÁO CÁO NĂM 2023" does. The
    month of a date is no period. File names come without accents (``quy 1``, ``thang 4``).

    Args:
        text: any text; a numeral without the word for a quarter (``I/2023``) counts only where it is the whole text.
        year: taken where the text names no year at all.
        kind: which periods the plan has; others are not looked for.
    """
    is_year = kind is not PeriodKind.QUARTER and _BARE_YEAR.fullmatch(fold(text))
    if not is_year and (whole := read_period(text, year=year, kind=kind)):
        return frozenset({whole[0]})
    years = set(_ANY_YEAR.findall(fold(text)))
    only_year = years.pop() if len(years) == 1 else None
    plain = fold(text.replace("_", " "))
    if kind is not PeriodKind.QUARTER:
        return frozenset(_inside(plain, only_year, year, kind))
    plain = _TO_BE_DONE.split(plain, maxsplit=1)[0]
    found = set()
    for match in _PERIOD_INSIDE.finditer(plain):
        if match["iso_quarter"]:
            quarter, stated = int(match["iso_quarter"]), match["iso_year"]
        elif match["months"]:
            quarter = _month_number(match["months"]) // 3
            stated = match["months_year"]
        else:
            quarter, stated = _quarter_number(match["quarter"]) or 0, match["year"]
        if period := _period(quarter or None, stated or only_year, year, QUARTER):
            found.add(period[0])
    return frozenset(found)


def _inside(plain: str, only_year: str | None, year: int | None, kind: PeriodKind) -> Iterator[Period]:
    """Yields the periods of a kind that a folded text names, dates and what is to be done left out."""
    plain = _DAY_INSIDE.sub(" ", _TO_BE_DONE_OF_KIND.split(plain, maxsplit=1)[0])
    found: list[tuple[int | None, str | None]] = [
        (_month_number(match["months"]), match["year"]) for match in _SO_FAR_INSIDE.finditer(plain)
    ]
    if kind is PeriodKind.MONTH:
        found += [
            (_month_number(match["code"] or match["month"] or match["short"]), match["code_year"] or match["year"])
            for match in _MONTH_INSIDE.finditer(plain)
        ]
    elif kind is PeriodKind.HALF_YEAR:
        for match in _HALF_INSIDE.finditer(plain):
            is_second = match["number"] == "2" or match["part"] in ("cuối", "cuoi")
            found.append((12 if is_second else 6, match["code_year"] or match["year"]))
    elif kind is PeriodKind.YEAR_TO_DATE:
        found += [(int(match["number"]), match["code_year"]) for match in _YEAR_TO_DATE_CODE.finditer(plain)]
    if kind in (PeriodKind.HALF_YEAR, PeriodKind.YEAR_TO_DATE):
        found += [(int(match["months"]), match["year"]) for match in _SHORT_INSIDE.finditer(plain)]
    if kind is not PeriodKind.MONTH:
        found += [(12, match["year"]) for match in _YEAR_INSIDE.finditer(plain)]
    if kind is PeriodKind.YEAR:
        found += [(12, match["year"]) for match in _YEAR_OF_PLAN_INSIDE.finditer(plain)]
    for month, stated in found:
        if period := _ending(month, stated or only_year, year, kind, QUARTER):
            yield period[0]


def _day(year: str | None, month: str, day: str, default_year: int | None) -> date | None:
    number = int(year) if year else default_year
    if number is None:
        return None
    if year and len(year) == 2:
        number += 2000
    try:
        found = date(number, int(month), int(day))
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _quarter_number(text: str) -> int | None:
    if set(text) <= {"i", "l"}:
        return len(text)
    return _QUARTERS.get(text) or _QUARTER_WORDS.get(text)


def _period(quarter: int | None, year: str | None, default_year: int | None, basis: str) -> tuple[Period, str] | None:
    return _ending(quarter and 3 * quarter, year, default_year, PeriodKind.QUARTER, basis)


def _month_number(text: str) -> int:
    return _COUNTS.get(text) or int(text)


def _ending(
    month: int | None, year: str | None, default_year: int | None, kind: PeriodKind, basis: str
) -> tuple[Period, str] | None:
    """Returns the period of a kind that ends with a month; None where none does."""
    number = int(year) if year else default_year
    if month not in kind.ends or number is None or number not in _YEARS:
        return None
    return Period(number, kind.ends.index(month) + 1, kind), basis
