"""Targets as a plan prints them: ``1.800``, ``9 - 10``, ``> 8,7``, ``từ 86% trở lên``, ``7,0%; phấn đấu 7,5%``.

Words before the number say how it binds, words behind it of what it is. What can be read in two ways is read the
likelier way and carries a ``doubt``; what is no number, or more than one target, is refused with a sentence.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from tiendo.model.register import Comparator
from tiendo.vietnamese.notation import NUMERAL, Meanings, format_number, meanings
from tiendo.vietnamese.text import fold

GE, GT, LE, LT = Comparator.GE, Comparator.GT, Comparator.LE, Comparator.LT
# Other kinds of words before a number.
_PLAIN, _FROM, _KEPT, _ABOUT, _RISE, _FALL, _UP_TO, _DOWN_TO, _PLACE, _FIRST, _GROUP = (
    *("plain", "from", "kept", "about", "rise", "fall", "up_to", "down_to", "place", "first", "group"),
)  # fmt: skip
_LEADS: dict[str, tuple[str, ...]] = {
    GT: (">", "trên", "hơn", "cao hơn", "lớn hơn", "nhiều hơn"),
    LT: ("<", "dưới", "thấp hơn", "nhỏ hơn", "ít hơn"),
    GE: (
        *("≥", ">=", "=>", "⩾", "≧", "> =", "tối thiểu", "ít nhất", "không dưới", "không thấp hơn", "không ít hơn"),
        *("không nhỏ hơn", "không kém", "lớn hơn hoặc bằng", "bằng hoặc lớn hơn", "bằng hoặc cao hơn"),
    ),
    LE: (
        *("≤", "<=", "=<", "⩽", "≦", "< =", "tối đa", "nhiều nhất", "không quá", "không vượt quá", "không vượt"),
        *("không cao hơn", "không lớn hơn", "không nhiều hơn", "không trên", "nhỏ hơn hoặc bằng", "bằng hoặc thấp hơn"),
    ),
    _PLAIN: (
        *("đạt", "đạt được", "đạt mức", "bằng", "=", "là", "phấn đấu", "chiếm", "mức", "ở mức", "bình quân", "+"),
        *("hoàn thành", "bảo đảm", "đảm bảo"),
    ),
    _FROM: ("từ",),
    _KEPT: ("duy trì", "giữ", "giữ vững", "giữ ổn định", "ổn định"),
    _ABOUT: ("khoảng", "xấp xỉ", "gần", "trên dưới", "chừng", "~", "≈", "ước", "ước tính"),
    _RISE: ("tăng", "tăng thêm", "thêm", "gấp", "tăng gấp"),
    _FALL: ("giảm", "giảm thêm"),
    _UP_TO: ("tăng lên", "tăng lên mức", "nâng lên", "nâng lên mức", "đạt và vượt", "đạt, vượt"),
    _DOWN_TO: ("còn", "giảm còn", "giảm xuống", "giảm xuống còn", "xuống còn", "kéo giảm còn", "hạ còn"),
    _PLACE: ("hạng", "thứ", "thứ hạng", "xếp hạng", "xếp thứ", "vị trí", "vị trí thứ", "đứng thứ"),
    _FIRST: ("top", "tốp", "trong top", "trong tốp", "thuộc top", "thuộc tốp"),
    _GROUP: ("nhóm", "trong nhóm", "thuộc nhóm"),
}  # fmt: skip
_KINDS = {phrase: kind for kind, phrases in _LEADS.items() for phrase in phrases}
_LEAD = re.compile(
    rf"({'|'.join(re.escape(phrase) for phrase in sorted(_KINDS, key=len, reverse=True))})(?![^\W\d_])[: ]*"
)
_LONGEST = 300
# Signs and digits of Chinese and Japanese keyboards, as wide as a letter of theirs.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_NOTHING = re.compile(r"[-_.…/ ]*")
_MARK = re.compile(r" ?(?:\*+|\(\*+\)|\([1-9]\)|\[[1-9]\]|[¹²³])$")
_HOPE = re.compile(r"(?P<main>.*\d.*?)[ ;,(]+(?:và )?(?:phấn đấu|quyết tâm)\b(?P<hope>.*\d.*?)\)?$")
_END = re.compile(rf"(?P<unit> ?[%‰]| ?[^\W\d_][^\d;,]{{0,30}}?)? ?(?:-|~|÷|đến|tới) ?(?P<high>{NUMERAL.pattern})")
_PART = re.compile(r" ?/ ?(?P<whole>\d+)(?![\d.,/]) ?")
_OPEN_END = re.compile(r" ?\b(?:(?P<up>trở lên)|(?P<down>trở xuống))\b ?")
# Digits that may stand in the words behind a number: of an area, a year, or what is counted against (/10.000 dân).
_DIGITS_OF_UNIT = re.compile(r"\b(?:k|c|d)?m[23]\b|\b(?:19|20)\d\d\b|(?:/|trên|so với) ?\d[\d.]* ?(?=[^\W\d_])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_COMPARED = re.compile(r"\bso với|\bcùng kỳ|\bnăm (?:trước|ngoái)")
_UNCLEAR = re.compile(r"\b(?:hoặc|hay|riêng|trong đó|trừ|hơn|dưới|không|tối thiểu|tối đa|ít nhất|nếu|nhưng)\b|[<>≥≤]")


class TargetReading(NamedTuple):
    """A target as understood; ``low`` and ``high`` as in ``tiendo.model.register.Indicator``.

    Attributes:
        is_bare: nothing but a number is printed: whether it is a floor or a ceiling is not said.
        unit: the words behind the number, folded.
        doubt: why something else may be meant; a person has to decide.
        note: what is said beside the target (a hope, that it is a change, a footnote's mark).
    """

    comparator: Comparator
    low: Decimal | None = None
    high: Decimal | None = None
    is_bare: bool = False
    unit: str = ""
    doubt: str = ""
    note: str = ""

    @property
    def sides(self) -> tuple[Comparator, Decimal | None, Decimal | None]:
        """How it is understood, without what is remarked about it."""
        return self.comparator, self.low, self.high

    def scaled(self, exponent: int) -> "TargetReading":
        """Returns the same with its numbers multiplied by a power of ten."""
        low, high = (side if side is None or not exponent else side.scaleb(exponent) for side in (self.low, self.high))
        return self._replace(low=low, high=high)


def read_target(text: str | None, *, comma_thousands: bool = False) -> TargetReading:
    """Returns what a printed target says, dots between thousands, commas before decimals.

    A bare number is a floor (GE), a blank or a dash is no target (NONE), two numbers are RANGE; whether such a range
    is a band (BETWEEN) is the register's decision. A floor has ``low`` only, a ceiling ``high`` only.

    Args:
        comma_thousands: other cells of the same column use the comma between thousands, so ``64,100`` is 64100.

    Raises:
        ValueError: the text is no target, or more than one; says why.
    """
    text = text or ""
    folded = fold(text.translate(_NARROW))
    if len(folded) > _LONGEST:
        raise ValueError(f"'{text[:60]}…' is not a target: it is too long for one")
    if _NOTHING.fullmatch(folded):
        return TargetReading(Comparator.NONE)
    plain = _MARK.sub("", folded)
    try:
        reading = _read_with_hope(plain.rstrip(" .;,"), comma_thousands)
    except _NoTargetError as error:
        raise ValueError(f"{text!r} {error}") from None
    if plain != folded:
        reading = reading._replace(note=_joined(reading.note, "it has a footnote's mark"))
    return reading


def read_targets(text: str) -> list[tuple[str, TargetReading]]:
    """Returns the targets of a text that holds several, as ``≤ 3 Đông Nam Á; ≤ 50 thế giới``; [] where it does not."""
    parts = [part.strip() for part in re.split(r"[;\n]| và (?=\d|[<>≤≥])", text) if part.strip()]
    try:
        found = [(part, read_target(part)) for part in parts]
    except ValueError:
        return []
    return found if len(found) > 1 and all(reading.comparator is not Comparator.NONE for _, reading in found) else []


def numerals(text: str) -> list[tuple[str, Meanings]]:
    """Returns each numeral of a text, and what it can mean by its separators: evidence of how a column is written."""
    return [(numeral, meanings(numeral)) for numeral in NUMERAL.findall(fold(text.translate(_NARROW)))]


class _NoTargetError(Exception):
    """Why a text is no target; the text itself is put before it."""


def _read_with_hope(text: str, comma_thousands: bool) -> TargetReading:
    match = _HOPE.fullmatch(text)
    if not match:
        return _read(text, comma_thousands)
    reading = _read(match["main"].rstrip(" ,;("), comma_thousands)
    hoped = _read(match["hope"].strip(" :"), comma_thousands)
    note = _joined(reading.note, f"beyond it is hoped for: {match['hope'].strip(' :')}")
    if reading.is_bare and reading.low is not None:
        # Hoping for less makes the number a ceiling, hoping for more a floor.
        hope = hoped.low if hoped.low is not None else hoped.high
        is_ceiling = hope is not None and hope < reading.low
        reading = reading._replace(is_bare=False)
        if is_ceiling:
            reading = reading._replace(comparator=LE, low=None, high=reading.low)
    return reading._replace(note=note, doubt=_joined(reading.doubt, hoped.doubt))


def _read(text: str, comma_thousands: bool) -> TargetReading:
    kinds, rest = _leads(text)
    match = NUMERAL.match(rest)
    if not match:
        raise _NoTargetError(f"is not a target: {_why_no_number(rest)}")
    first, rest = match[0], rest[match.end() :]
    doubts: list[str] = []
    low, high, unit = _value(first, comma_thousands, doubts), None, ""
    if match := _PART.match(rest):
        if _YEAR.fullmatch(match["whole"]):
            raise _NoTargetError("is not a target: it looks like a date")
        doubts.append(f"{first} of {match['whole']} may be meant as a part of a whole")
        rest = rest[match.end() :]
    elif match := _END.match(rest):
        if _YEAR.fullmatch(first) and _YEAR.fullmatch(match["high"]):
            raise _NoTargetError("is not a target: it looks like years")
        unit, high = (match["unit"] or "").strip(), _value(match["high"], comma_thousands, doubts)
        rest = rest[match.end() :]
    opened = _OPEN_END.search(rest)
    rest = _OPEN_END.sub(" ", rest).strip()
    if re.search(r"\d", _DIGITS_OF_UNIT.sub("", rest)):
        raise _NoTargetError(f"is not a target: more than one number stands in it ({rest!r} behind the first)")
    if _UNCLEAR.search(rest):
        doubts.append(f"{rest!r} behind the number may change what is meant")
    if _COMPARED.search(rest) and not _change(kinds):
        doubts.append(f"{rest!r}: it is a comparison, and no level")
    end = (GE if opened["up"] else LE) if opened else None
    bound = _bound(kinds, end, is_range=high is not None, doubts=doubts)
    reading = TargetReading(bound or GE, low, high, unit=rest or unit, doubt=_joined(*doubts), note=_change(kinds))
    if high is not None:
        if high < low or bound:
            raise _NoTargetError("is not a range" if high < low else "says two things: a bound, and a range")
        return reading._replace(comparator=Comparator.RANGE)
    if bound is None:
        is_kept = _KEPT in kinds
        return reading._replace(comparator=Comparator.BETWEEN, high=low) if is_kept else reading._replace(is_bare=True)
    return reading._replace(low=None, high=low) if bound in (LE, LT) else reading


def _why_no_number(rest: str) -> str:
    number = NUMERAL.search(rest)
    if number:
        return f"the words {rest[: number.start()].strip()!r} before the number are not known"
    return "it holds no number; a goal in words is graded by reported states (comparator state)"


def _change(kinds: list[str]) -> str:
    word = "tăng" if _RISE in kinds else "giảm" if _FALL in kinds else ""
    return f"it is a change ({word}): figures must be the change, not the level" if word else ""


def _leads(text: str) -> tuple[list[str], str]:
    """Returns the kinds of the words before the number, in order, and the text from the number on."""
    kinds: list[str] = []
    while match := _LEAD.match(text):
        kinds.append(_KINDS[match[1]])
        text = text[match.end() :]
    return kinds, text


def _bound(kinds: list[str], end: Comparator | None, *, is_range: bool, doubts: list[str]) -> Comparator | None:
    """Returns how the words before and behind a number bind it, None where they leave it bare."""
    signs = {Comparator(kind) for kind in kinds if kind in (GE, GT, LE, LT)}
    if end:
        signs.add(end)
    if _UP_TO in kinds:
        signs = signs & {GT} or signs | {GE}
    if _DOWN_TO in kinds or _FIRST in kinds:
        signs = signs & {LT} or signs | {LE}
    if len(signs) > 1:
        raise _NoTargetError("says two things")
    if _ABOUT in kinds:
        doubts.append("the number is approximate only")
    if _PLACE in kinds and (end or is_range):
        doubts.append("of places, the better one has the smaller number")
    if _GROUP in kinds:
        doubts.append("a group's number may be meant, or the first places")
        signs = signs or {LE}
    sign = signs.pop() if signs else None
    if is_range:
        if _DOWN_TO in kinds and sign is LE:
            doubts.append("a range that is to be come down to has no floor and no hope above it")
            return None
        return sign
    if _FALL in kinds and sign in (LE, LT):
        doubts.append("the fall may be bounded, or the level that is left")
    return sign or (GE if {_FROM, _RISE, _FALL} & set(kinds) else None)


def _value(numeral: str, comma_thousands: bool, doubts: list[str]) -> Decimal:
    """Returns the likelier meaning of a numeral, after noting a doubt where there is another one."""
    meaning = meanings(numeral)
    if not meaning.values:
        raise _NoTargetError(f"is not a target: {numeral!r} is no number")
    if len(meaning.values) == 1:
        if meaning.is_english:
            what = "a point before decimals, where a comma is usual" if "." in numeral else "commas between thousands"
            doubts.append(f"{numeral} has {what}")
        return meaning.values[0]
    as_decimals, as_thousands = meaning.values
    is_thousands = meaning.mark == "." or comma_thousands
    value, other = (as_thousands, as_decimals) if is_thousands else (as_decimals, as_thousands)
    if meaning.mark == "," or comma_thousands:
        doubts.append(f"{numeral} is read as {format_number(value)}, and can also be {format_number(other)}")
    return value


def _joined(*texts: str) -> str:
    return "; ".join(text for text in texts if text)
