"""What a program asks of a table, read from the query of an address; each fault is told with its parameter's name."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from tiendo.pages.frame import Refusal
from tiendo.warehouse.offered import COMPARISONS, Asked, OfferedColumn, OfferedTable

USUAL_LIMIT, LARGEST_LIMIT = 1000, 10_000
LONGEST_VALUE = 1000
# Not filters. A column of such a name is compared only: as_of__lte.
RESERVED = ("columns", "limit", "cursor", "format", "as_of")
FORMATS = ("json", "csv")


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("PostgreSQL has no text with NUL")
    return text


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or not -(2**63) <= int(text) < 2**63:
        raise ValueError(text)
    return int(text)


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", text):
        raise ValueError(text)
    return Decimal(text)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no offset")
    return instant.astimezone(UTC)


class ValueKind(NamedTuple):
    """How values of a column are written in an address, and told of."""

    read: Callable[[str], Any]
    schema: Mapping[str, str]
    shape: str
    words: str
    is_ordered: bool = True


_WHOLE = ValueKind(_integer, {"type": "integer"}, "a whole number", "số nguyên")
KINDS = {
    "text": ValueKind(_text, {"type": "string"}, "a text", "văn bản", is_ordered=False),
    "boolean": ValueKind(
        {"true": True, "false": False}.__getitem__, {"type": "boolean"}, "true or false", "true hoặc false",
        is_ordered=False,
    ),
    "integer": _WHOLE,
    "bigint": _WHOLE,
    "numeric": ValueKind(_number, {"type": "number"}, "a number such as -1234.5", "số, ví dụ -1234.5"),
    "date": ValueKind(
        date.fromisoformat, {"type": "string", "format": "date"}, "a day such as 2023-03-14", "ngày, ví dụ 2023-03-14"
    ),
    "timestamp with time zone": ValueKind(
        _instant,
        {"type": "string", "format": "date-time"},
        "an instant with its offset such as 2023-03-14T17:00:00+07:00 (in an address a + is written %2B)",
        "thời điểm có múi giờ, ví dụ 2023-03-14T17:00:00+07:00 (trong địa chỉ, dấu + viết là %2B)",
    ),
}  # fmt: skip
_INSTANT = KINDS["timestamp with time zone"]


def read_asked(table: OfferedTable, query: Iterable[tuple[str, str]], after: Iterable[str] = ()) -> Asked:
    """Reads the parameters of an address.

    Args:
        query: names and values as they stand there, decoded; ``cursor`` and ``format`` are not looked at.
        after: the key of the last row known, as ``written`` writes it.

    Raises:
        Refusal: 422, with the parameter at fault.
    """
    given: dict[str, list[str]] = {}
    for name, value in query:
        if len(value) > LONGEST_VALUE:
            unfit(name, f"is longer than {LONGEST_VALUE} characters", f"dài quá {LONGEST_VALUE} ký tự")
        given.setdefault(name, []).append(value)
    as_of = None
    if "as_of" in given:
        if not table.columns_at:
            unfit("as_of", f"{table.name} is not kept by instants", "bảng này không xem lại được theo thời điểm")
        as_of = _read("as_of", _INSTANT, _only(given, "as_of"))
    columns = table.columns if as_of is None else table.columns_at
    any_of, compared = {}, []
    for name in given.keys() - set(RESERVED):
        stem, _, comparison = (name, "", "") if name in columns else name.rpartition("__")
        kind = KINDS.get(columns[stem].type) if stem in columns else None
        if kind is None or (name != stem and not (kind.is_ordered and comparison in COMPARISONS)):
            unfit(name, f"{table.name} is not filtered by that", "bảng không lọc được theo tham số này")
        values = tuple(_read(name, kind, value) for value in given[name])
        if comparison:
            compared += [(stem, comparison, value) for value in values]
        else:
            any_of[name] = values
    for name in table.needs if as_of else ():
        if len(any_of.get(name, ())) != 1:
            unfit(name, "as_of needs exactly one value of it", "khi dùng as_of phải có đúng một giá trị")
    return Asked(
        table,
        _columns(columns, given.get("columns")),
        _limit(given),
        any_of,
        tuple(sorted(compared, key=str)),
        as_of,
        tuple(KINDS[table.columns[name].type].read(value) for name, value in zip(table.key, after, strict=False)),
    )


def written(value: Any) -> str:
    """Writes a value as it stands in an address."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def format_asked(query: Mapping[str, str], accept: str) -> str:
    """Returns which of ``FORMATS`` is wanted.

    Raises:
        Refusal: 422, none of them.
    """
    given = query.get("format", "csv" if "text/csv" in accept else "json")
    if given not in FORMATS:
        unfit("format", "must be json or csv", "phải là json hoặc csv")
    return given


def unfit(field: str, why: str, words: str) -> NoReturn:
    """Refuses a request by a parameter, in English and Vietnamese."""
    shown = field[:80]
    raise Refusal(422, f"{shown}: {why}", f"Tham số “{shown}”: {words}.", field=shown)


def _read(name: str, kind: ValueKind, text: str) -> Any:
    try:
        return kind.read(text)
    except (ValueError, KeyError, OverflowError):
        unfit(name, f"must be {kind.shape}", f"phải là {kind.words}")


def _only(given: Mapping[str, list[str]], name: str) -> str:
    if len(given[name]) > 1:
        unfit(name, "stands there more than once", "chỉ được ghi một lần")
    return given[name][0]


def _limit(given: Mapping[str, list[str]]) -> int:
    limit = _read("limit", _WHOLE, _only(given, "limit")) if "limit" in given else USUAL_LIMIT
    if not 1 <= limit <= LARGEST_LIMIT:
        unfit("limit", f"must be from 1 to {LARGEST_LIMIT}", f"phải từ 1 đến {LARGEST_LIMIT}")
    return int(limit)


def _columns(known: Mapping[str, OfferedColumn], given: list[str] | None) -> tuple[str, ...]:
    if given is None:
        return tuple(known)
    chosen = tuple(dict.fromkeys(",".join(given).split(",")))
    for name in chosen:
        if name not in known:
            unfit("columns", f"there is no column {name[:80]!r}", f"không có cột “{name[:80]}”")
    return chosen
