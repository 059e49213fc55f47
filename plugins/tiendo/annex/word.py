"""Reads the tables of a DOCX file as grids, with what Word merges resolved."""

import io
from typing import Any

from tiendo.annex.grid import MAX_COLUMNS, MAX_ROWS, Grid
from tiendo.annex.table import AnnexError, Cell, one_line

# Rows and cells may lie in content controls; deleted and moved text is no text.
_ROWS = "./w:tr[not(w:trPr/w:del)] | ./w:sdt/w:sdtContent/w:tr[not(w:trPr/w:del)]"
_CELLS = "./w:tc | ./w:sdt/w:sdtContent/w:tc"
_PIECES = ".//w:t[not(ancestor::w:moveFrom)] | .//w:tab | .//w:br | .//w:noBreakHyphen"
_LINES_OF_TITLE = 6
_CHANGES = "//w:ins | //w:del | //w:moveFrom"


def read_word(data: bytes) -> list[Grid]:
    """Returns all tables of a document; nested ones are left out.

    Raises:
        AnnexError: it is no sound Word document, or a table passes the limits.
    """
    from docx import Document

    try:
        body: Any = Document(io.BytesIO(data)).element.body
    except Exception as error:  # the library lets through what zip, XML and its own checks raise
        raise AnnexError(f"is a broken Word document: {type(error).__name__}: {error}"[:300]) from error
    notes = ("the document has tracked changes: read as if all were accepted",) if body.xpath(_CHANGES) else ()
    tables = body.xpath(".//w:tbl[not(ancestor::w:tbl)]")
    return [_read_table(table, f"table {number}", notes) for number, table in enumerate(tables, start=1)]


def _title(table: Any) -> str:
    """Returns the paragraphs right above a table, where its year stands."""
    above = table.xpath(f"./preceding-sibling::w:p[.//w:t][position() <= {_LINES_OF_TITLE}]")
    return one_line(" ".join("".join(map(_piece, paragraph.xpath(_PIECES))) for paragraph in above))


def _read_table(table: Any, name: str, notes: tuple[str, ...]) -> Grid:
    rows: list[list[Cell]] = []
    for row in table.xpath(_ROWS):
        above = rows[-1] if rows else []
        cells = [Cell()] * _number(row, "./w:trPr/w:gridBefore/@w:val", 0)
        for cell in row.xpath(_CELLS):
            width = _number(cell, "./w:tcPr/w:gridSpan/@w:val", 1)
            at = len(cells)
            if at + width > MAX_COLUMNS or len(rows) >= MAX_ROWS:
                raise AnnexError(f"{name}, row {len(rows) + 1}: more cells than any annex has")
            if _is_continued(cell):
                cells.append(Cell(above[at].text if at < len(above) else "", is_spanned=True))
            else:
                cells.append(Cell(_text(cell)))
            cells += [Cell(is_beside=True)] * (width - 1)
        rows.append(cells)
    width = max(map(len, rows), default=0)
    return Grid(name, [row + [Cell()] * (width - len(row)) for row in rows], _title(table), notes)


def _is_continued(cell: Any) -> bool:
    """Tells whether a cell is covered by the one above it; Word writes the word ``continue`` or nothing."""
    merge = cell.xpath("./w:tcPr/w:vMerge")
    return bool(merge) and (merge[0].xpath("./@w:val") or ["continue"])[0] == "continue"


def _text(cell: Any) -> str:
    # Text runs wherever they lie, also in inserted parts and links, which the library's own text leaves out.
    paragraphs = cell.xpath("./w:p | ./w:sdt/w:sdtContent/w:p")
    return one_line("\n".join("".join(map(_piece, p.xpath(_PIECES))) for p in paragraphs))


def _piece(element: Any) -> str:
    tag = element.tag.rpartition("}")[2]
    return {"t": element.text or "", "noBreakHyphen": "-"}.get(tag, " ")


def _number(element: Any, path: str, default: int) -> int:
    found = element.xpath(path)
    number = int(found[0]) if found and str(found[0]).isdecimal() and len(found[0]) < 6 else default
    return min(number, MAX_COLUMNS + 1)
