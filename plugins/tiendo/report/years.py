"""The tables of a whole year, at a fixed address: the newest edition of each of its periods, one below the other.

They lie in ``published/<plan>/years/<year>/`` (a plan reported once a year has periods that are called like a year),
made from the files of the editions as they were published: what was corrected since, and not published, is not there.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping

from tiendo.durable import write_files
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.columns import EditionTable
from tiendo.report.data_files import Rows, instant, render_package
from tiendo.report.edition_tables import EDITION_KEY, TABLES
from tiendo.report.manifest import MANIFEST
from tiendo.report.words import period_name
from tiendo.settings import Settings

YEARS = "years"


@dataclass(frozen=True)
class StackedYear:
    """What lies in the folder of a year.

    Attributes:
        folder: its path below ``published/``.
        left_out: names of the periods whose newest edition is not on the disk as it was published.
    """

    plan_code: str
    year: int
    folder: str
    as_of: datetime
    left_out: tuple[str, ...]


def write_years(settings: Settings, plan: Register, editions: Iterable[RowMapping]) -> list[StackedYear]:
    """Writes the tables of each year of a plan anew, where they are other ones; the same editions give the same bytes.

    An edition that is missing or was changed is not stacked: the data package, the list of editions and what is
    returned say so. Each file appears whole, the data package last.

    Args:
        settings: where the editions lie.
        plan: as it calls itself.
        editions: its published ones, as report/index.sql has them.
    """
    newest: dict[Period, RowMapping] = {}
    for row in sorted(editions, key=lambda row: int(row["edition"])):
        newest[Period.parse(row["period"])] = row
    years = []
    for year, periods in groupby(sorted(newest), key=lambda period: period.year):
        rows = {period: newest[period] for period in periods}
        stacked = _stack(settings.published / plan.code, plan, year, rows)
        years.append(stacked)
    return years


def _stack(folder: Path, plan: Register, year: int, editions: Mapping[Period, RowMapping]) -> StackedYear:
    tables: dict[str, Rows] = {table.name: [] for table in TABLES}
    left_out, stacked = [], []
    for period, row in editions.items():
        found = _as_published(folder / str(period) / str(row["edition"]), row["manifest_sha256"])
        if found is None:
            left_out.append(period_name(period))
            continue
        stacked.append(f"{period_name(period)}, lần ban hành thứ {row['edition']}")
        shared = dict(zip(EDITION_KEY, (plan.code, str(period), int(row["edition"])), strict=True))
        for table in TABLES:
            tables[table.name] += _rows(table, found.get(f"data/{table.name}.parquet"), shared)
    as_of = max(row["as_of"] for row in editions.values())
    body = str(plan.report["issuing_body"])
    lacking = f" Not there, since it is no longer on the disk as published: {'; '.join(left_out)}." if left_out else ""
    files = render_package(
        tables,
        {
            "name": f"{plan.code}-{year}".lower(),
            "title": f"{plan.short_title}: năm {year}, lần ban hành mới nhất của mỗi kỳ",
            "description": f"The newest edition of each of the year's periods, one below the other.{lacking}",
            "created": instant(as_of),
            "sources": [{"title": title} for title in stacked] or [{"title": plan.title}],
            "contributors": [{"title": body, "role": "publisher"}],
        },
    )
    home = folder / YEARS / str(year)
    targets = {home / path: content for path, content in files.items()}
    write_files({path: each for path, each in targets.items() if not path.exists() or path.read_bytes() != each})
    return StackedYear(plan.code, year, f"{plan.code}/{YEARS}/{year}", as_of, tuple(left_out))


def _as_published(folder: Path, manifest_sha256: str) -> dict[str, bytes] | None:
    """Returns an edition's Parquet files by path; None where one, or the manifest, is not what was published."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
        if hashlib.sha256(manifest).hexdigest() != manifest_sha256:
            return None
        hashes = {each["path"]: each["sha256"] for each in json.loads(manifest)["outputs"]}
        files = {path: (folder / path).read_bytes() for path in hashes if path.endswith(".parquet")}
    except OSError:
        return None
    is_whole = all(hashlib.sha256(content).hexdigest() == hashes[path] for path, content in files.items())
    return files if is_whole else None


def _rows(table: EditionTable, parquet: bytes | None, shared: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yields an edition's rows; of one from before a table or a column was there, without it."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    if parquet is None:
        return
    for row in pq.read_table(io.BytesIO(parquet)).to_pylist():
        told = row | shared
        yield tuple(_plain(told.get(column.name)) for column in table.columns)


def _plain(value: Any) -> Any:
    """Returns a number without the noughts that Parquet's fixed scale adds."""
    return value.normalize() if isinstance(value, Decimal) else value
