"""The added sheet "Phản hồi": everything there is to say about a file, with links to the cells."""

from collections.abc import Collection, Sequence
from math import ceil
from typing import NamedTuple

from tiendo.feedback.marking.sheet import position
from tiendo.feedback.marking.styles import SheetStyles
from tiendo.feedback.marking.xml_tree import MAIN, escaped

TAB_COLOR = "FFB2182C"
"""By it the added sheet is known from a sender's with the same name: programs keep it when they write the file anew."""

_HEAD = ("TT", "Mức độ", "Trang tính", "Ô", "Nội dung", "Đang ghi", "Yêu cầu", "Cách xử lý")
_WIDTHS = (6, 16, 18, 10, 48, 26, 36, 52)
_COLUMNS = "ABCDEFGH"
_LONGEST = 2000


class Remark(NamedTuple):
    """One thing to say about a workbook.

    Attributes:
        severity: ``critical`` and ``warning`` colour their cell, ``info`` is only listed.
        sheet, cell: where; "" when it concerns no cell.
        is_of_format: the number format, which makes a date of a number, is taken off the cell.
    """

    severity: str
    severity_name: str
    sheet: str
    cell: str
    message: str
    found: str
    expected: str
    fix: str
    is_of_format: bool = False


def answer_sheet(
    title: str, intro: Sequence[str], remarks: Sequence[Remark], sheet_names: Collection[str], styles: SheetStyles
) -> bytes:
    """Returns the sheet's part. Everything is text: nothing a sender wrote becomes a formula.

    Args:
        sheet_names: the workbook's; a cell of one of them is linked.
    """
    rows: list[list[tuple[int, str]]] = [[(styles.title, title)], *([(styles.line, text)] for text in intro), []]
    rows.append([(styles.head, text) for text in _HEAD])
    head = len(rows)
    links = []
    for number, remark in enumerate(remarks, start=1):
        is_linked = remark.sheet in sheet_names and position(remark.cell) is not None
        tag = {"critical": styles.critical, "warning": styles.warning}.get(remark.severity, styles.text)
        texts = [(styles.text, str(number)), (tag, remark.severity_name), (styles.text, remark.sheet)]
        texts += [(styles.link if is_linked else styles.text, remark.cell)]
        texts += [(styles.text, text) for text in (remark.message, remark.found, remark.expected, remark.fix)]
        rows.append(texts)
        if is_linked:
            target = "'{}'!{}".format(remark.sheet.replace("'", "''"), remark.cell)
            links.append(f'<hyperlink ref="D{len(rows)}" location="{escaped(target)}" display="{remark.cell}"/>')
    data = "".join(_row(number, row, is_wrapped=number > head) for number, row in enumerate(rows, start=1))
    columns = "".join(f'<col min="{i}" max="{i}" width="{w}" customWidth="1"/>' for i, w in enumerate(_WIDTHS, start=1))
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{MAIN}"><sheetPr><tabColor rgb="{TAB_COLOR}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"><pane ySplit="{head}" '
        f'topLeftCell="A{head + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15.75"/><cols>{columns}</cols><sheetData>{data}</sheetData>'
        f"{'<hyperlinks>' + ''.join(links) + '</hyperlinks>' if links else ''}"
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    ).encode()


def _row(number: int, cells: list[tuple[int, str]], *, is_wrapped: bool) -> str:
    """One row, with a height for programs that do not fit rows to wrapped text themselves."""
    texts = [text if len(text) <= _LONGEST else text[:_LONGEST] + "…" for _, text in cells]
    lines = max((_lines(text, width) for text, width in zip(texts, _WIDTHS, strict=False)), default=1)
    height = f' ht="{min(lines * 16 + 2, 400)}" customHeight="1"' if is_wrapped else ""
    data = "".join(
        f'<c r="{_COLUMNS[i]}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escaped(text)}</t></is>'
        "</c>"
        for i, ((style, _), text) in enumerate(zip(cells, texts, strict=True))
    )
    return f'<row r="{number}"{height}>{data}</row>'


def _lines(text: str, width: int) -> int:
    return sum(ceil(len(line) / (width * 0.95)) or 1 for line in text.split("\n"))
