"""Cells that say why there is no figure, instead of one."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from tiendo.vietnamese.dates import read_date
from tiendo.vietnamese.text import fold

_LONGEST = 300
# Signs as the statistical yearbooks use them: "-" nothing occurred, "x" does not apply, "…" not collected.
_NO_OCCURRENCE = re.compile(r"-+|không phát sinh|không có phát sinh|chưa phát sinh|kps")
_NOT_APPLICABLE = re.compile(
    r"x|/|n/a|na|không áp dụng|không có nội dung|không thuộc (?:phạm vi|nhiệm vụ|lĩnh vực|đối tượng|chức năng)"
)
_NOT_AVAILABLE = re.compile(
    r"…+|\.{2,}|chưa có số liệu|chưa có sl|chưa có kết quả|chưa có|chưa công bố|chưa được công bố|chưa thống kê"
    r"|chưa tổng hợp(?: được)?|chưa đến kỳ(?: công bố| báo cáo)?|chưa báo cáo"
    r"|đang tổng hợp|đang cập nhật|không có số liệu"
    r"|(?:đang )?chờ (?:số liệu|kết quả|công bố|tổng hợp)|(?:sẽ )?(?:báo cáo|bổ sung|cập nhật|gửi) sau"
)
_SIGNS = re.compile(r"[-x/….]+|n/a|na")
_PROMISE = re.compile(
    r"(?:ngày )?[0-9]{1,2} ?(?:[-/.] ?[0-9]{1,2}(?: ?[-/.] ?[0-9]{2,4})?|tháng [0-9]{1,2}(?: năm [0-9]{4})?)"
)

# Periods named in a declaration hold digits that are no figure.
_TIME = re.compile(
    r"(?<!\w)(?:(?:quý (?:[1-4]|i{1,3}|iv)|tháng [0-9]{1,2})(?:[/-][0-9]{4})?|(?:[1-9]|1[0-2]) tháng|năm [0-9]{4}"
    r"|cùng kỳ [0-9]{4})(?![0-9.,/]*[0-9])(?!\w)"
)


_PATTERNS = (
    ("no_occurrence", _NO_OCCURRENCE),
    ("not_applicable", _NOT_APPLICABLE),
    ("not_available", _NOT_AVAILABLE),
)
# A day without a year that lies further back is one of the year to come: in December, "20/1".
_LONGEST_PAST = timedelta(days=183)


class Absence(NamedTuple):
    """What a cell without a figure says.

    Attributes:
        kind: ``not_applicable``, ``no_occurrence``, ``not_available``, ``blank``, or ``other`` for anything else, a
            figure included.
        promised_on: the day a figure is promised for ("chưa có số liệu, dự kiến 20/4/2023").
    """

    kind: str
    promised_on: date | None = None


def read_absence(text: object, *, year: int | None = None, until: date | None = None) -> Absence:
    """Returns what an empty or declared-empty cell says.

    A declaration may go on in words ("chưa có số liệu, chờ Cục Thống kê công bố") and name one day; any other digit in
    it makes it ``other``, since a figure may hide there.

    Args:
        text: the value of a cell; other types than text and None are ``other``.
        year: taken for a promised day without a year.
        until: the period's last day; a day without a year that lies more than half a year before is the next year's.
    """
    if text is None:
        return Absence("blank")
    if not isinstance(text, str) or len(text) > _LONGEST:
        return Absence("other")
    words = fold(text).lstrip("'").strip(" ()[]")
    if not words:
        return Absence("blank")
    for kind, pattern in _PATTERNS:
        match = pattern.match(words)
        if not match:
            continue
        rest = words[match.end() :]
        if _SIGNS.fullmatch(match[0]):
            return Absence(kind if not rest else "other")
        return _declared(kind, rest, year, until)
    return Absence("other")


def _declared(kind: str, rest: str, year: int | None, until: date | None) -> Absence:
    if rest[:1].isalnum():
        return Absence("other")
    promises = list(_PROMISE.finditer(rest))
    digits_left = re.search(r"\d", _TIME.sub("", _PROMISE.sub("", rest)))
    if len(promises) > 1 or digits_left:
        return Absence("other")
    if kind != "not_available" or not promises:
        return Absence(kind)
    promised_on = read_date(promises[0][0], year=year)
    if promised_on and year and until and until - promised_on > _LONGEST_PAST and not read_date(promises[0][0]):
        promised_on = read_date(promises[0][0], year=year + 1)
    return Absence(kind, promised_on)
