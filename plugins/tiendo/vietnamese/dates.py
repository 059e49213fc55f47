"""Dates and periods as Vietnamese offices write them. The day always comes first; what makes no sense is None."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from tiendo.clock import HANOI
from tiendo.model.content import RawCell
from tiendo.model.period import Period
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
_MONTH_WORDS = {"ba": 3, "sáu": 6, "chín": 9, "mười hai": 12}


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


def read_period(text: str | None, *, year: int | None = None) -> tuple[Period, str] | None:
    """Returns the period a text names and what of it (``quarter`` or ``year_to_date``), or None.

    Reads ``Quý I``, ``quý 1/2023``, ``Q.I-2023``, ``I/2023``, ``2023-Q1`` as the quarter, and ``3 tháng đầu năm``,
    ``6 tháng``, ``9 tháng đầu năm 2023``, ``cả năm`` as the year up to that quarter's end.

    Args:
        text: the whole text of a cell or field; a period inside a longer sentence is not looked for.
        year: taken where the text has none; without it such a text is None.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    plain = fold(text).lstrip("'").rstrip(".;, ")
    if match := _ISO_QUARTER.fullmatch(plain):
        return _period(int(match["quarter"]), match["year"], year, QUARTER)
    if match := _QUARTER_TEXT.fullmatch(plain):
        # A numeral alone ("I") could be a heading; with a year it is a quarter.
        if match["bare"] and not match["year"]:
            return None
        return _period(_quarter_number(match["quarter"] or match["bare"]), match["year"], year, QUARTER)
    if match := _MONTHS_TEXT.fullmatch(plain):
        months = _MONTH_WORDS.get(match["months"]) or int(match["months"])
        return _period(months // 3, match["year"], year, YEAR_TO_DATE)
    if match := _WHOLE_YEAR.fullmatch(plain):
        return _period(4, match["year"], year, YEAR_TO_DATE)
    return None


def find_periods(text: str, *, year: int | None = None) -> frozenset[Period]:
    """Returns the periods that a title or a file's name speaks of, by the quarter or the months since the year's start.

    "BÁO CÁO KẾT QUẢ QUÝ I, NHIỆM VỤ TRỌNG TÂM QUÝ II NĂM 2023" speaks of the first only: what is still to be done is no
    report. A year alone names none, since it stands in every title. File names come without accents (``quy 1``).

    Args:
        text: any text; a numeral without the word for a quarter (``I/2023``) counts only where it is the whole text.
        year: taken where the text names no year at all.
    """
    if whole := read_period(text, year=year):
        return frozenset({whole[0]})
    plain = _TO_BE_DONE.split(fold(text.replace("_", " ")), maxsplit=1)[0]
    years = set(_ANY_YEAR.findall(fold(text)))
    only_year = years.pop() if len(years) == 1 else None
    found = set()
    for match in _PERIOD_INSIDE.finditer(plain):
        if match["iso_quarter"]:
            quarter, stated = int(match["iso_quarter"]), match["iso_year"]
        elif match["months"]:
            quarter = (_MONTH_WORDS.get(match["months"]) or int(match["months"])) // 3
            stated = match["months_year"]
        else:
            quarter, stated = _quarter_number(match["quarter"]) or 0, match["year"]
        if period := _period(quarter or None, stated or only_year, year, QUARTER):
            found.add(period[0])
    return frozenset(found)


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
    number = int(year) if year else default_year
    if quarter is None or number is None or number not in _YEARS:
        return None
    return Period(number, quarter), basis
