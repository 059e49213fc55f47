"""Great Expectations' own Data Docs, for operations: which rules were run over which tables, and what they found."""

import html
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tiendo.validation.suites import ROW_ID, get_suite, great_expectations, quiet_context, restore_context

if TYPE_CHECKING:
    import pandas as pd

_SITE = "tiendo"
_FAILURES_SHOWN = 20
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tiendo Data Docs</title>
<style>body {{ font: 1rem sans-serif; margin: 2rem }} td, th {{ padding: .3rem 1rem; text-align: left }}</style>
<h1>Data Docs</h1>
<table>
<tr><th>Suite</th><th>Rows</th><th>Rules run</th><th>Rules broken</th><th></th></tr>
{rows}
</table>
<p><a href="{gx_index}">All results as Great Expectations lists them</a> (styles and scripts from the Internet)</p>
</html>
"""
_ROW = (
    '<tr><td><a href="expectations/{suite}.html">{suite}</a></td><td>{row_count}</td><td>{run}</td><td>{broken}</td>'
    '<td><a href="{result}">result</a></td></tr>'
)
_GX_INDEX = "great_expectations.html"


def build_data_docs(target_dir: Path, frames: "Mapping[str, pd.DataFrame]") -> Path:
    """Runs suites once more and writes their Data Docs: seconds of processor time, so never per file.

    The first page is ours: that of Great Expectations stays empty without scripts from the Internet.

    Args:
        target_dir: folder of the site, replaced whole; ``var/data_docs``.
        frames: tables by suite name, as ``check.batch_frames`` or ``own_tables`` give them; empty ones are left out.

    Returns:
        The site's ``index.html``.
    """
    target_dir.parent.mkdir(parents=True, exist_ok=True)
    building = target_dir.with_name(f".{target_dir.name}-{uuid.uuid4().hex}")
    try:
        rows = _build(building, frames)
        (building / "index.html").replace(building / _GX_INDEX)
        page = _PAGE.format(rows="\n".join(rows), gx_index=_GX_INDEX)
        (building / "index.html").write_text(page, encoding="utf-8")
        shutil.rmtree(target_dir, ignore_errors=True)
        building.replace(target_dir)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        restore_context()
    return target_dir / "index.html"


def _build(building: Path, frames: "Mapping[str, pd.DataFrame]") -> list[str]:
    gx = great_expectations()
    context = quiet_context()
    context.add_data_docs_site(
        site_name=_SITE,
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(building)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    source = context.data_sources.add_pandas(_SITE)
    statistics = {}
    for name, frame in frames.items():
        if frame.empty:
            continue
        definition = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        suite = context.suites.add(get_suite(name).for_people())
        validation = gx.ValidationDefinition(name=name, data=definition, suite=suite)
        result = context.validation_definitions.add(validation).run(
            batch_parameters={"dataframe": frame},
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": _FAILURES_SHOWN,
                "unexpected_index_column_names": [ROW_ID] if ROW_ID in frame.columns else [],
            },
        )
        statistics[name] = result.statistics
    context.build_data_docs(site_names=[_SITE])
    return [
        _ROW.format(
            suite=html.escape(name),
            row_count=len(frames[name]),
            run=statistic["evaluated_expectations"],
            broken=statistic["unsuccessful_expectations"],
            result=next((building / "validations" / name).rglob("*.html")).relative_to(building).as_posix(),
        )
        for name, statistic in statistics.items()
    ]
