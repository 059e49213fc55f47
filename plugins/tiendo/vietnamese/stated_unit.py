"""Units as written beside a number ("1,8 tỷ USD", "3,32 96o"), and how they relate to the unit of an indicator."""

import re
from functools import lru_cache
from typing import NamedTuple

from tiendo.model.register import Unit
from tiendo.vietnamese.text import fold

PERCENT_FAMILIES = frozenset({"share", "percent_change"})
WHOLE_FAMILIES = frozenset({"count", "rank"})

_SCALES = {
    "nghìn tỷ": 12, "ngàn tỷ": 12, "nghìn tỉ": 12, "ngàn tỉ": 12, "tỷ": 9, "tỉ": 9, "triệu": 6, "tr.": 6, "tr": 6,
    "vạn": 4, "nghìn": 3, "ngàn": 3, "": 0,
}  # fmt: skip
SCALE_WORDS = {12: "nghìn tỷ", 9: "tỷ", 6: "triệu", 3: "nghìn", 0: ""}
_NOUNS = {
    "%": ("%", "phần trăm", "pct"),
    "‰": ("‰", "96o", "%o", "%0", "o/oo", "0/00", "phần nghìn", "phần ngàn"),
    "vnd": ("vnd", "vnđ", "đồng", "đ", "đồng việt nam", "việt nam đồng", "đồng vn"),
    "usd": ("usd", "đô la mỹ", "đô la", "đô-la mỹ", "đô-la", "đô", "$", "us$", "mỹ kim"),
    "doanh nghiệp": ("doanh nghiệp", "dn"),
    "thuê bao": ("thuê bao", "tb"),
    "căn": ("căn", "căn hộ", "căn nhà"),
    "m2/người": ("m2/người", "m2", "m2/ng"),
    "bác sĩ/vạn dân": ("bác sĩ/vạn dân", "bác sỹ/vạn dân", "bác sĩ", "bác sỹ"),
    "số bé trai so với 100 bé gái": (
        "số bé trai so với 100 bé gái", "bé trai so với 100 bé gái", "bé trai/100 bé gái", "/100 bé gái", "/100",
        "nam/100 nữ", "bé trai", "nam",
    ),
    "hạng": ("hạng", "thứ hạng"),
}  # fmt: skip
_NOUN_BY_WORDS = {words: noun for noun, variants in _NOUNS.items() for words in variants}
_STATED = re.compile(rf"({'|'.join(re.escape(words) for words in _SCALES)})(?![^\W\d_])[ .]?(.*)")
# The register's codes name scale and currency of money, whatever its label is.
_CODE_SCALES = {"vnd": 0, "usd": 0, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}


class StatedUnit(NamedTuple):
    """A scale (power of ten) and what is counted, ``usd``, ``%``, ``thuê bao``; "" where it is not said."""

    scale: int
    noun: str


class Shift(NamedTuple):
    """From a stated unit to an indicator's own.

    Attributes:
        exponent: power of ten to multiply by.
        is_base_unit: "USD" was written where the unit is million USD. Either it is meant, or it is shorthand.
    """

    exponent: int = 0
    is_base_unit: bool = False


def read_stated(text: str) -> StatedUnit:
    """Returns what the words behind a number state. Unknown words come back as the noun."""
    words = re.sub(r"^\((.*)\)$", r"\1", fold(text).replace("²", "2").strip(" .;"))
    # "trđ", "tỷđ": the two abbreviations are written without a blank.
    words = re.sub(r"^(tr|triệu|tỷ|tỉ)đ$", r"\1 đ", words)
    match = _STATED.match(words)
    scale, noun = (_SCALES[match[1]], match[2].strip()) if match else (0, words)
    return StatedUnit(scale, _NOUN_BY_WORDS.get(noun, noun))


def is_unit(text: str) -> bool:
    """Tells whether a text is the name of a unit and nothing else: "tỷ đồng", "%", "nghìn"."""
    stated = read_stated(text)
    return stated.noun in _NOUNS or (stated.noun == "" and stated.scale > 0)


@lru_cache(maxsize=256)
def own_unit(unit: Unit) -> StatedUnit:
    """Returns scale and noun of a unit of the register, by its family, its code (money) or its label."""
    if unit.family in PERCENT_FAMILIES:
        return StatedUnit(0, "%")
    if unit.family == "per_mille":
        return StatedUnit(0, "‰")
    scale, _, currency = unit.code.rpartition("_")
    if unit.family == "money" and currency in ("vnd", "usd") and (not scale or scale in _CODE_SCALES):
        return StatedUnit(_CODE_SCALES.get(scale, 0), currency)
    return read_stated(unit.label)


def is_same_unit(text: str, unit: Unit | None) -> bool:
    """Tells whether a text is another spelling of a unit: "tỉ đồng" of "Tỷ đồng", "96o" of "‰"; never % of ‰."""
    return unit is not None and is_unit(text) and read_stated(text) == own_unit(unit)


def find_shift(stated: StatedUnit, unit: Unit | None) -> Shift | str:
    """Returns how a number with a stated unit becomes one in the unit of its indicator, or a reason why it cannot.

    Reasons: ``percent_for_other_unit``, ``other_unit``. Without a unit, only "%", "‰" and a bare scale are understood.
    """
    own = own_unit(unit) if unit else StatedUnit(0, stated.noun if stated.noun in ("%", "‰") else "")
    if stated.noun and stated.noun != own.noun and not _is_short_for(stated.noun, own.noun):
        return "percent_for_other_unit" if stated.noun == "%" else "other_unit"
    if stated.scale and unit and unit.family not in ("money", "count"):
        return "other_unit"
    return Shift(stated.scale - own.scale, is_base_unit=own.scale > 0 and stated.scale == 0)


def compare_units(words: str, own: StatedUnit) -> tuple[int, str]:
    """Returns the power of ten from the words behind a number to a unit, and a doubt where they seem to be two units.

    ("8 triệu lượt", in lượt) is 6, ("1.500 tỷ đồng", in triệu USD) a doubt. What is counted ("100% xã") is no unit.
    """
    stated = read_stated(words)
    if not words or own == StatedUnit(0, ""):
        return 0, ""
    sign, own_sign = (noun[:1] if noun[:1] in ("%", "‰") else "" for noun in (stated.noun, own.noun))
    is_same = stated.noun in ("", own.noun) or _is_short_for(stated.noun, own.noun)
    if (sign and sign != own_sign) or (is_unit(words) and not is_same and sign != own_sign):
        return 0, f"{words!r} stands behind the number, and the unit is another one"
    if is_same and stated.scale < own.scale:
        return 0, f"{words!r} stands behind the number: its scale is not the unit's, or left out"
    return stated.scale - own.scale if stated.scale else 0, ""


def _is_short_for(stated: str, own: str) -> bool:
    """Tells whether a noun is the beginning of the own one: "giường bệnh" for "giường bệnh/vạn dân"."""
    return re.match(rf"{re.escape(stated)}[ /]", own) is not None
