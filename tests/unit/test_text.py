import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiendo.vietnamese.text import ascii_key, fold

# Initial, rhyme and tone of a syllable in both placements; from the spelling rules for oa, oe, uy.
TONE_PLACEMENTS = [
    ("hoá", "hóa"),
    ("hoà", "hòa"),
    ("khoẻ", "khỏe"),
    ("loè", "lòe"),
    ("thuỷ", "thủy"),
    ("uỷ", "ủy"),
    ("tuỳ", "tùy"),
    ("luỹ kế", "lũy kế"),
    ("Uỷ ban", "Ủy ban"),
    ("xoá", "xóa"),
    # With a final consonant or a marked vowel there is one right place, and a common wrong one.
    ("tòan", "toàn"),
    ("hòan thành", "hoàn thành"),
    ("qúy", "quý"),
    ("gíao", "giáo"),
    ("cuả", "của"),
    ("thuơng", "thuơng"),
]


@pytest.mark.parametrize(("one", "other"), TONE_PLACEMENTS)
def test_tone_placement_is_folded(one: str, other: str) -> None:
    assert fold(one) == fold(other) == other.lower()


@pytest.mark.parametrize(
    "name",
    [
        "Ủy ban nhân dân tỉnh Bình Dương",
        "Sở Văn hóa, Thể thao và Du lịch",
        "Sở Giáo dục và Đào tạo",
        "Ngân hàng Nhà nước",
        "quyết định", "thuyền", "khuỷu", "nguyễn", "giếng", "gì", "giữ", "thuở", "mía", "của", "người", "hoẵng", "quả",
        "khuya", "ngoằn ngoèo", "rượu", "yếu", "ý kiến", "huỳnh", "quỳnh",
    ],
)  # fmt: skip
def test_right_spelling_stays(name: str) -> None:
    assert fold(name) == name.lower()


def test_composed_and_split_accents() -> None:
    name = "Sở Kế hoạch và Đầu tư"
    half = "Sơ\u0309 Kê\u0301 hoạch và Đâ\u0300u tư"  # as cp1258 holds it: neither NFC nor NFD
    assert len({fold(name), fold(unicodedata.normalize("NFD", name)), fold(half)}) == 1


@pytest.mark.parametrize("d", ["\u0110", "\u0111", "\u00d0", "\u00f0", "\u0189"])
def test_kinds_of_d(d: str) -> None:
    assert fold(f"{d}ồng") == "đồng"


@pytest.mark.parametrize(
    "text",
    [
        "Lao động - Thương binh",
        "LAO ĐỘNG–THƯƠNG BINH",
        "Lao\u00a0động  \u2212 Thương\u202fbinh\u200b",
        "\tLao động -Thương binh\n",
    ],
)
def test_blanks_dashes_case(text: str) -> None:
    assert fold(text) == "lao động-thương binh"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sở Tài chính", "Sở Tài nguyên"),
        ("Sở Xây dựng", "So Xay dung"),
        ("ma", "má"),
        ("mía", "mia"),
        ("dư", "đư"),
        ("thúy", "thúi"),
    ],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_what_is_no_syllable_stays() -> None:
    assert fold("Ọà") == "ọà"
    assert fold("Óá") == "óá"
    assert fold("naïve façade") == "naïve façade"


@given(st.text() | st.text(alphabet="aăâeêioôơuưyhqgtn\u0300\u0301\u0309\u0303\u0323đ -–\u00a0"))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_long_text_is_folded_in_reasonable_time() -> None:
    assert fold(" " * 200_000 + "-" + "\u00a0" * 200_000) == "-"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Sở Kế hoạch và Đầu tư", "so-ke-hoach-va-dau-tu"),
        ("Ủy ban nhân dân TP. Thủ Dầu Một", "uy-ban-nhan-dan-tp-thu-dau-mot"),
        ("Tỷ lệ (‰) – Ð", "ty-le-d"),
        ("…", ""),
    ],
)
def test_ascii_key(text: str, key: str) -> None:
    assert ascii_key(text) == key
