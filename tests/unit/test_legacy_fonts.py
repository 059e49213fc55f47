"""Text of TCVN3 and VNI fonts, against glibc's table, by known words, and there and back for every letter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiendo.vietnamese.legacy_fonts import (
    _VNI_TO_UNICODE,
    TCVN3,
    VNI,
    certain_charset,
    charset_of_font,
    convert,
    convert_run,
    is_suspect,
    is_syllable,
)

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
SMALL = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES] + ["đ"]
NAMES = ("Sở Kế hoạch và Đầu tư", "Cục Thống kê tỉnh Bình Dương", "Số thuê bao điện thoại", "Tỷ lệ đô thị hóa")


# What "iconv -f TCVN" makes of the bytes from A1 to FF, the combining tones (B0 to B4) left out. Written down, for not
# every machine's iconv knows TCVN. The bytes are what a workbook holds as Latin-1.
ICONV = dict(
    zip(
        map(chr, [*range(0xA1, 0xB0), *range(0xB5, 0x100)]),
        "ĂÂÊÔƠƯĐăâêôơưđẰàảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ",
        strict=True,
    )
)
TCVN3_OF = {after: before for before, after in ICONV.items()}


def to_tcvn3(text: str) -> str:
    return "".join(TCVN3_OF.get(letter, letter) for letter in text)


VNI_OF = {after: before for before, after in _VNI_TO_UNICODE.items()}


def to_vni(text: str) -> str:
    return "".join(VNI_OF.get(letter, letter) for letter in text.lower())


def test_tcvn3_is_that_of_iconv() -> None:
    for before, after in ICONV.items():
        assert convert(before, TCVN3) == after, hex(ord(before))
    assert set(SMALL) - set("aeiouy") <= TCVN3_OF.keys()


@pytest.mark.parametrize("letter", SMALL)
def test_every_letter_there_and_back(letter: str) -> None:
    assert convert(to_tcvn3(letter), TCVN3) == letter
    assert convert(to_vni(letter), VNI) == letter
    if letter not in "aeiouy":
        assert VNI_OF[letter] in _VNI_TO_UNICODE


def test_every_vni_letter_is_written_in_one_way() -> None:
    assert len(VNI_OF) == len(_VNI_TO_UNICODE)
    assert set(SMALL) - set("aeiouy") == set(VNI_OF)


@given(st.text(st.sampled_from("".join(SMALL) + "bcdghklmnpqrstvx ,.0123456789"), max_size=60))
def test_whole_texts_there_and_back_in_tcvn3(text: str) -> None:
    assert convert(to_tcvn3(text), TCVN3) == text


@given(st.lists(st.sampled_from([word for name in NAMES for word in name.lower().split()]), max_size=12))
def test_whole_texts_there_and_back_in_vni(words: list[str]) -> None:
    assert convert(to_vni(" ".join(words)), VNI) == " ".join(words)


@pytest.mark.parametrize(
    ("legacy", "charset", "text"),
    [
        ("Sôû Keá hoaïch vaø Ñaàu tö", VNI, "Sở Kế hoạch và Đầu tư"),
        ("SÔÛ KEÁ HOAÏCH VAØ ÑAÀU TÖ", VNI, "SỞ KẾ HOẠCH VÀ ĐẦU TƯ"),
        ("Uyû ban nhaân daân tænh Bình Döông", VNI, "Uỷ ban nhân dân tỉnh Bình Dương"),
        ("Së KÕ ho¹ch vµ §Çu t\u00ad", TCVN3, "Sở Kế hoạch và Đầu tư"),
        ("Céng hßa x· héi chñ nghÜa ViÖt Nam", TCVN3, "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    ],
)  # fmt: skip
def test_known_words(legacy: str, charset: str, text: str) -> None:
    assert convert(legacy, charset) == text
    assert is_suspect(legacy)
    assert certain_charset([legacy]) == charset


def test_the_font_decides() -> None:
    assert [charset_of_font(f) for f in (".VnTime", ".VnArialH", "VNI-Times", "Arial", "Times New Roman", "")] == [
        TCVN3, TCVN3, VNI, "", "", "",
    ]  # fmt: skip
    assert convert_run("së tµi chÝnh", ".VnTimeH") == "SỞ TÀI CHÍNH"
    assert convert_run("Së Tµi chÝnh", ".VnTime") == "Sở Tài chính"
    assert convert_run("Sôû Taøi chính", "VNI-Times") == "Sở Tài chính"
    assert convert_run("Sở Tài chính", "Times New Roman") == "Sở Tài chính"


@pytest.mark.parametrize(
    "text",
    [
        "Sở Kế hoạch và Đầu tư", "hoà, thuỷ, uý, quý, Uỷ", "31 m²/người · 5 ‰ ± 2 µm", "Müller & Söhne", "café",
        "San José", "",
    ],
)  # fmt: skip
def test_what_is_no_legacy_text_is_left_alone(text: str) -> None:
    assert certain_charset([text]) == ""


def test_one_word_alone_is_not_certain() -> None:
    assert certain_charset(["Së"]) == ""
    assert certain_charset(["Së", "TØnh"]) == TCVN3


@pytest.mark.parametrize("name", NAMES)
def test_vietnamese_names_are_syllables(name: str) -> None:
    assert all(is_syllable(word) for word in name.split())
    assert not is_suspect(name)


@pytest.mark.parametrize("word", ["Së", "ho¹ch", "Keá", "aù", "sỞ", "cafộ", "ầá"])
def test_other_words_are_none(word: str) -> None:
    assert not is_syllable(word)
