"""The words and signs round a number in a cell: "ước đạt gần 31.550 tỷ đồng", "(18,7)", "giảm 7% so với cùng kỳ"."""

import re
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# What Excel shows when it has taken "9-10" for a date, copied as text.
DATE_BY_MONTH_NAME = re.compile(
    rf"(?P<day>[0-9]{{1,2}})-(?:thg ?(?P<month>[0-9]{{1,2}})|(?P<name>{'|'.join(_MONTHS)}))"
)
# What follows the first number of a range or a fraction.
RANGE = re.compile(r" ?(?:%|‰)? ?(?:-|đến|tới|÷|~|→|\.\.|…) ?(?P<end>[0-9].*)")
FRACTION = re.compile(r" ?/ ?[0-9]")

_PER_MILLE = re.compile(r" ?(?:96o|%o|%0|o/oo|(?<= )0/00)(?= |$|\))")
_ESTIMATE = r"(?:(?:số )?(?:ước(?: tính| thực hiện| th)?|tạm tính|sơ bộ)|ưth)"
_LEADING = re.compile(
    rf"(?:(?P<estimate>\({_ESTIMATE}\)|{_ESTIMATE})"
    r"|(?P<approximate>trên dưới|trên|dưới|gần|khoảng|xấp xỉ|hơn|ngót|chừng|tối thiểu|tối đa"
    r"|ít nhất|không dưới|không quá|[<>]=?|=[<>]|[≥≤≈~⩾⩽])"
    r"|(?P<rise>tăng)|(?P<fall>giảm)|(?P<negative>âm)"
    r"|(?P<minus>-)|(?P<plus>\+)"
    r"|(?P<equal>(?:chỉ )?bằng)|(?P<reached>(?:chỉ )?đạt(?: được| mức)?)"
    r"|(?P<neutral>là|từ|thực hiện|th)"
    r"|(?P<currency>usd|us\$|\$|vnd|vnđ)"
    r"|(?P<place>xếp(?: thứ)?(?: hạng)?|đứng(?: thứ)?|hạng(?: thứ)?|thứ(?: hạng)?))"
    r"(?![^\W\d_]):? ?"
)
_BRACKETS = re.compile(r"\(([^()]*)\)(.*)")
_TRAILING_ESTIMATE = re.compile(rf"[ ,]*(?:\({_ESTIMATE}\)|(?<!\w){_ESTIMATE})$")
_TRAILING_COMPARISON = re.compile(
    r"[ ,]*(?:\({0}\)|(?<!\w){0})$".format(r"(?:so (?:với )?|của )?cùng kỳ(?: (?:năm )?(?:trước|ngoái|20[0-9]{2}))?")
)


class Wording(NamedTuple):
    """A text taken apart.

    Attributes:
        body: from the number on, without the words before it and the remarks after it.
        negatives: how often it says that the number is negative (a word, a minus sign, brackets).
        is_change: it says "tăng" or "giảm", so the number is a change and no level.
        is_rise: it says "tăng" or a plus sign.
        is_compared: it says "so với cùng kỳ", which only a rate of change can.
        is_level: it says "bằng" or "đạt", so with a comparison it may be an index (same period last year = 100).
        is_equal: it says "bằng", so with a comparison it can be nothing else.
        stated_before: a currency before the number ("USD 437 triệu"), or "hạng" for a rank; else "".
    """

    body: str
    negatives: int = 0
    is_change: bool = False
    is_rise: bool = False
    is_approximate: bool = False
    is_estimate: bool = False
    is_compared: bool = False
    is_level: bool = False
    is_equal: bool = False
    stated_before: str = ""


def read_wording(folded: str) -> Wording:
    """Takes a folded text apart; what is not understood stays in ``body``."""
    seen, rest = _take_leading(_PER_MILLE.sub("‰", folded))
    if match := _BRACKETS.fullmatch(rest):
        inner, rest = _take_leading(match[1].strip() + match[2])
        seen += [*inner, "brackets"]
    stated_before = next((word for word in seen if word in ("usd", "vnd", "hạng")), "")
    trimmed = _TRAILING_ESTIMATE.sub("", rest)
    body = _TRAILING_COMPARISON.sub("", trimmed)
    return Wording(
        body=body.strip().rstrip(".; "),
        negatives=sum(seen.count(word) for word in ("fall", "negative", "minus", "brackets")),
        is_change="rise" in seen or "fall" in seen,
        is_rise="rise" in seen or "plus" in seen,
        is_approximate="approximate" in seen,
        is_estimate="estimate" in seen or trimmed != rest,
        is_compared=body != trimmed,
        is_level="equal" in seen or "reached" in seen,
        is_equal="equal" in seen,
        stated_before=stated_before,
    )


def excel_range(day: int, month: int) -> str:
    """Returns the range that Excel takes for a day and a month, the lower number first: ``9 - 10``."""
    return f"{min(day, month)} - {max(day, month)}"


def month_number(match: re.Match[str]) -> int:
    """Returns the month of a match of ``DATE_BY_MONTH_NAME``."""
    return int(match["month"]) if match["month"] else _MONTHS.index(match["name"]) + 1


def _take_leading(text: str) -> tuple[list[str], str]:
    """Returns the kinds of the words and signs before a number, in order, and the rest."""
    seen: list[str] = []
    while match := _LEADING.match(text):
        kind = str(match.lastgroup)
        if kind == "currency":
            kind = "vnd" if match[0].startswith("vn") else "usd"
        seen.append("hạng" if kind == "place" else kind)
        text = text[match.end() :]
    return seen, text
