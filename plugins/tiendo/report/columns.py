"""What a column of an edition is. CSV, Parquet, XLSX, DOCX, HTML and the data package all take it from one declaration.

The columns themselves are declared in ``tiendo.report.edition_tables``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.report.data import EditionData
from tiendo.report.words import clean, number, short_instant
from tiendo.vietnamese.dates import format_date


@dataclass(frozen=True)
class EditionColumn:
    """One column.

    Attributes:
        name: in CSV, Parquet and data package; a public contract, like schema mart.
        type: as Frictionless names types.
        title: heading in Vietnamese.
        width: in the XLSX, in characters.
        description: what it holds, for the data package.
        source: where a row's item has the value: a path of attributes (``origin.cell``; nothing where a part of it is
            missing), or a function of the item. "": the attribute ``name``.
        is_folded: in the XLSX seen only by a click on the plus sign above, and not printed: what is not folded fits on
            a page.
        is_code: a code that another column has in words; not in the XLSX.
        in_excel: what the XLSX has, where not the value: words for a code, a rounded number, nothing.
        excel_format: gives the number format of a row's cell in the XLSX, where it has one of its own.
        coloured_by: the column with the status code whose colour and mark it has in the XLSX.
        tag: its name in the templates of DOCX and HTML, which people edit: never renamed. "": not used there.
        words: how the templates print it, where not as every value of its type.
        told: gives the words that stand in the place of a number that there is none of, in the XLSX and in print.
        code_list: of a code, the lists that it is of (``tiendo.model.code_labels``).
        of_edition: gives what all rows of an edition share, in place of ``source``.
        is_annexed: printed in the tables of indicators of DOCX and HTML too, behind the columns that they lay out.
    """

    name: str
    type: Literal["string", "integer", "number", "boolean", "date", "datetime"]
    title: str
    width: int
    description: str
    source: str | Callable[[Any], Any] = ""
    is_folded: bool = False
    is_code: bool = False
    in_excel: Callable[[Any], Any] | None = None
    excel_format: Callable[[Any], str] | None = None
    coloured_by: str = ""
    tag: str = ""
    words: Callable[[Any], str] | None = None
    is_annexed: bool = False
    told: Callable[[Any], str] | None = None
    code_list: tuple[str, ...] = ()
    of_edition: Callable[[EditionData], Any] | None = None

    def value(self, item: Any) -> Any:
        """Returns an item's value as data: text cleaned and never "", instants in Vietnamese time, periods as text."""
        if callable(self.source):
            found = self.source(item)
        else:
            found = item
            for step in (self.source or self.name).split("."):
                found = None if found is None else getattr(found, step)
        match found:
            case str():
                return clean(found) or None
            case datetime():
                return found.astimezone(HANOI)
            case Period():
                return str(found)
        return found

    def shown(self, item: Any) -> Any:
        """Returns an item's value as the XLSX has it, None for an empty cell."""
        if self.told is not None and (words := self.told(item)):
            return words
        return self.value(item) if self.in_excel is None else self.in_excel(item) or None

    def printed(self, item: Any) -> Any:
        """Returns an item's value as the templates print it: text, "" for none; truth values stay what they are."""
        if self.told is not None and (words := self.told(item)):
            return words
        if self.words is not None:
            return self.words(item)
        match value := self.value(item):
            case None:
                return ""
            case Decimal():
                return number(value)
            case datetime():
                return short_instant(value)
            case date():
                return format_date(value)
            case bool():
                return value
        return str(value)


@dataclass(frozen=True)
class EditionTable:
    """One table of an edition.

    Attributes:
        name: file name of the CSV and Parquet, without ending.
        sheet: name of the sheet in the XLSX.
        key: names of the columns that tell rows of one edition apart.
        references: by table, the columns that lead to one of its rows in the same edition.
        known_by: the column people know a row by; in the XLSX it stays in sight with those before it.
        items: what the rows are of, in order.
    """

    name: str
    sheet: str
    description: str
    key: tuple[str, ...]
    known_by: str
    items: Callable[[EditionData], Iterable[Any]]
    columns: tuple[EditionColumn, ...]
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rows(self, data: EditionData) -> list[tuple[Any, ...]]:
        """Returns the rows of an edition, each in the order of ``columns``."""
        shared = {column.name: column.of_edition(data) for column in self.columns if column.of_edition}
        return [
            tuple(shared[column.name] if column.of_edition else column.value(item) for column in self.columns)
            for item in self.items(data)
        ]

    def printed(self, item: Any) -> dict[str, Any]:
        """Returns what the templates print of one item, by tag."""
        return {column.tag: column.printed(item) for column in self.columns if column.tag}

    def place(self, name: str) -> int:
        """Returns the place of a column, from 0."""
        return [column.name for column in self.columns].index(name)
