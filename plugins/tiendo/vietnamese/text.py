"""Bringing the same Vietnamese words, written in different ways, to one form.

The form is for matching and for names only; what a sender typed is stored as typed. Nothing here judges likeness:
two texts match when their forms are equal, so that Sở Tài chính can never become Sở Tài nguyên.
"""

import re
import unicodedata
from functools import lru_cache

_TONES = "\u0300\u0301\u0303\u0309\u0323"
# Vietnamese Đ is U+0110; the Icelandic and African look-alikes come from other keyboards and old converters.
_D_VARIANTS = str.maketrans({"\u00d0": "đ", "\u00f0": "đ", "\u0189": "đ", "\u0256": "đ", "\u0110": "đ"})
_D_TO_ASCII = str.maketrans("đĐÐð", "dDDd")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DASH = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_DASH_WITH_BLANKS = re.compile(" ?- ?")
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f])+")
# Onset, vowels, coda of a syllable without its tone. "qu" is a consonant, and so is "gi" before another vowel.
_SYLLABLE = re.compile(
    r"(qu|gi(?=[aăâeêoôơuư])|ngh|ng|nh|ch|gh|kh|ph|th|tr|[bcdđghklmnpqrstvx])?"
    r"([aăâeêioôơuưy]{1,3})"
    r"(ng|nh|ch|[cmnpt])?"
)
_LONGEST_SYLLABLE = 9  # letters of the longest one, and a tone that stands by itself


def capital(text: str) -> str:
    """Returns a text as it stands at the head of a line: its first letter large, the others as they are."""
    return text[0].upper() + text[1:]


def fold(text: str) -> str:
    """Returns the form of a text that is compared; equal forms mean the same words.

    Folded away: composed or split accents, old or new tone placement (hoá, hóa), Đ typed as Ð, upper case, kinds of
    blanks and their number, invisible characters, kinds of dashes and the blanks round them. Tones, vowels and letters
    themselves stay: "Sở Xây dựng" and "So Xay dung" differ. Folding twice changes nothing.
    """
    return _fold_short(text) if len(text) <= 200 else _fold(text)


def ascii_key(text: str) -> str:
    """Returns ``so-ke-hoach-va-dau-tu`` for "Sở Kế hoạch và Đầu tư": no diacritics, lower case, joined by hyphens.

    Different texts may share a key; it names things, it does not identify them.
    """
    return re.sub(r"[^a-z0-9]+", "-", _without_marks(text).lower()).strip("-")


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_D_VARIANTS).casefold()
    plain = _DASH_WITH_BLANKS.sub("-", _DASH.sub("-", " ".join(plain.split())))
    # casefold may split a character (İ), so the accents are composed once more.
    plain = unicodedata.normalize("NFC", plain)
    return plain if plain.isascii() else _WORD.sub(_in_old_form, plain)


_fold_short = lru_cache(maxsize=16_384)(_fold)


def _in_old_form(match: re.Match[str]) -> str:
    word = match[0]
    return word if len(word) > _LONGEST_SYLLABLE else _place_tone(word)


@lru_cache(maxsize=4096)  # texts are many, the syllables of a language few
def _place_tone(word: str) -> str:
    """Puts the one tone of a syllable on the vowel of the old rule (hóa, thủy, khỏe); other words stay as they are."""
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    tones = [mark for mark in letters if mark in _TONES]
    if len(tones) != 1:
        return word
    bare = unicodedata.normalize("NFC", letters.replace(tones[0], ""))
    syllable = _SYLLABLE.fullmatch(bare)
    if not syllable:
        return word
    at = syllable.start(2) + _tone_vowel(syllable[2], has_coda=syllable[3] is not None)
    return unicodedata.normalize("NFC", bare[: at + 1] + tones[0] + bare[at + 1 :])


def _tone_vowel(vowels: str, *, has_coda: bool) -> int:
    """Returns which of the vowels of a syllable carries its tone."""
    for marked in ("êôơâă", "ư"):
        for position in range(len(vowels) - 1, -1, -1):
            if vowels[position] in marked:
                return position
    if len(vowels) == 2:
        return 1 if has_coda else 0
    return len(vowels) // 2


def _without_marks(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.translate(_D_TO_ASCII))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
