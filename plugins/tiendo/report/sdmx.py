"""An edition as SDMX 3.0: its structures as an SDMX-JSON 2.0 message, its figures as SDMX-CSV 2.0.

pysdmx knows a name in one language only, so the structures are written once in each and the names laid together. Its
writer of SDMX-CSV turns figures into binary fractions; those lines are written here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, Literal, NamedTuple

from tiendo.model.code_labels import code_labels
from tiendo.model.period import Period, PeriodKind
from tiendo.report.data import EditionData, IndicatorLine
from tiendo.report.data_files import csv_text, field_text

STRUCTURE, FIGURES = "sdmx/structure.json", "sdmx/indicators.csv"
_AGENCY = "TIENDO"
_PROVIDER = "PUBLISHER"
_FREQUENCIES = {
    PeriodKind.MONTH: "M",
    PeriodKind.QUARTER: "Q",
    PeriodKind.HALF_YEAR: "S",
    PeriodKind.YEAR_TO_DATE: "_O",
    PeriodKind.YEAR: "A",
}
_NO_BODY = "_Z"
Language = Literal["vi", "en"]


class Name(NamedTuple):
    """What something is called; names of the plan's own things are Vietnamese only."""

    vi: str
    en: str = ""

    def told(self, language: Language) -> str:
        """Returns the name in a language, the Vietnamese one where there is none."""
        return (self.en if language == "en" else "") or self.vi


class _Concept(NamedTuple):
    """A column of the figures: its role (dimension, measure or attribute) and, where it has codes, their list."""

    name: Name
    role: Literal["D", "M", "A"]
    code_list: str = ""


_CONCEPTS = {
    "FREQ": _Concept(Name("Tần suất", "Frequency"), "D", "CL_FREQ"),
    "INDICATOR": _Concept(Name("Chỉ tiêu", "Indicator"), "D", "CL_INDICATOR"),
    "BODY": _Concept(Name("Cơ quan báo cáo", "Reporting body"), "D", "CL_BODY"),
    "TIME_PERIOD": _Concept(Name("Kỳ báo cáo", "Period"), "D"),
    "OBS_VALUE": _Concept(Name("Kết quả", "Observation value"), "M"),
    "OBS_STATUS": _Concept(Name("Tình trạng số liệu", "Observation status"), "A", "CL_OBS_STATUS"),
    "VALUE_KIND": _Concept(Name("Loại số liệu", "Actual or estimate"), "A", "CL_VALUE_KIND"),
    "BASIS": _Concept(Name("Phạm vi", "The period alone, or since the start of the year"), "A", "CL_BASIS"),
    "EVALUATION": _Concept(Name("Đánh giá", "Status against the target"), "A", "CL_INDICATOR_STATUS"),
    "UNIT_MEASURE": _Concept(Name("Đơn vị tính", "Unit of measure"), "A", "CL_UNIT"),
    "EDITION": _Concept(Name("Lần ban hành", "Edition"), "A"),
}


def render_sdmx(data: EditionData) -> dict[str, bytes]:
    """Returns ``sdmx/structure.json`` and ``sdmx/indicators.csv``, by path inside the edition."""
    rows = [[field_text(value) for value in row] for row in _figures(data)]
    figures = csv_text(["STRUCTURE", "STRUCTURE_ID", "ACTION", *_CONCEPTS], rows)
    structure = _merged(*(json.loads(_message(data, language)) for language in ("vi", "en")))
    return {
        STRUCTURE: (json.dumps(structure, ensure_ascii=False, indent=2) + "\n").encode(),
        FIGURES: figures.encode(),
    }


def _figures(data: EditionData) -> Iterator[tuple[Any, ...]]:
    """Yields a row for each graded line; where there is no figure, or none of one body, the body is ``_Z``."""
    flow = f"{_AGENCY}:{_id('INDICATORS', data)}({_version(data)})"
    for line in data.graded:
        yield (
            *("dataflow", flow, "I"),
            _FREQUENCIES[data.period.kind],
            line.code,
            _body(line),
            time_period(data.period),
            line.value,
            "O" if line.value is None else "E" if line.is_estimate else "A",
            line.value_kind,
            line.value_basis,
            line.status,
            line.unit_code,
            data.edition,
        )


def time_period(period: Period) -> str:
    """Returns a period as SDMX writes it: ``2023-M04``, ``2023-Q1``, ``2023-S1``, ``2023-01-01/P9M``, ``2023``."""
    match period.kind:
        case PeriodKind.HALF_YEAR:
            return f"{period.year}-S{period.number}"
        case PeriodKind.YEAR_TO_DATE:
            return f"{period.year}-01-01/P{period.last_month}M"
    return str(period)


def _body(line: IndicatorLine) -> str:
    return line.agency_codes[0] if len(line.agency_codes) == 1 else _NO_BODY


def _version(data: EditionData) -> str:
    return f"{data.period.year}.{data.period.number}.{data.edition}"


def _id(name: str, data: EditionData) -> str:
    """Returns the name of what is the plan's own, such as its list of indicators."""
    return f"{name}_{re.sub(r'[^A-Za-z0-9_-]', '_', data.plan_code)}"


def _code_lists(data: EditionData) -> dict[str, tuple[Name, Mapping[str, Name]]]:
    """Returns the title and the codes of each list, by the name that concepts know it by."""
    fixed = {
        name: {code: Name(*label) for code, label in code_labels()[name].items()}
        for name in ("indicator_status", "value_kind", "basis", "period_kind")
    }
    bodies = {row.agency_code: Name(row.agency_name) for row in data.submissions}
    for line in data.graded:
        bodies |= {
            code: Name(name) for code, name in zip(line.agency_codes, line.agency_name.split("; "), strict=False)
        }
    return {
        "CL_FREQ": (
            Name("Tần suất", "Frequencies"),
            {code: fixed["period_kind"][kind.value] for kind, code in _FREQUENCIES.items()},
        ),
        "CL_INDICATOR": (Name("Chỉ tiêu", "Indicators"), {line.code: Name(line.full_name) for line in data.graded}),
        "CL_BODY": (
            Name("Cơ quan báo cáo", "Reporting bodies"),
            bodies | {_NO_BODY: Name("Không có, hoặc nhiều cơ quan", "None, or several bodies")},
        ),
        "CL_UNIT": (
            Name("Đơn vị tính", "Units of measure"),
            {line.unit_code: Name(line.unit) for line in data.graded if line.unit_code},
        ),
        "CL_OBS_STATUS": (
            Name("Tình trạng số liệu", "Observation statuses"),
            {
                "A": Name("Số liệu thực hiện", "Normal value"),
                "E": Name("Số liệu ước thực hiện", "Estimated value"),
                "O": Name("Chưa có số liệu", "Missing value"),
            },
        ),
        "CL_VALUE_KIND": (Name("Loại số liệu", "Kinds of figures"), fixed["value_kind"]),
        "CL_BASIS": (Name("Phạm vi số liệu", "What figures cover"), fixed["basis"]),
        "CL_INDICATOR_STATUS": (Name("Đánh giá chỉ tiêu", "Statuses of indicators"), fixed["indicator_status"]),
    }


def _message(data: EditionData, language: Language) -> str:
    """Returns the structures as SDMX-JSON with names in one language."""
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format
    from pysdmx.model import (
        Code,
        Codelist,
        Component,
        Components,
        Concept,
        ConceptScheme,
        Dataflow,
        DataProvider,
        DataProviderScheme,
        DataStructureDefinition,
        DataType,
        ItemReference,
        Organisation,
        ProvisionAgreement,
        Role,
    )
    from pysdmx.model.message import Header

    version = _version(data)
    own: dict[str, Any] = {"agency": _AGENCY, "version": version}
    types = {"TIME_PERIOD": DataType.PERIOD, "OBS_VALUE": DataType.DECIMAL, "EDITION": DataType.INTEGER}
    lists = {
        name: Codelist(
            _id(name, data),
            name=title.told(language),
            items=tuple(Code(code, name=each.told(language)) for code, each in codes.items()),
            **own,
        )
        for name, (title, codes) in _code_lists(data).items()
    }
    concepts = ConceptScheme(
        _id("CONCEPTS", data),
        name=Name("Khái niệm", "Concepts").told(language),
        items=tuple(
            Concept(name, name=each.name.told(language), dtype=types.get(name, DataType.STRING))
            for name, each in _CONCEPTS.items()
        ),
        **own,
    )
    title = Name(f"{data.plan_short_title}: các chỉ tiêu", f"{data.plan_short_title}: indicators").told(language)
    structure = DataStructureDefinition(
        _id("INDICATORS", data),
        name=title,
        components=Components(
            [  # a list: it goes over them twice
                Component(
                    id=name,
                    required=each.role == "D",
                    role=Role(each.role),
                    concept=ItemReference("Concept", _AGENCY, concepts.id, version, name),
                    local_dtype=types.get(name, DataType.STRING),
                    local_codes=lists.get(each.code_list),
                    attachment_level="O" if each.role == "A" else None,
                )
                for name, each in _CONCEPTS.items()
            ]
        ),
        **own,
    )
    flow = Dataflow(structure.id, name=title, structure=structure, **own)
    providers = DataProviderScheme(agency=_AGENCY, items=(DataProvider(_PROVIDER, name=data.letterhead.issuing_body),))
    urn = "urn:sdmx:org.sdmx.infomodel"
    provision = ProvisionAgreement(
        structure.id,
        name=title,
        dataflow=f"{urn}.datastructure.Dataflow={_AGENCY}:{flow.id}({version})",
        provider=f"{urn}.base.DataProvider={_AGENCY}:{providers.id}({providers.version}).{_PROVIDER}",
        **own,
    )
    header = Header(
        id=_id(f"{data.period}_{data.edition}", data),
        prepared=data.as_of.astimezone(UTC),
        sender=Organisation(_PROVIDER),
    )
    artefacts = [*lists.values(), concepts, structure, flow, providers, provision]
    return write_sdmx(artefacts, Format.STRUCTURE_SDMX_JSON_2_0_0, header=header) or ""


def _merged(vietnamese: Any, english: Any) -> Any:
    """Lays two messages together that differ in nothing but the language of names.

    Empty lists, which the format forbids and pysdmx writes of a structure without groups, are left out.
    """
    match vietnamese:
        case dict():
            merged = {key: _merged(value, english[key]) for key, value in vietnamese.items() if value != []}
            if isinstance(name := vietnamese.get("name"), str):
                merged["names"] = {"vi": name} | ({"en": english["name"]} if english["name"] != name else {})
            return merged
        case list():
            return [_merged(*pair) for pair in zip(vietnamese, english, strict=True)]
    return vietnamese
