"""The catalogue of all that is published, as DCAT-AP in JSON-LD. Addresses are relative to the catalogue's own."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import RowMapping

from tiendo.clock import HANOI
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Register
from tiendo.report.data_files import LICENCE, PACKAGE
from tiendo.report.edition_tables import TABLES
from tiendo.report.sdmx import FIGURES, STRUCTURE
from tiendo.report.words import period_name
from tiendo.report.years import StackedYear

CATALOGUE = "catalog.jsonld"
_EU = "http://publications.europa.eu/resource/authority"
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FREQUENCIES = {
    PeriodKind.MONTH: "MONTHLY",
    PeriodKind.QUARTER: "QUARTERLY",
    PeriodKind.HALF_YEAR: "ANNUAL_2",
    PeriodKind.YEAR_TO_DATE: "IRREG",
    PeriodKind.YEAR: "ANNUAL",
}
# By the ending: the file type's code at the EU's Publications Office, and the media type at IANA.
_TYPES = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("PARQUET", "application/vnd.apache.parquet"),
    "json": ("JSON", "application/json"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": ("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": ("PDF", "application/pdf"),
    "html": ("HTML", "text/html"),
}
# What a data set is handed out as, with its title; files for machines are named as they are.
_FORMS = {
    "bao-cao.html": "Trang báo cáo",
    "bao-cao.docx": "Báo cáo (Word)",
    "bao-cao.pdf": "Báo cáo (PDF)",
    "bao-cao.xlsx": "Bảng số liệu (Excel)",
    PACKAGE: "Gói dữ liệu",
    STRUCTURE: "SDMX: cấu trúc",
    FIGURES: "SDMX: số liệu",
    **{f"data/{table.name}.{form}": table.sheet for table in TABLES for form in ("csv", "parquet")},
}


def render_catalogue(
    plans: Mapping[str, Register], editions: Iterable[RowMapping], years: Iterable[StackedYear]
) -> bytes:
    """Returns the catalogue: a data set for each edition and for each year's stacked tables.

    Args:
        plans: by code, each as it calls itself.
        editions: as report/index.sql has them.
        years: as ``write_years`` returned them.
    """
    sets = [_edition(plans[row["plan_code"]], row) for row in editions]
    sets += [_year(plans[year.plan_code], year) for year in years]
    provinces = ", ".join(dict.fromkeys(plan.province for plan in plans.values()))
    catalogue = {
        "@context": _CONTEXT,
        "@id": CATALOGUE,
        "@type": "dcat:Catalog",
        "dct:title": _text(f"Danh mục dữ liệu về kết quả thực hiện kế hoạch, {provinces}"),
        "dct:description": _text("Các lần ban hành báo cáo và số liệu gộp theo năm."),
        "dct:publisher": _publisher(next(iter(plans.values()))),
        "dct:language": {"@id": f"{_EU}/language/VIE"},
        "dct:license": _licence(),
        "dcat:dataset": sets,
    }
    return (json.dumps(catalogue, ensure_ascii=False, indent=2) + "\n").encode()


def _edition(plan: Register, row: RowMapping) -> dict[str, Any]:
    period = Period.parse(row["period"])
    folder = f"{row['plan_code']}/{period}/{row['edition']}"
    outputs = {each["path"]: each for each in row["manifest"]["outputs"]}
    title = f"{plan.short_title}: {period_name(period)}, lần ban hành thứ {row['edition']}"
    return _data_set(plan, folder, title, period.first_day.isoformat(), period.last_day.isoformat()) | {
        "dct:description": _text(f"Kết quả thực hiện {plan.title}."),
        "dct:issued": _instant(row["approved_at"]),
        "dcat:version": str(row["edition"]),
        "dct:accrualPeriodicity": {"@id": f"{_EU}/frequency/{_FREQUENCIES[period.kind]}"},
        "dcat:distribution": [
            _distribution(folder, path)
            | {
                "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(outputs[path]["size_bytes"])},
                "spdx:checksum": {
                    "@type": "spdx:Checksum",
                    "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                    "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": outputs[path]["sha256"]},
                },
            }
            for path in _FORMS
            if path in outputs
        ],
    }


def _year(plan: Register, year: StackedYear) -> dict[str, Any]:
    lacking = f" Chưa có: {'; '.join(year.left_out)}." if year.left_out else ""
    title = f"{plan.short_title}: số liệu năm {year.year}"
    return _data_set(plan, year.folder, title, f"{year.year}-01-01", f"{year.year}-12-31") | {
        "dct:description": _text(f"Lần ban hành mới nhất của mỗi kỳ trong năm, gộp trong từng bảng.{lacking}"),
        "dct:modified": _instant(year.as_of),
        "dcat:distribution": [
            _distribution(year.folder, path) for path in _FORMS if path == PACKAGE or path.startswith("data/")
        ],
    }


def _data_set(plan: Register, folder: str, title: str, first_day: str, last_day: str) -> dict[str, Any]:
    return {
        "@id": f"{folder}/",
        "@type": "dcat:Dataset",
        "dct:identifier": folder,
        "dct:title": _text(title),
        "dct:publisher": _publisher(plan),
        "dct:language": {"@id": f"{_EU}/language/VIE"},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:date", "@value": first_day},
            "dcat:endDate": {"@type": "xsd:date", "@value": last_day},
        },
        "dcat:landingPage": {"@id": "index.html", "@type": "foaf:Document"},
    }


def _distribution(folder: str, path: str) -> dict[str, Any]:
    kind, media_type = _TYPES[path.rpartition(".")[2]]
    address = {"@id": f"{folder}/{path}"}
    return {
        "@type": "dcat:Distribution",
        "dct:title": _text(_FORMS[path]),
        "dcat:accessURL": address,
        "dcat:downloadURL": address,
        "dct:format": {"@id": f"{_EU}/file-type/{kind}"},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media_type}"},
        "dct:license": _licence(),
    }


def _publisher(plan: Register) -> dict[str, Any]:
    return {"@type": "foaf:Organization", "foaf:name": _text(str(plan.report["issuing_body"]))}


def _licence() -> dict[str, Any]:
    return {"@type": "dct:LicenseDocument", "dct:title": _text(LICENCE["title"])}


def _text(words: str) -> dict[str, str]:
    return {"@language": "vi", "@value": words}


def _instant(moment: Any) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": moment.astimezone(HANOI).isoformat()}
