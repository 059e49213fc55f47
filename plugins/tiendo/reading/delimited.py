"""Text files of values between separators (CSV): what they are encoded in and what separates, or a plain refusal.

Nothing is guessed from likelihood: a mark at the beginning, UTF-8 that is wholly valid, Windows-1258 that gives
Vietnamese syllables; one separator by which every row has as many values. A file for which that does not hold is
refused, naming the line.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from typing import NamedTuple

from tiendo.reading.kinds import is_utf16
from tiendo.vietnamese.legacy_fonts import certain_charset, is_syllable

SEPARATORS = ("\t", ";", ",")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WORD = re.compile(r"[^\W\d_]+")
_MOST_SHOWN = 60
_MOST_LINES = 20_000
_SEPARATOR_NAMES = {"\t": "dấu tab", ";": "dấu chấm phẩy", ",": "dấu phẩy"}


class TextError(Exception):
    """A text is not taken; carries a fault code of ``WorkbookContent`` and what the message names, in Vietnamese."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Decoded(NamedTuple):
    """A text, and what it was in: ``utf-8``, ``utf-16``, ``windows-1258`` or ``windows-1252`` (a font from before)."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded:
    """Returns a text file's text.

    Raises:
        TextError: ``text_encoding``, none of the encodings is certain.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(_strictly(data[len(mark) :], encoding), encoding[:6].rstrip("-"))
    if encoding := is_utf16(data):
        return Decoded(_strictly(data, encoding), "utf-16")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    text = windows_1258(data)
    if text and _accented(text):
        return Decoded(text, "windows-1258")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if certain_charset(re.split(r"[\t;,\r\n]", text)):
        return Decoded(text, "windows-1252")
    line = next(n for n, piece in enumerate(data.splitlines(), start=1) if not piece.isascii())
    raise TextError("text_encoding", f"dòng {line}")


def windows_1258(data: bytes) -> str | None:
    """Returns text in Windows-1258; None where that gives no Vietnamese syllables."""
    try:
        text = unicodedata.normalize("NFC", data.decode("cp1258"))
    except UnicodeDecodeError:
        return None
    return text if all(map(is_syllable, _accented(text))) else None


def _accented(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if not word.isascii()]


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise TextError("text_encoding", f"dòng {line}") from error


def read_rows(text: str) -> list[list[str]]:
    """Returns the values of a text by row, all rows equally long.

    Lines without any separator (titles, remarks, blank ones) may stand between the rows.

    Raises:
        TextError: ``plain_text``, it is no table; ``text_columns``, rows have different numbers of values;
            ``too_many_rows``.
    """
    lines = text.count("\n") + text.count("\r")
    if lines > _MOST_LINES:
        raise TextError("too_many_rows", f"{lines} dòng")
    # Excel may write the separator into the first line.
    match = re.match(r"sep=(.)\r?\n", text)
    separators = (match[1],) if match and match[1] in SEPARATORS else SEPARATORS
    text = text[match.end() :] if match else text
    tables = [table for separator in separators if (table := _table(text, separator))]
    if not tables:
        raise TextError("plain_text", _first_words(text))
    fitting = [table for table in tables if not table.uneven]
    if not fitting:
        raise TextError("text_columns", max(tables, key=lambda table: (table.even, table.width)).uneven)
    best = max((table.even, table.width) for table in fitting)
    chosen = [table for table in fitting if (table.even, table.width) == best]
    if len(chosen) > 1:
        names = " hoặc ".join(_SEPARATOR_NAMES[table.separator] for table in chosen)
        raise TextError("text_columns", f"không phân biệt được cột ngăn bằng {names}")
    (table,) = chosen
    blank = [""] * table.width
    return [(row + blank)[: table.width] for row in table.rows]


class _SeparatedText(NamedTuple):
    """A text cut by one separator.

    Attributes:
        width: values in most rows.
        even: how many rows have as many.
        uneven: the first row that has not, in words; "" when all have.
    """

    separator: str
    rows: list[list[str]]
    width: int
    even: int
    uneven: str


def _table(text: str, separator: str) -> _SeparatedText | None:
    """Cuts a text; None where the separator makes no table of it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, lines = [], []
    try:
        line = 1
        for row in reader:
            rows.append(row)
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error:
        # A quotation mark that is never closed, or text after a closing one.
        number = max(reader.line_num, 1)
        return _SeparatedText(separator, [], 2, len(rows), f"dòng {number}: dấu ngoặc kép không khớp") if rows else None
    counts = Counter(len(row) for row in rows if len(row) > 1)
    if not counts:
        return None
    # The heading comes first: where rows differ evenly, it tells how many columns are meant.
    width = max(counts, key=lambda size: (counts[size], -size))
    odd = [(line, row) for line, row in zip(lines, rows, strict=True) if len(row) > 1 and len(row) != width]
    lines_shown = [f"dòng {line} có {len(row)} cột" for line, row in odd[:5]]
    more = f" và {len(odd) - 5} dòng khác" if len(odd) > 5 else ""
    uneven = f"{', '.join(lines_shown)}{more}, các dòng còn lại có {width} cột" if odd else ""
    return _SeparatedText(separator, rows, width, counts[width], uneven)


def _first_words(text: str) -> str:
    return " ".join(text.split())[:_MOST_SHOWN]
