"""Reads the ruled tables of a PDF that holds text as grids; a scan is refused."""

import io
import logging
import re
import unicodedata
from itertools import islice, pairwise
from typing import Any

from tiendo.annex.grid import MAX_COLUMNS, MAX_ROWS, Grid
from tiendo.annex.table import AnnexError, Cell, one_line

_MOST_PAGES = 300
_MOST_LINES = 20_000
_LINES_OF_TITLE = 6
_NOTE = "it is a PDF: words that a narrow column breaks may stand in two pieces; compare the names"
_BROKEN = re.compile(r"(?<=\d[-–])\s*\n\s*(?=\d)|(?<=[^\W\d_])\n(?=(?:ng|nh|ch|[ghncpt])(?!\w))")


def read_pdf(data: bytes) -> list[Grid]:
    """Returns all ruled tables, page by page.

    Raises:
        AnnexError: it is no sound PDF, is encrypted, holds pictures of pages only, or passes the limits.
    """
    # Imported here: only a PDF needs it.
    import pdfplumber

    # What it finds odd about fonts and boxes is no news to who imports an annex.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            pages = list(islice(document.pages, _MOST_PAGES + 1))
            if len(pages) > _MOST_PAGES:
                raise AnnexError(f"has more than {_MOST_PAGES} pages: take the annex out of it")
            grids = [grid for page in pages for grid in _read_page(page)]
            has_text = bool(grids) or any(page.chars for page in pages)
    except AnnexError:
        raise
    except Exception as error:  # the library lets through what broken and encrypted files make it raise
        raise AnnexError(f"is a PDF that cannot be opened (broken, or protected): {type(error).__name__}") from error
    if not has_text:
        raise AnnexError("is a scan, pages without text: import the Word or Excel form of the annex, or type it in one")
    return grids


def _read_page(page: Any) -> list[Grid]:
    if len(page.lines) + len(page.rects) + len(page.curves) > _MOST_LINES:
        raise AnnexError(f"page {page.page_number}: more lines than any table has")
    grids = []
    for number, table in enumerate(page.find_tables(), start=1):
        name = f"page {page.page_number}, table {number}"
        columns = max((len(row.cells) for row in table.rows), default=0)
        if columns > MAX_COLUMNS or len(table.rows) > MAX_ROWS:
            raise AnnexError(f"{name}: more cells than any annex has")
        above = page.crop((page.bbox[0], page.bbox[1], page.bbox[2], max(table.bbox[1], page.bbox[1] + 1)))
        title = " ".join((above.extract_text() or "").splitlines()[-_LINES_OF_TITLE:])
        grids.append(Grid(name, _cells(table), _plain(title), (_NOTE,), is_page=True))
        page.flush_cache()
    return grids


def _cells(table: Any) -> list[list[Cell]]:
    """Returns a table's cells. Where it has none of its own, the cell that reaches over the place is looked for."""
    texts = table.extract()
    boxes = [
        (cell, row, column)
        for row, line in enumerate(table.rows)
        for column, cell in enumerate(line.cells)
        if cell is not None
    ]
    columns = _middles([cell for cell, *_ in boxes])
    rows: list[list[Cell]] = []
    for at, line in enumerate(table.rows):
        cells: list[Cell] = []
        for place, cell in enumerate(line.cells):
            if cell is not None:
                cells.append(Cell(_plain(texts[at][place] or "")))
                continue
            # Cells of a row begin at the same height; how far down they reach differs.
            x, y = columns[place] if place < len(columns) else 0, line.bbox[1] + 1
            owner = next(((r, c) for (x0, y0, x1, y1), r, c in boxes if x0 <= x <= x1 and y0 <= y <= y1), None)
            if owner is None or owner[1] != place:
                cells.append(Cell(is_beside=owner is not None))
            else:
                cells.append(Cell(_plain(texts[owner[0]][place] or ""), is_spanned=True))
        rows.append(cells)
    return rows


def _middles(boxes: list[tuple[float, float, float, float]]) -> list[float]:
    """Returns the middle of each column: between the left edges that cells begin at, and the end of the table."""
    edges = sorted({box[0] for box in boxes} | {max((box[2] for box in boxes), default=0.0)})
    return [(left + right) / 2 for left, right in pairwise(edges)]


def _plain(text: str) -> str:
    """Returns a cell's text in one line. A narrow column breaks ranges and syllables too (``Kế hoạ`` / ``ch``)."""
    return one_line(_BROKEN.sub("", unicodedata.normalize("NFC", text)))
