"""What machines read of editions: data packages, stacked years, SDMX, the catalogue; each read by others' libraries."""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import rdflib
from frictionless import Package, system
from openpyxl import load_workbook
from pysdmx.io import get_datasets, read_sdmx
from report_example import FDI, PUBLISHED
from report_warehouse import figure, send
from test_report_edition import (  # noqa: F401 - fixtures
    KHDT,
    _without_pdf,
    at,
    draft_and_publish,
    migrated_template,
    now,
    quarter,
)

from fixtures.packages import needs
from tiendo.model.code_labels import code_labels
from tiendo.model.period import Period, PeriodKind
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.report.data import EditionData
from tiendo.report.data_files import LICENCE, render_data_files
from tiendo.report.edition_tables import EDITION_KEY, INDICATORS, TABLES
from tiendo.report.manifest import MANIFEST, content_sha256, data_sha256, render_manifest
from tiendo.report.pdf_file import office
from tiendo.report.published import write_overview
from tiendo.report.sdmx import render_sdmx, time_period
from tiendo.report.words import FILE_STATES, SUBMISSION_STATES, task_state_name
from tiendo.report.years import write_years
from tiendo.settings import PROJECT, Settings
from tiendo.status.names import STYLES, TRENDS
from tiendo.warehouse.engine import loader

pytestmark = pytest.mark.slow


def whole(data: EditionData) -> EditionData:
    """The example with every file that something in it was read in, and codes beside names."""
    origins = [line.origin for line in data.graded if line.origin] + [each.origin for each in data.revisions]
    origins += [report.origin for task in data.tasks for report in task.reports if report.origin]
    files = {file.receipt_no: file for file in data.inputs}
    for origin in origins:
        files.setdefault(origin.receipt_no, replace(data.inputs[0], receipt_no=origin.receipt_no))

    def coded(line):
        return replace(line, agency_codes=("so-y-te",), unit_code="million_usd") if line.is_graded else line

    return replace(
        data,
        inputs=tuple(files.values()),
        indicators=tuple(map(coded, data.indicators)),
        body_targets=tuple(map(coded, data.body_targets)),
    )


WHOLE = whole(PUBLISHED)


def placed(files: Mapping[str, bytes], folder: Path) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def faults(package: Path) -> list[str]:
    """What frictionless finds wrong with a data package, its files included."""
    with system.use_context(trusted=True):
        report = Package(str(package)).validate()
    return [
        *(error.message for error in report.errors),
        *(f"{task.name}: {error.message}" for task in report.tasks for error in task.errors),
    ]


# Codes and their labels ----------------------------------------------------------------------------------------------


def test_labels_of_codes_are_those_that_reports_print():
    lists = {name: {code: each.vietnamese for code, each in labels.items()} for name, labels in code_labels().items()}
    assert lists["indicator_status"] == {status.value: style.label for status, style in STYLES.items()}
    assert list(lists["indicator_status"]) == [status.value for status in STYLES]
    assert lists["task_state"] == {code: task_state_name(code) for code in (*TASK_STATES, "not_reported")}
    assert lists["submission_state"] == SUBMISSION_STATES
    assert lists["file_state"] == FILE_STATES | {"trial": "Kiểm tra thử"}
    assert lists["value_kind"] == KINDS
    assert lists["trend"] == {code: style.label for code, style in TRENDS.items()}
    assert list(lists["period_kind"]) == [kind.value for kind in PeriodKind]
    assert all(each.vietnamese and each.english for labels in code_labels().values() for each in labels.values())


def test_every_column_of_codes_names_lists_that_there_are():
    named = [name for table in TABLES for column in table.columns for name in column.code_list]
    assert len(named) > 15
    assert set(named) <= code_labels().keys()


# Data packages -------------------------------------------------------------------------------------------------------


def test_the_data_package_is_valid_with_all_that_it_declares(tmp_path):
    folder = placed(render_data_files(WHOLE), tmp_path)
    package = json.loads((folder / "datapackage.json").read_bytes())
    assert faults(folder / "datapackage.json") == []
    assert sum(resource["format"] == "parquet" for resource in package["resources"]) == len(TABLES)
    assert package["licenses"] == [LICENCE]
    assert {each["role"] for each in package["contributors"]} == {"publisher", "contributor"}
    assert package["sources"][0] == {"title": WHOLE.plan_title}


@pytest.mark.parametrize("ending", ["", "-parquet"])
def test_a_row_that_leads_nowhere_or_a_code_of_no_list_is_a_fault(tmp_path, ending):
    lacking = replace(
        WHOLE, inputs=WHOLE.inputs[:1], indicators=(replace(FDI, row_kind="total"), *WHOLE.indicators[1:])
    )
    told = "\n".join(faults(placed(render_data_files(lacking), tmp_path) / "datapackage.json"))
    assert f'indicators{ending}: The cell "total"' in told
    assert re.search(rf"^sources{ending}: .*foreign key.*TN-000012", told, re.MULTILINE | re.IGNORECASE)


def test_columns_were_only_added_behind_those_of_before():
    names = [column.name for column in INDICATORS.columns]
    assert names.index("responsible") < names.index("agency_code") < names.index("plan_code")
    for table in TABLES:
        named = [column.name for column in table.columns]
        assert set(EDITION_KEY) <= set(named)
        assert len(named) == len(set(named))


def test_codes_beside_names_leave_hashes_as_they_were():
    assert (data_sha256(WHOLE), content_sha256(WHOLE)) == (
        data_sha256(replace(PUBLISHED, inputs=WHOLE.inputs)), content_sha256(PUBLISHED),
    )  # fmt: skip


# Excel with Vietnamese settings --------------------------------------------------------------------------------------


def test_the_excel_form_opens_right_with_vietnamese_settings(tmp_path):
    """LibreOffice splits at the system's list separator and reads numbers by a locale: 1066 is Vietnamese."""
    content = render_data_files(WHOLE)["excel/indicators.csv"]
    assert content.startswith("\ufeffindicator_code;".encode())
    (tmp_path / "a.csv").write_bytes(content)
    with needs("libreoffice-calc"):
        subprocess.run(
            [office(), "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
             "--infilter=CSV:59,34,76,1,,1066,false,true", "--convert-to", "xlsx", "--outdir", tmp_path,
             tmp_path / "a.csv"], check=True, capture_output=True, timeout=600,
        )  # fmt: skip
        assert (tmp_path / "a.xlsx").exists(), "LibreOffice Calc is not found"
    rows = list(load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows(values_only=True))
    by_code = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    fdi, exports = by_code["thu-hut-fdi"], by_code["tang-xuat-khau"]
    assert (fdi["value"], fdi["indicator_name"], fdi["is_estimate"]) == (967.3, FDI.name, "FALSE")
    assert (f"{fdi['data_on']:%d/%m/%Y}", exports["value"]) == ("10/06/2023", -18.7)
    assert exports["explanation"].startswith("'=HYPERLINK")


# Stacked years -------------------------------------------------------------------------------------------------------


def published(data: EditionData, home: Path) -> dict[str, object]:
    """Places the data files and the manifest of an edition; returns what report/index.sql has of it."""
    files = render_data_files(data)
    return entered(data, files, home)


def entered(data: EditionData, files: dict[str, bytes], home: Path) -> dict[str, object]:
    files = {**files, MANIFEST: render_manifest(data, files)}
    placed(files, home / data.plan_code / str(data.period) / str(data.edition))
    manifest_sha256 = hashlib.sha256(files[MANIFEST]).hexdigest()
    return {
        "period": str(data.period), "edition": data.edition, "as_of": data.as_of, "manifest_sha256": manifest_sha256,
    }  # fmt: skip


THIRD = replace(WHOLE, period=Period(2023, 3), edition=1, as_of=WHOLE.as_of + timedelta(days=92))


@pytest.fixture
def editions(tmp_path):
    """Two of the second quarter and one of the third."""
    home = Settings(tmp_path, (), None).published
    return [published(each, home) for each in (replace(WHOLE, edition=1), WHOLE, THIRD)]


def test_a_year_stacks_the_newest_edition_of_each_period(editions, tmp_path, register):
    settings = Settings(tmp_path, (), None)
    (year,) = write_years(settings, register, editions)
    folder = settings.published / register.code / "years" / "2023"
    assert (year.folder, year.left_out) == (f"{register.code}/years/2023", ())
    assert faults(folder / "datapackage.json") == []
    figures = pd.read_csv(folder / "data" / "indicators.csv")
    assert figures.groupby("report_period")["edition"].unique().map(list).to_dict() == {"2023-Q2": [2], "2023-Q3": [1]}
    assert set(figures["plan_code"]) == {register.code}
    parquet = pd.read_parquet(folder / "data" / "indicators.parquet")
    assert parquet["value"].dropna().map(float).tolist() == figures["value"].dropna().tolist()
    # What is stacked is what was published, to the letter.
    for table in TABLES:
        of_edition = settings.published / register.code / "2023-Q3" / "1" / "data" / f"{table.name}.csv"
        stacked = (folder / "data" / f"{table.name}.csv").read_bytes()
        head, _, rows = of_edition.read_bytes().partition(b"\r\n")
        assert rows, table.name
        assert (stacked.startswith(head), stacked.endswith(rows)) == (True, True), table.name
    excel = (folder / "excel" / "indicators.csv").read_text(encoding="utf-8-sig")
    assert len(excel.splitlines()) >= len(figures)


def test_the_same_editions_touch_no_file_and_a_later_one_adds_to_them(editions, tmp_path, register):
    settings = Settings(tmp_path, (), None)
    write_years(settings, register, editions[:2])
    first = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write_years(settings, register, editions[:2])
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == first
    write_years(settings, register, editions)
    figures = pd.read_csv(settings.published / register.code / "years" / "2023" / "data" / "indicators.csv")
    assert list(figures["report_period"].unique()) == ["2023-Q2", "2023-Q3"]


@pytest.mark.parametrize("damage", ["folder lost", "table lost", "table changed", "manifest changed"])
def test_an_edition_that_is_not_as_published_is_left_out_and_said(editions, tmp_path, register, damage):
    settings = Settings(tmp_path, (), None)
    edition = settings.published / register.code / "2023-Q2" / "2"
    match damage:
        case "folder lost":
            shutil.rmtree(edition)
        case "table lost":
            (edition / "data" / "tasks.parquet").unlink()
        case "table changed":
            shutil.copy(edition / "data" / "leads.parquet", edition / "data" / "tasks.parquet")
        case _:
            (edition / MANIFEST).write_bytes(b"{}")
    (year,) = write_years(settings, register, editions)
    assert year.left_out == ("Quý II năm 2023",)
    folder = settings.published / year.folder
    assert set(pd.read_csv(folder / "data" / "indicators.csv")["report_period"]) == {"2023-Q3"}
    assert "Quý II năm 2023" in json.loads((folder / "datapackage.json").read_bytes())["description"]


def test_editions_of_before_are_stacked_without_what_they_had_not(editions, tmp_path, register):
    """An edition of an earlier release has no columns that tell its period, and lacked a table."""
    settings = Settings(tmp_path, (), None)
    files = render_data_files(WHOLE)
    del files["data/records.parquet"]
    before = pq.read_table(io.BytesIO(files["data/indicators.parquet"])).drop_columns([*EDITION_KEY, "agency_code"])
    out = io.BytesIO()
    pq.write_table(before, out)
    old = entered(WHOLE, {**files, "data/indicators.parquet": out.getvalue()}, settings.published)
    (year,) = write_years(settings, register, [editions[0], old, editions[2]])
    folder = settings.published / year.folder / "data"
    figures = pd.read_csv(folder / "indicators.csv")
    second = figures[figures["report_period"] == "2023-Q2"]
    assert len(second) == before.num_rows
    assert set(second["edition"]) == {2}
    assert second["agency_code"].isna().all()
    assert set(pd.read_csv(folder / "records.csv")["report_period"]) == {"2023-Q3"}


# SDMX ----------------------------------------------------------------------------------------------------------------


def test_sdmx_is_read_back_with_names_in_both_languages(tmp_path):
    folder = placed(render_sdmx(WHOLE), tmp_path)
    message = read_sdmx(folder / "sdmx" / "structure.json", validate=True)
    statuses = next(each for each in message.get_codelists() if each.id.startswith("CL_INDICATOR_STATUS"))
    assert [(code.id, code.name) for code in statuses][:2] == [("exceeded", "Vượt"), ("achieved", "Đạt")]
    told = json.loads((folder / "sdmx" / "structure.json").read_bytes())
    listed = {each["id"]: each for each in told["data"]["codelists"]}[statuses.id]["codes"]
    assert listed[5] == {"id": "missed", "name": "Không đạt", "names": {"vi": "Không đạt", "en": "Missed"}}
    assert len(message.get_provision_agreements()) == len(message.get_dataflows()) == 1
    (figures,) = get_datasets(folder / "sdmx" / "indicators.csv", folder / "sdmx" / "structure.json")
    rows = figures.data.set_index("INDICATOR")
    assert len(rows) == len(WHOLE.graded)
    assert rows.loc["thu-hut-fdi", ["BODY", "TIME_PERIOD", "OBS_STATUS", "EVALUATION", "UNIT_MEASURE"]].tolist() == [
        "so-y-te", "2023-Q2", "A", "on_track", "million_usd",
    ]  # fmt: skip
    assert rows.loc["thu-hut-fdi", "OBS_VALUE"] == 967.3
    assert rows.loc["tang-xuat-khau", ["OBS_STATUS", "VALUE_KIND"]].tolist() == ["E", "estimate"]
    assert pd.isna(rows.loc["pci", "OBS_VALUE"])
    for component in figures.structure.components:
        if component.enumeration and component.id in figures.data:
            assert set(figures.data[component.id].dropna()) - {""} <= {code.id for code in component.enumeration}


def test_sdmx_follows_from_the_edition_alone_and_keeps_every_digit():
    long = replace(WHOLE, indicators=(replace(FDI, value=Decimal("12345678901234567.25"), agency_codes=("a", "b")),))
    files = render_sdmx(long)
    assert files == render_sdmx(replace(long, as_of=long.as_of.astimezone(tz=None)))
    row = next(csv.DictReader(io.StringIO(files["sdmx/indicators.csv"].decode())))
    assert (row["OBS_VALUE"], row["BODY"]) == ("12345678901234567.25", "_Z")
    assert json.loads(files["sdmx/structure.json"])["meta"]["prepared"] == "2023-06-14T09:30:00Z"


@pytest.mark.parametrize(
    ("period", "written"),
    [("2023-M04", "2023-M04"), ("2023-Q2", "2023-Q2"), ("2023-H2", "2023-S2"), ("2023-YTD09", "2023-01-01/P9M"),
     ("2023", "2023")],
)  # fmt: skip
def test_periods_are_written_as_sdmx_has_them(period, written):
    assert time_period(Period.parse(period)) == written


# What lies above the editions ----------------------------------------------------------------------------------------


@pytest.fixture
def two_quarters(engine, register, settings, quarter, now):  # noqa: F811
    """An edition of the first quarter and one of the second, published from a warehouse."""
    draft_and_publish(engine, register, settings)
    second = Period(2023, 2)
    send(engine, register, KHDT, second, at(6, 10), [figure("thu-hut-fdi", "967.3")])
    now(at(6, 14, 16))
    draft_and_publish(engine, register, settings, second, approved_at=at(6, 14, 17))
    return settings.published


def test_the_catalogue_tells_of_every_edition_and_year_what_dcat_ap_asks(two_quarters, engine, register, settings):
    graph = rdflib.Graph().parse(two_quarters / "catalog.jsonld", publicID="https://example.test/published/")
    dcat, dct = rdflib.Namespace("http://www.w3.org/ns/dcat#"), rdflib.Namespace("http://purl.org/dc/terms/")
    (catalogue,) = graph.subjects(rdflib.RDF.type, dcat.Catalog)
    home = f"https://example.test/published/{register.code}"
    sets = set(graph.objects(catalogue, dcat.dataset))
    assert {str(each) for each in sets} == {f"{home}/2023-Q1/1/", f"{home}/2023-Q2/1/", f"{home}/years/2023/"}
    for each in (catalogue, *sets):
        assert all((each, wanted, None) in graph for wanted in (dct.title, dct.description, dct.publisher))
    shared = list(graph.objects(None, dcat.distribution))
    assert len(shared) > 60
    for each in shared:
        (address,) = graph.objects(each, dcat.accessURL)
        assert (two_quarters / str(address).removeprefix("https://example.test/published/")).is_file()
    # What is left out of a year is said where people look.
    (two_quarters / register.code / "2023-Q1" / "1" / MANIFEST).unlink()
    with loader(engine) as connection:
        write_overview(connection, settings, register)
    page = (two_quarters / "index.html").read_text(encoding="utf-8")
    assert "không còn như khi ban hành: Quý I năm 2023" in page
    assert "Chưa có: Quý I năm 2023" in (two_quarters / "catalog.jsonld").read_text(encoding="utf-8")


def test_real_editions_are_valid_and_the_examples_of_the_document_run(two_quarters, register, monkeypatch, capsys):
    for package in two_quarters.rglob("datapackage.json"):
        assert faults(package) == [], package
    document = (PROJECT / "docs" / "published-data.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert len(examples) >= 4
    monkeypatch.chdir(two_quarters)
    for example in examples:
        exec(compile(example, "docs/published-data.md", "exec"), {})  # noqa: S102
    told = capsys.readouterr().out
    assert "967.3" in told
    assert "Đúng tiến độ" in told
    assert "True not_reported" in told
