"""Data Docs, for operations: what the rules said when they were run, as it was kept. Nothing is evaluated anew.

``data_docs/<plan>/<period>/index.html`` lists a period's files with what their rows broke, ``data_docs/index.html`` the
files of no period. Both lead to Great Expectations' own page of each suite's run. Such a page is written once: what was
said does not change. The pages of the suites tell the rules as they stand today.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Engine, Row

from tiendo.durable import write_files
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import Settings
from tiendo.templates import template
from tiendo.validation.suites import REPORT_SUITES, SUBMISSION_SUITES, TABLE_SUITES, get_suite, great_expectations
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

if TYPE_CHECKING:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

_TEMPLATE = "data_docs.html.j2"
_DATA_DOCS_LOCK = "select pg_advisory_xact_lock(hashtext('tiendo.data_docs'))"
_SUITES = (*SUBMISSION_SUITES, *TABLE_SUITES, *REPORT_SUITES)


class BrokenRows(NamedTuple):
    """A rule that rows of a file broke; ``places``: sheet and cell of each, and its row on Great Expectations' page."""

    rule: str
    severity: str
    fate: str
    places: tuple[str, ...]


class DocumentedFile(NamedTuple):
    """A file of the ledger (a row of ``validation/checked_files.sql``) and what its rows broke."""

    line: Row[Any]
    broken: tuple[BrokenRows, ...]


class DocumentedRun(NamedTuple):
    """One suite's run.

    Attributes:
        page: Great Expectations' page of it, relative to the site.
        document: Great Expectations' result.
    """

    line: Row[Any]
    page: str
    document: dict[str, Any]

    @property
    def statistics(self) -> dict[str, int]:
        """How many rules were run, and how many held."""
        told: dict[str, int] = self.document["statistics"]
        return told


def write_data_docs(settings: Settings, register: Register, engine: Engine, period: Period) -> Path:
    """Writes the pages of a period, and of the files of none, from what was kept.

    Returns:
        The period's ``index.html``.
    """
    site = settings.home / "data_docs"
    with loader(engine) as connection:
        # One run at a time: the first page, the suites' and those of a batch are not of one period alone.
        connection.exec_driver_sql(_DATA_DOCS_LOCK)
        indexes = {
            site / register.code / str(period) / "index.html": _gather(connection, register, str(period)),
            site / "index.html": _gather(connection, register, None),
        }
        runs = {run.page: run for _, found in indexes.values() for run in found}
        pages = {site / page: render_result(run.document) for page, run in runs.items() if not (site / page).exists()}
        pages |= {site / "expectations" / f"{name}.html": render_suite(name) for name in _SUITES}
        here = f"{register.code}/{period}"
        periods = sorted({path.parent.relative_to(site).as_posix() for path in site.glob("*/*/index.html")} | {here})
        for index, (files, found) in indexes.items():
            is_first = index.parent == site
            pages[index] = _render_index(
                title="Files of no period" if is_first else f"{register.code}, {period}",
                root="" if is_first else "../../",
                periods=periods if is_first else [],
                files=files,
                runs=found,
                suites=_SUITES,
            )
        # The lists last: what they lead to is there.
        write_files(pages)
    return site / register.code / str(period) / "index.html"


def _gather(
    connection: Connection, register: Register, period: str | None
) -> tuple[list[DocumentedFile], list[DocumentedRun]]:
    key = {"plan_code": register.code, "period": period}
    lines = connection.execute(statement("validation/checked_files.sql"), key).all()
    broken: dict[int, dict[tuple[str, str, str], list[str]]] = {}
    for row in connection.execute(
        statement("validation/broken_rules.sql"), {"file_ids": [line.file_id for line in lines]}
    ):
        place = " ".join(part for part in (row.sheet, row.cell, f"(row {row.row_number} of {row.suite})") if part)
        broken.setdefault(row.file_id, {}).setdefault((row.rule, row.severity, row.fate), []).append(place)
    files = [
        DocumentedFile(
            line, tuple(BrokenRows(*rule, tuple(places)) for rule, places in broken.get(line.file_id, {}).items())
        )
        for line in lines
    ]
    batches = sorted({line.run for line in lines if line.run})
    rows = connection.execute(statement("validation/results.sql"), key | {"runs": batches})
    return files, [DocumentedRun(row, _page(row), json.loads(row.result)) for row in rows]


def _page(row: Row[Any]) -> str:
    """Where a run's page lies: as deep as Great Expectations itself would put it, since it links to its site."""
    run = re.sub(r"[^\w-]+", "-", row.run)
    return f"validations/{row.suite}/{run}/{row.ran_at.astimezone(UTC):%Y%m%dT%H%M%SZ}/{row.part}.html"


def _render_index(**values: Any) -> bytes:
    return template(_TEMPLATE).render(values).encode()


def render_result(document: Mapping[str, Any]) -> bytes:
    """Returns Great Expectations' page of a suite's run.

    Args:
        document: its ``ExpectationSuiteValidationResult`` as JSON.
    """
    great_expectations()
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResultSchema
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    result = ExpectationSuiteValidationResultSchema().load(document)
    for one in result.results:
        one.expectation_config = _showable(one.expectation_config)
    return _render(ValidationResultsPageRenderer(run_info_at_end=True).render(result))


def _showable(rule: "ExpectationConfiguration") -> "ExpectationConfiguration":
    """Returns a rule as it is, or by its words alone: where its expectation is no more, or takes other parameters."""
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    try:
        rule.to_domain_obj()
    except (ExpectationNotFoundError, ValueError):
        # Any expectation will do: of one with a description nothing else is shown.
        column = {"column": rule.kwargs.get("column", "")}
        return ExpectationConfiguration("expect_column_to_exist", column, rule.meta, description=rule.description)
    return rule


def render_suite(name: str) -> bytes:
    """Returns Great Expectations' page of a suite as it stands today."""
    great_expectations()
    from great_expectations.render.renderer.page_renderer import ExpectationSuitePageRenderer

    return _render(ExpectationSuitePageRenderer().render(get_suite(name).for_people()))  # type: ignore[no-untyped-call]


def _render(content: Any) -> bytes:
    from great_expectations.render.view.view import DefaultJinjaPageView

    page: str = DefaultJinjaPageView().render(content, show_how_to_buttons=False)  # type: ignore[no-untyped-call]
    return page.encode()
