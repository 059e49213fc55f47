"""Says what the columns of an annex's table are, by headings of one or more storeys, and which one holds the targets.

Beside the targets of its own year a table often prints last year's plan, what was done, and a breakdown. Only one
column is read, and none is guessed: where two may be meant, or a later year stands elsewhere, a person must choose.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from tiendo.annex.table import AnnexColumn, AnnexError
from tiendo.vietnamese.text import fold

Path = tuple[str, ...]
_ELSE = re.compile(
    r"\b(?:ghi chú|kỳ|tần suất|căn cứ|thời (?:hạn|gian|điểm)|nguồn|lý do|minh chứng|cách tính|giải trình)\b"
)
_AGENCY = re.compile(r"theo dõi|báo cáo|chủ trì|cơ quan|phụ trách|(?:đơn vị|cấp) (?:thực hiện|chịu trách nhiệm)")
_NAME = re.compile(
    r"(?:tên |các |danh mục |mục tiêu ?[/,-] ?|nội dung )?chỉ (?:tiêu|số)\b"
    r"(?! giao| được giao| kế hoạch| phấn đấu).*|nội dung"
)
_DONE = re.compile(
    r"^(?:th|thực hiện|kết quả (?:thực|đạt|năm|20)|đã |hiện trạng|năm (?:gốc|cơ sở))|^%|\b(?:ước|ưth|uth)\b"
    r"|so với|so sánh|\btăng|\bgiảm|tốc độ|20\d\d ?/ ?\w* ?20\d\d"
    r"|(?<!kế hoạch )(?<!mục tiêu )(?<!chỉ tiêu )(?<!lộ trình )\bthực hiện"
)
_PLANNED = re.compile(r"\b(?:kế hoạch|kh|mục tiêu|chỉ tiêu|nghị quyết|nq|dự toán|phấn đấu|lộ trình|giao|dự kiến)\b")
_YEAR_ONLY = re.compile(r"(?:tầm nhìn )?(?:đến )?(?:hết )?(?:năm )?20\d\d")
_RESULT = re.compile(r"kết quả|mức|mức đạt|giá trị")
_WHOLE = re.compile(r"tổng(?: số| cộng)?|toàn (?:tỉnh|huyện|xã|thành phố|quốc)|cả (?:tỉnh|năm|nước)|chung")
_BROKEN_YEAR = re.compile(r"(?<!\d)(?:2 0\d\d|20 \d\d|20\d \d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_TITLE_YEAR = re.compile(r"(?<!tháng \d )(?<!tháng \d\d )\bnăm (20\d\d)\b")


class AnnexChoice(NamedTuple):
    """What a person knows better than the headings say.

    Attributes:
        table: which of several tables of targets, from 1.
        sheet: title of the only sheet to look at.
        heading_row: in which row of the table or sheet the heading begins, from 1.
        columns: place of columns, from 1.
        year: the plan's year, where columns of more than one stand side by side.
    """

    table: int | None = None
    sheet: str = ""
    heading_row: int | None = None
    columns: Mapping[AnnexColumn, int] = {}
    year: int | None = None


class AnnexHeading(NamedTuple):
    """Which column is what.

    Attributes:
        paths: what is printed over each column, from the top storey down.
        notes: which columns are not read, and why this one holds the targets.
    """

    paths: tuple[Path, ...]
    columns: dict[AnnexColumn, int]
    notes: tuple[str, ...] = ()


def read_columns(text: str) -> dict[AnnexColumn, int]:
    """Returns the columns of ``number=1,name=2,unit=3,target=6,agency=7``, places from 1.

    Raises:
        ValueError: a name is not known, a place is no number or stands twice.
    """
    columns: dict[AnnexColumn, int] = {}
    for part in filter(None, text.split(",")):
        name, _, place = (piece.strip() for piece in part.partition("="))
        if name.upper() not in AnnexColumn.__members__ or not (place.isascii() and place.isdecimal()) or len(place) > 3:
            known = ", ".join(column.lower() for column in AnnexColumn.__members__)
            raise ValueError(f"{part!r} is not NAME=PLACE; names are {known}")
        columns[AnnexColumn[name.upper()]] = int(place)
    if len(set(columns.values())) < len(columns):
        raise ValueError("one place is given to two columns")
    return columns


class _ColumnKind(StrEnum):
    NUMBER, NAME, UNIT = AnnexColumn.NUMBER.value, AnnexColumn.NAME.value, AnnexColumn.UNIT.value
    AGENCY, COORDINATING = AnnexColumn.AGENCY.value, AnnexColumn.COORDINATING.value
    PLANNED, PERHAPS, OTHER = "planned", "perhaps", "other"


def is_number_heading(text: str) -> bool:
    """Tells whether a cell is the heading of the column of numbers."""
    return fold(text).rstrip(".") in ("tt", "stt", "số tt", "số thứ tự")


def is_name_heading(text: str) -> bool:
    """Tells whether a cell is the heading of the column of names."""
    return _kind((text,)) is _ColumnKind.NAME


def is_heading(paths: Sequence[Path], choice: AnnexChoice) -> bool:
    """Tells whether these can be the headings of a table of targets."""
    kinds = {kind for path in paths if path and (kind := _kind(path))}
    known = {*kinds, *(_ColumnKind(column.value) for column in choice.columns if column is not AnnexColumn.TARGET)}
    has_target = AnnexColumn.TARGET in choice.columns or {_ColumnKind.PLANNED, _ColumnKind.PERHAPS} & kinds
    return bool(has_target) and {_ColumnKind.NAME, _ColumnKind.NUMBER} <= known


def read_heading(paths: Sequence[Path], choice: AnnexChoice, title: str = "") -> AnnexHeading:
    """Returns which column is what.

    Args:
        title: what is printed above the table; a single year in it is the plan's.

    Raises:
        AnnexError: two columns may be the same thing, or none is the targets' for certain.
    """
    given = {column: place - 1 for column, place in choice.columns.items()}
    if any(not 0 <= place < len(paths) for place in given.values()):
        raise AnnexError(f"--columns names a column that is not there; the table has {len(paths)}")
    broken = next((place for place, path in enumerate(paths) if _BROKEN_YEAR.search(" ".join(path))), None)
    if broken is not None and AnnexColumn.TARGET not in given:
        raise AnnexError(
            f"the year of {_shown(paths, broken)} is broken over two lines: choose with --columns target=…"
        )
    kinds = {place: _kind(path) for place, path in enumerate(paths) if place not in given.values() and path}
    columns = dict(given)
    for column in (*_FIXED, AnnexColumn.COORDINATING):
        places = [place for place, kind in kinds.items() if kind == column.value]
        if column not in given and len(places) > 1 and column is not AnnexColumn.COORDINATING:
            raise AnnexError(f"two columns may hold {column.value}: {_shown(paths, *places)}; choose with --columns")
        if column not in given and places:
            columns[column] = places[0]
    notes: list[str] = []
    if AnnexColumn.TARGET not in columns:
        candidates = {
            place: kind for place, kind in kinds.items() if kind in (_ColumnKind.PLANNED, _ColumnKind.PERHAPS)
        }
        columns[AnnexColumn.TARGET], notes = _choose_target(paths, candidates, choice.year, title)
    unread = [place for place, path in enumerate(paths) if path and place not in columns.values()]
    if unread:
        notes.append(f"columns that are not read: {_shown(paths, *unread)}")
    if AnnexColumn.COORDINATING in columns:
        shown = _shown(paths, columns[AnnexColumn.COORDINATING])
        notes.append(f"{shown} is in --json only: the register holds who reports")
    missing = {AnnexColumn.UNIT: "no column of units", AnnexColumn.AGENCY: "no column of bodies: fill in who reports"}
    notes += [f"the table has {what}" for column, what in missing.items() if column not in columns]
    return AnnexHeading(tuple(paths), columns, tuple(notes))


_FIXED = (AnnexColumn.NUMBER, AnnexColumn.NAME, AnnexColumn.UNIT, AnnexColumn.AGENCY)


def describe_heading() -> str:
    """Says which headings are looked for."""
    return "TT | Chỉ tiêu | Đơn vị tính | Kế hoạch năm … | Đơn vị theo dõi, báo cáo"


def _kind(path: Path) -> _ColumnKind:
    storeys = [fold(text) for text in path]
    whole = " ".join(storeys)
    if is_number_heading(whole):
        return _ColumnKind.NUMBER
    if whole in ("đơn vị tính", "đvt", "đơn vị", "đv tính", "đơn vị đo"):
        return _ColumnKind.UNIT
    if _ELSE.search(whole):
        return _ColumnKind.OTHER
    if not re.search(r"\d", whole):
        if "phối hợp" in whole and "chủ trì" not in whole:
            return _ColumnKind.COORDINATING
        if _AGENCY.search(whole):
            return _ColumnKind.AGENCY
        if _NAME.fullmatch(whole):
            return _ColumnKind.NAME
    if any(_DONE.search(storey) for storey in storeys):
        return _ColumnKind.OTHER
    if any(_PLANNED.search(storey) for storey in storeys):
        return _ColumnKind.PLANNED
    is_perhaps = _YEAR_ONLY.fullmatch(storeys[-1]) or _RESULT.fullmatch(whole)
    return _ColumnKind.PERHAPS if is_perhaps else _ColumnKind.OTHER


def _choose_target(
    paths: Sequence[Path], candidates: Mapping[int, _ColumnKind], asked: int | None, title: str
) -> tuple[int, list[str]]:
    """Returns the place of the column of targets, and why it is that one."""
    planned = [place for place, kind in candidates.items() if kind is _ColumnKind.PLANNED]
    # A column that is headed by a year alone is the plan's only where no heading says "plan".
    places = planned or list(candidates)
    by_year: dict[int | None, list[int]] = {}
    for place in places:
        years = _years(paths[place])
        if len(years) < 2:  # a heading of two years (2021 - 2025) is of a longer plan
            by_year.setdefault(years[0] if years else None, []).append(place)
    if not by_year and len(places) == 1:
        by_year[None] = places
    known = sorted(of for of in by_year if of is not None)
    named = _named_years(title) & set(known)
    told = asked or (named.pop() if len(named) == 1 and len(known) > 1 else None)
    year = told or _last_of(known)
    shown = _shown(paths, *places)
    if year is None and known:
        raise AnnexError(f"targets of {', '.join(map(str, known))} stand side by side: choose with --year ({shown})")
    of_year = by_year.get(year if year in by_year else None, [])
    if not of_year:
        raise AnnexError(f"no column holds targets of {year}; there are {shown}")
    if len(of_year) > 1:
        of_year = [place for place in of_year if _WHOLE.fullmatch(fold(paths[place][-1]))] or of_year
    also = [place for place in by_year.get(None, []) if place not in of_year]
    if len(of_year) > 1 or also:
        shown = _shown(paths, *of_year, *also)
        raise AnnexError(f"more than one column may hold the targets: {shown}; choose with --columns target=…")
    (chosen,) = of_year
    later = [place for place, path in enumerate(paths) if year and len(of := _years(path)) == 1 and of[0] > year]
    if later and not told:
        shown = _shown(paths, *later)
        raise AnnexError(f"{_shown(paths, chosen)} is of an earlier year than {shown}: choose with --year or --columns")
    is_alone = len(candidates) == 1 and candidates[chosen] is _ColumnKind.PLANNED
    notes = [] if is_alone else [f"targets are read from {_shown(paths, chosen)}"]
    if year and not told and any(of > year for of in _named_years(title)):
        notes.append(f"above the table a later year than {year} is named: is this its table?")
    return chosen, notes


def _last_of(years: Sequence[int]) -> int | None:
    """Returns the only year, or the later one of a pair: last year's plan and this one's."""
    return years[-1] if len(years) == 1 or (len(years) == 2 and years[1] == years[0] + 1) else None


def _named_years(title: str) -> set[int]:
    return {int(year) for year in _TITLE_YEAR.findall(fold(title))}


def _years(path: Path) -> list[int]:
    return sorted({int(year) for text in path for year in _YEAR.findall(text)})


def _shown(paths: Sequence[Path], *places: int) -> str:
    return ", ".join(f"column {place + 1} {' / '.join(paths[place])[:60]!r}" for place in places)
