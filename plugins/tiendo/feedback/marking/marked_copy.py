"""Marks a workbook: the cells at fault coloured and commented, a sheet at the front that lists everything."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tiendo.feedback.marking.answer_sheet import TAB_COLOR, Remark, answer_sheet
from tiendo.feedback.marking.comments import OPENING, edit_comments, edit_drawing
from tiendo.feedback.marking.container import Container
from tiendo.feedback.marking.sheet import SheetPart, position
from tiendo.feedback.marking.styles import Styles, add_styles, without_number_format
from tiendo.feedback.marking.xml_tree import (
    OFFICE,
    Element,
    UnmarkableError,
    elements,
    escaped,
    namespace_of,
    parse,
    to_bytes,
)
from tiendo.model.content import SHEET_ANSWER
from tiendo.vietnamese.text import fold

_PLAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_MACRO_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
# Programs of any kind, and what would have to be signed anew.
_REFUSED = ("xl/activeX/", "xl/macrosheets/", "xl/dialogsheets/", "customUI/", "_xmlsignatures/")
MAX_MARKS = 1000
_LONGEST = 1500
_FOLDED = fold(SHEET_ANSWER)


class _SheetEntry(NamedTuple):
    name: str
    part: str


def mark_workbook(data: bytes, remarks: Sequence[Remark], title: str, intro: Sequence[str]) -> bytes:
    """Returns a workbook with remarks put in, and those of an earlier answer taken out.

    The same arguments give the same bytes. Macros are left out.

    Args:
        data: an .xlsx or .xlsm within the reader's limits.
        title, intro: what the added sheet begins with.

    Raises:
        UnmarkableError: it cannot be done without risk of damage.
    """
    box = Container(data)
    if any(name.startswith(_REFUSED) for name in box.names):
        raise UnmarkableError("controls, macro sheets or a signature")
    book = _book_part(box)
    _drop_macros(box, book)
    entries = _sheets(box, book)
    styles_part = _only(box, book, "styles")
    styles = add_styles(box.read(styles_part))
    box.put(styles_part, styles.xml)
    answer = next((e for e in entries if fold(e.name) == _FOLDED and _is_answer_sheet(box.read(e.part))), None)
    for entry in entries:
        if entry is not answer:
            mine = [r for r in remarks if r.sheet == entry.name and position(r.cell) and r.severity in styles.marks]
            _reset_formats(box, entry.part, styles_part, {r.cell: r.found for r in mine if r.is_of_format})
            _mark_sheet(box, entry.part, mine[:MAX_MARKS], styles)
    xml = answer_sheet(title, intro, remarks[:MAX_MARKS], {entry.name for entry in entries}, styles.sheet)
    if answer is None:
        _add_sheet(box, book, entries, xml)
    else:
        box.remove_relations(answer.part)
        box.put(answer.part, xml)
        root = parse(box.read(book))
        _show_first(root, entries.index(answer))
        box.put(book, to_bytes(root))
    return box.to_bytes()


def _book_part(box: Container) -> str:
    """Finds the workbook's own part; the strict variant of the format has other names for everything."""
    parts = [r.target for r in box.relations("") if r.type == f"{OFFICE}/officeDocument"]
    if len(parts) != 1:
        raise UnmarkableError("no workbook of the usual kind")
    return parts[0]


def _only(box: Container, book: str, kind: str) -> str:
    targets = [r.target for r in box.relations(book) if r.type == f"{OFFICE}/{kind}"]
    if len(targets) != 1:
        raise UnmarkableError(f"{len(targets)} parts of kind {kind}")
    return targets[0]


def _sheets(box: Container, book: str) -> list[_SheetEntry]:
    targets = {r.id: r.target for r in box.relations(book) if not r.is_external}
    types = {r.id: r.type for r in box.relations(book)}
    entries = []
    for node in parse(box.read(book)).iterfind("{*}sheets/{*}sheet"):
        relation = node.get(f"{{{OFFICE}}}id", "")
        if relation not in targets:
            raise UnmarkableError("a sheet without a part")
        if types[relation] == f"{OFFICE}/worksheet":
            entries.append(_SheetEntry(node.get("name", ""), targets[relation]))
    if not entries:
        raise UnmarkableError("no sheets")
    return entries


def _reset_formats(box: Container, part: str, styles_part: str, texts: Mapping[str, str]) -> None:
    """Takes the format off cells that show a number as a date; the date stays as a text, for the number would pass."""
    if not texts:
        return
    sheet = SheetPart(box.read(part))
    formats = sheet.formats_of(texts)
    xml, plain = without_number_format(box.read(styles_part), sorted(set(formats.values())))
    box.put(styles_part, xml)
    sheet.make_texts(texts, {cell: plain[number] for cell, number in formats.items() if number in plain})
    box.put(part, sheet.to_bytes())


def _mark_sheet(box: Container, part: str, remarks: Sequence[Remark], styles: Styles) -> None:
    sheet = SheetPart(box.read(part))
    has_changed = sheet.unselect() | sheet.remove_marks()
    by_cell: dict[str, list[Remark]] = {}
    for remark in remarks:
        by_cell.setdefault(sheet.corner(remark.cell), []).append(remark)
    if by_cell:
        colored: dict[int, list[str]] = {}
        for cell, said in by_cell.items():
            worst = "critical" if any(r.severity == "critical" for r in said) else "warning"
            colored.setdefault(styles.marks[worst], []).append(cell)
        sheet.add_marks(colored)
        has_changed = True
    has_changed |= _comment(box, part, sheet, {cell: _words(said) for cell, said in by_cell.items()})
    if has_changed:
        box.put(part, sheet.to_bytes())


def _comment(box: Container, part: str, sheet: SheetPart, words: dict[str, str]) -> bool:
    """Writes the comments of a sheet; returns whether the sheet itself changed."""
    relations = {r.type.rpartition("/")[2]: r.target for r in box.relations(part)}
    comments = relations.get("comments")
    drawing = next((r.target for r in box.relations(part) if r.id == sheet.drawing), None) if sheet.drawing else None
    if not words and (comments is None or OPENING.encode() not in box.read(comments)):
        return False
    xml, theirs, new, gone = edit_comments(box.read(comments) if comments else None, words)
    drawn = theirs - gone if drawing else set()
    vml = edit_drawing(box.read(drawing) if drawing else None, gone, (theirs | new) - drawn)
    if vml is None:
        return False
    if comments:
        box.put(comments, xml)
    else:
        comments = box.free_name("xl/comments_tiendo", ".xml")
        box.put(comments, xml, _COMMENTS_TYPE)
        box.relate(part, f"{OFFICE}/comments", comments)
    if drawing:
        box.put(drawing, vml)
        return False
    drawing = box.free_name("xl/drawings/vmlDrawing_tiendo", ".vml")
    box.put(drawing, vml)
    box.put_default_type("vml", _VML_TYPE)
    sheet.link_drawing(box.relate(part, f"{OFFICE}/vmlDrawing", drawing))
    return True


def _words(remarks: Sequence[Remark]) -> str:
    """What the comment of one cell says."""
    texts = []
    for remark in remarks:
        lines = [f"{OPENING}{remark.severity_name.upper()}", remark.message]
        if remark.expected:
            lines.append(f"Yêu cầu: {remark.expected}")
        if remark.fix:
            lines.append(f"Cách xử lý: {remark.fix}")
        texts.append("\n".join(lines))
    text = "\n\n".join(texts)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _is_answer_sheet(xml: bytes) -> bool:
    color = parse(xml).find("{*}sheetPr/{*}tabColor")
    return color is not None and color.get("rgb", "").upper() == TAB_COLOR


def _add_sheet(box: Container, book: str, entries: Sequence[_SheetEntry], xml: bytes) -> None:
    """Puts the added sheet before all others."""
    names = {fold(entry.name) for entry in entries}
    name, number = SHEET_ANSWER, 2
    while fold(name) in names:
        name, number = f"{SHEET_ANSWER} ({number})", number + 1
    part = box.free_name("xl/worksheets/sheet_tiendo", ".xml")
    box.put(part, xml, _SHEET_TYPE)
    relation = box.relate(book, f"{OFFICE}/worksheet", part)
    root = parse(box.read(book))
    for name_of in root.iterfind("{*}definedNames/{*}definedName"):
        if (place := name_of.get("localSheetId", "")).isdecimal():
            name_of.set("localSheetId", str(int(place) + 1))
    sheets = root.find("{*}sheets")
    ids = [int(sheet.get("sheetId")) for sheet in sheets.iterfind("{*}sheet") if sheet.get("sheetId", "").isdecimal()]
    markup = f'<sheet name="{escaped(name)}" sheetId="{max(ids, default=0) + 1}" r:id="{relation}"/>'
    sheets[:0] = elements(markup, namespace_of(root))
    _show_first(root, 0)
    box.put(book, to_bytes(root))


def _show_first(root: Element, place: int) -> None:
    """Makes the workbook open on one of its sheets."""
    for view in root.iterfind("{*}bookViews/{*}workbookView"):
        view.set("activeTab", str(place))
        view.attrib.pop("firstSheet", None)


def _drop_macros(box: Container, book: str) -> None:
    for part in box.unrelate(book, "/vbaProject"):
        for signature in (r.target for r in box.relations(part) if not r.is_external):
            if signature in box:
                box.remove(signature)
        if part in box:
            box.remove(part)
    box.change_type(_MACRO_TYPE, _PLAIN_TYPE)
