"""What stands above all editions: their list, their catalogue for machines, the tables of whole years."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping

from tiendo.durable import write_files
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.kept import kept_register
from tiendo.report.catalogue import CATALOGUE, render_catalogue
from tiendo.report.manifest import MANIFEST
from tiendo.report.page import LINKS
from tiendo.report.words import lower, period_name, public_name, short_instant
from tiendo.report.years import StackedYear, write_years
from tiendo.settings import Settings
from tiendo.templates import template
from tiendo.warehouse.sql import statement

INDEX = "index.html"


def write_overview(connection: Connection, settings: Settings, register: Register) -> None:
    """Writes what lies in ``published/`` above the editions anew, from the warehouse and the editions' files.

    That is the tables of each year (``tiendo.report.years``), then ``catalog.jsonld`` and ``index.html``, with every
    plan, period and edition. Each file is written whole under its name. The same editions give the same bytes.
    """
    rows = connection.execute(statement("report/index.sql")).mappings().all()
    plans = {row["plan_code"]: _plan(connection, register, row) for row in rows} or {register.code: register}
    years = [
        year
        for code, plan in plans.items()
        for year in write_years(settings, plan, [row for row in rows if row["plan_code"] == code])
    ]
    periods: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        name = period_name(Period.parse(row["period"]))
        name = name if len(plans) == 1 else f"{plans[row['plan_code']].short_title}: {lower(name)}"
        periods.setdefault(name, []).append(_edition(dict(row)))
    page = template("published_index.html.j2").render(
        plan="; ".join(plan.short_title for plan in plans.values()),
        province=", ".join(dict.fromkeys(plan.province for plan in plans.values())),
        periods=[{"name": name, "editions": editions} for name, editions in periods.items()],
        years=[_year(plans[year.plan_code], year) for year in years],
        catalogue=CATALOGUE,
    )
    files = {
        settings.published / CATALOGUE: render_catalogue(plans, rows, years),
        settings.published / INDEX: page.encode(),
    }
    write_files({path: each for path, each in files.items() if not path.exists() or path.read_bytes() != each})


def _year(plan: Register, year: StackedYear) -> dict[str, Any]:
    paths = [
        (path, label) for path, label in LINKS if path == "datapackage.json" or path.startswith(("data/", "excel/"))
    ]
    return {
        "name": f"{plan.short_title}: năm {year.year}",
        "left_out": "; ".join(year.left_out),
        "links": [{"href": f"{year.folder}/{path}", "label": label} for path, label in paths],
    }


def _plan(connection: Connection, register: Register, row: RowMapping) -> Register:
    """Returns the plan of an edition as it calls itself."""
    if row["plan_code"] == register.code:
        return register
    kept = kept_register(connection, row["register_sha256"])
    return kept or replace(register, code=row["plan_code"], short_title=row["plan_title"], province=row["province"])


def _edition(row: dict[str, Any]) -> dict[str, Any]:
    outputs = {output["path"] for output in row["manifest"]["outputs"]} | {MANIFEST}
    counts = row["manifest"]["counts"]
    folder = f"{row['plan_code']}/{row['period']}/{row['edition']}"
    return {
        "number": row["edition"],
        "is_supplement": row["is_supplement"],
        "as_of": short_instant(row["as_of"]),
        "data_days": row["manifest"].get("data_days", ""),  # editions before this key say nothing of it
        "approved_by": public_name(row["approved_by"]),
        "approved_at": short_instant(row["approved_at"]),
        "received": f"{counts['submissions_received']}/{counts['submissions_owed']}",
        "sha256": row["manifest_sha256"][:16],
        "links": [{"href": f"{folder}/{path}", "label": label} for path, label in LINKS if path in outputs],
    }
