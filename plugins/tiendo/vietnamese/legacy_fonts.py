"""Vietnamese text typed for fonts of the time before Unicode: TCVN3 (``.VnTime``) and VNI (``VNI-Times``).

Such a cell holds letters of Latin-1 that only its font shows as Vietnamese: "Së KÕ ho¹ch" is "Sở Kế hoạch". The font's
name decides; where a file names no font, a text is converted only when nothing else is possible (``certain_charset``).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from tiendo.vietnamese.text import fold

TCVN3: Final = "tcvn3"
VNI: Final = "vni"

# The code points U+00A1 to U+00FF in TCVN 5712:1993, as `iconv -f TCVN` has them. B0 to B4 are accents that no font of
# this kind shows; U+00AD, the invisible soft hyphen, is "ư".
_TCVN_FROM = 0xA1
_TCVN3_LETTERS = "ĂÂÊÔƠƯĐăâêôơưđẰ·····àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
_TCVN3_TO_UNICODE = {
    code: letter for code, letter in enumerate(_TCVN3_LETTERS, start=_TCVN_FROM) if not 0xB0 <= code <= 0xB4
}

# VNI writes a letter as its base and a sign: five signs for the tones, six more each for circumflex and breve.
_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
_TONES = ("", _ACUTE, _GRAVE, _HOOK, _TILDE, _DOT)
_VNI_TONES = dict(zip("ùøûõï", _TONES[1:], strict=True))
_VNI_CIRCUMFLEX = {sign: _CIRCUMFLEX + tone for sign, tone in zip("âáàåãä", _TONES, strict=True)}
_VNI_BREVE = {sign: _BREVE + tone for sign, tone in zip("êéèúüë", _TONES, strict=True)}
_VNI_SIGNS = {
    "a": _VNI_TONES | _VNI_CIRCUMFLEX | _VNI_BREVE,
    "e": _VNI_TONES | _VNI_CIRCUMFLEX,
    "o": _VNI_TONES | _VNI_CIRCUMFLEX,
    "ô": _VNI_TONES,
    "u": _VNI_TONES,
    "ö": _VNI_TONES,
    "y": {sign: tone for sign, tone in _VNI_TONES.items() if tone != _DOT},  # ỵ is a letter of its own
}
_VNI_BASES = {"ô": "ơ", "ö": "ư"}
_VNI_SINGLE = {"ñ": "đ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"} | _VNI_BASES


def _vni_table() -> dict[str, str]:
    table = dict(_VNI_SINGLE)
    for base, signs in _VNI_SIGNS.items():
        letter = _VNI_BASES.get(base, base)
        table |= {base + sign: unicodedata.normalize("NFC", letter + marks) for sign, marks in signs.items()}
    return table


_VNI_TO_UNICODE = _vni_table()
_VNI_LETTER = re.compile("|".join(sorted(map(re.escape, _VNI_TO_UNICODE), key=len, reverse=True)), re.IGNORECASE)

_TONE_MARKS = frozenset(_TONES[1:])
_RIMES = re.compile(
    r"a(?:i|o|u|y|ng|nh|ch|[cmnpt])?|ă(?:ng|[cmnpt])|â(?:u|y|ng|[cmnpt])|e(?:o|ng|nh|ch|[cmnpt])?"
    r"|ê(?:u|nh|ch|ng|[cmnpt])?|i(?:a|u|nh|ch|[cmnpt])?|iê(?:u|ng|[cmnpt])|o(?:i|ng|[cmnpt])?|oa(?:i|o|y|ng|nh|ch|[cmnt])?"
    r"|oă(?:ng|[cmnt])|oe(?:o|[nt])?|oo(?:ng|c)|ô(?:i|ng|[cmnpt])?|ơ(?:i|[mnpt])?|u(?:a|i|ng|[cmnpt])?"
    r"|uâ(?:y|ng|[nt])|uê(?:nh|ch)?|uô(?:i|ng|[cmnt])|uơ|uy(?:a|u|nh|ch|[npt])?|uyê[nt]|ư(?:a|i|u|ng|[cmnt])?"
    r"|ươ(?:i|u|ng|[cmnpt])|y|yê(?:u|ng|[mnt])"
)
_NEW_PLACE = re.compile("o[àáảãạèéẻẽẹ]$|u[ỳýỷỹỵ]$")
_ONSET = re.compile(r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?")
_UNICODE_LETTER = re.compile("[\u0102-\u01b0\u0300-\u0323\u1ea0-\u1ef9]")
# Words as far as a legacy text spells them: its letters may be signs to Unicode (µ, ¸, the soft hyphen).
_LEGACY_WORD = re.compile("[A-Za-z\u00a1-\u00af\u00b5-\u00ff]+")
_HAS_BASE = re.compile("[A-Za-z]")
# Letters next to what no Vietnamese in Unicode has there: a mark of TCVN3, or two vowels of VNI. What comes second is
# looked for first, since few letters are such.
_SUSPECT = re.compile(
    "[\u00a1-\u00ff](?<=[A-Za-z][\u00a1-\u00af\u00b5-\u00bf\u00c6\u00c7\u00cb\u00ce\u00cf\u00d1\u00d6-\u00d8\u00db\u00dc\u00de\u00df"
    "\u00e4-\u00e7\u00eb\u00ee-\u00f1\u00f6-\u00f8\u00fb\u00fc\u00fe\u00ff]"
    "|[uyUY\u00d4\u00d6\u00f4\u00f6][\u00d9\u00d5\u00f9\u00f5]|[aeAE][\u00c0-\u00c5\u00c8-\u00ca\u00d9\u00e0-\u00e5\u00e8-\u00ea\u00f9]|[oO][\u00e2\u00e5\u00c2\u00c5])"
)


def charset_of_font(font: str) -> str:
    """Returns ``tcvn3``, ``vni`` or "" for the name of a font: ``.VnTime``, ``.VnArialH``, ``VNI-Times``."""
    name = font.strip().lower()
    if name.startswith(".vn"):
        return TCVN3
    return VNI if name.startswith("vni-") else ""


def is_capital_font(font: str) -> bool:
    """Tells whether a font shows small letters as capitals: ``.VnTimeH``. TCVN3 has no other accented capitals."""
    return charset_of_font(font) == TCVN3 and font.strip().endswith("H")


def convert(text: str, charset: str) -> str:
    """Returns a legacy text in Unicode, composed (NFC); characters that are no letters of the charset stay."""
    if charset == TCVN3:
        return unicodedata.normalize("NFC", text.translate(_TCVN3_TO_UNICODE))
    if charset == VNI:
        return unicodedata.normalize("NFC", _VNI_LETTER.sub(_vni_letter, text))
    raise ValueError(f"no charset of fonts: {charset!r}")


def convert_run(text: str, font: str) -> str:
    """Returns a run of text of one font in Unicode; text in a font of today as it is."""
    charset = charset_of_font(font)
    if not charset:
        return text
    converted = convert(text, charset)
    return converted.upper() if is_capital_font(font) else converted


def is_suspect(text: str) -> bool:
    """Tells by a look at the letters whether a text may be a legacy one; a quick check before ``certain_charset``.

    Of texts strung together it tells whether one of them may be.
    """
    return not text.isascii() and _SUSPECT.search(text) is not None


def certain_charset(texts: Iterable[str]) -> str:
    """Returns the charset that texts without a known font are in for certain, or "".

    Every word that a conversion changes must be a Vietnamese syllable after it, two such words at least, most of them
    none before it, and the other charset must not pass the same test. A letter that only Unicode has says no.
    """
    words = []
    for text in texts:
        if _UNICODE_LETTER.search(text):
            return ""
        words += _LEGACY_WORD.findall(text)
    passing = [charset for charset in (TCVN3, VNI) if _turns_vietnamese(words, charset)]
    return passing[0] if len(passing) == 1 else ""


def is_plausible(text: str, charset: str) -> bool:
    """Tells whether a text may be in a charset: its conversion changes words, and into Vietnamese syllables only."""
    if text.isascii() or _UNICODE_LETTER.search(text):
        return False
    changed = [after for word in _LEGACY_WORD.findall(text) if (after := convert(word, charset)) != word]
    return bool(changed) and all(map(is_syllable, changed))


def is_syllable(word: str) -> bool:
    """Tells whether a word can be one syllable of Vietnamese as it is spelt; capitals all, first or none."""
    if not (word.islower() or word.isupper() or word.istitle()):
        return False
    return _is_lower_syllable(unicodedata.normalize("NFC", word.lower()))


@lru_cache(maxsize=4096)
def _is_lower_syllable(word: str) -> bool:
    letters = unicodedata.normalize("NFD", word)
    if sum(letter in _TONE_MARKS for letter in letters) > 1:
        return False
    bare = unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONE_MARKS))
    onset = _ONSET.match(bare)
    starts = {onset.end()} if onset else {0}
    if bare.startswith("gi"):
        starts.add(1)  # gì, giếng: the i is the vowel
    # The tone of oa, oe, uy stands on either vowel (hóa, hoá), any other on one only.
    is_placed = fold(word) == word or _NEW_PLACE.search(word) is not None
    return is_placed and any(_RIMES.fullmatch(bare, start) for start in starts)


def _turns_vietnamese(words: list[str], charset: str) -> bool:
    changed = [(word, after) for word in words if (after := convert(word, charset)) != word and _HAS_BASE.search(word)]
    before = sum(is_syllable(word) for word, _ in changed)
    return len(changed) > 1 and before * 2 < len(changed) and all(is_syllable(after) for _, after in changed)


def _vni_letter(match: re.Match[str]) -> str:
    typed = match[0]
    letter = _VNI_TO_UNICODE[typed.lower()]
    return letter.upper() if typed[0].isupper() else letter
