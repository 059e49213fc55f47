import re
import unicodedata

from tiendo.settings import INCLUDE
from tiendo.status.names import LABELS, STYLES, Status


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_status_has_a_name_a_colour_and_a_mark_of_its_own() -> None:
    assert set(STYLES) == set(LABELS) == set(Status)
    for part in zip(*STYLES.values(), strict=True):
        if part != tuple(style.ink for style in STYLES.values()):
            assert len(set(part)) == len(Status)
    assert all(unicodedata.is_normalized("NFC", label) for label in LABELS.values())


def test_text_can_be_read_on_every_colour() -> None:
    for style in STYLES.values():
        lighter, darker = sorted((_luminance(style.colour), _luminance(style.ink)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, style.label


def test_marks_are_in_the_fonts_of_the_report() -> None:
    """Glyphs outside code page 437 and WGL4 would be drawn from another font or as a box."""
    wgl4 = set("▲►▼◄◊○●◘◙■□▪▫▬≠≤≥–?")
    assert {style.mark for style in STYLES.values()} <= wgl4


def test_database_accepts_just_these_statuses() -> None:
    sql = (INCLUDE / "sql" / "migrations" / "0011_baseline.sql").read_text(encoding="utf-8")
    listed = re.search(r"check \(status in \((.*?)\)\)", sql, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r"'(\w+)'", listed[1])) == set(Status)
