"""What an edition consists of and rests on: the hash of every output and every input, the instant, the approver."""

import dataclasses
import hashlib
import json
import platform
import zlib
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from tiendo.clock import HANOI
from tiendo.model.period import PeriodKind
from tiendo.report.data import EditionData
from tiendo.report.result_sheet import sheet_contents
from tiendo.report.summary import data_days, illustrative_lines

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1
# Fields that editions of before had not.
_LATER = frozenset(("amendments", "annex", "parts", "told_state", "old_told", "new_told", "is_of_several_years"))
# Fields that follow from others: the period and how long the path is; codes of bodies and units that are there by name.
_DERIVED = frozenset(("series", "sender_code", "agency_codes", "responsible_codes", "unit_code"))
# Libraries that write bytes; another version of one may write the same content differently.
_WRITERS = ("docxtpl", "jinja2", "openpyxl", "pyarrow", "pysdmx", "python-docx")


def data_sha256(data: EditionData) -> str:
    """Returns the hash of an edition's whole content, approval aside: a draft and its publication share it."""
    return _hash(dataclasses.replace(data, approval=None))


def content_sha256(data: EditionData) -> str:
    """Returns the hash of what an edition reports, without its number, instant, differences and list of files.

    Two editions of a period that report the same share it. The mere passing of a due day is no reason for another
    edition: record cards, and that a body was still in time, are left out.
    """
    submissions, own_plans = (
        tuple(dataclasses.replace(row, open_until=None) for row in rows) for rows in (data.submissions, data.own_plans)
    )
    reported = dataclasses.replace(data, approval=None, edition=0, as_of=data.due_at, previous=None, inputs=())
    return _hash(dataclasses.replace(reported, records=(), submissions=submissions, own_plans=own_plans))


def _hash(data: EditionData) -> str:
    plain = dataclasses.asdict(data, dict_factory=_as_before)
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_before(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns a dataclass's fields without later ones that say nothing: editions from before them keep their hash.

    They had no other periods than quarters.
    """
    if ("kind", PeriodKind.QUARTER) in items:
        (_, year), (_, number), _ = items
        return {"year": year, "quarter": number}
    return {name: value for name, value in items if name not in _DERIVED and (value or name not in _LATER)}


def render_manifest(data: EditionData, files: Mapping[str, bytes], office: str = "") -> bytes:
    """Returns the manifest of an edition's files as JSON.

    Args:
        data: the edition.
        files: all other files of it, by path.
        office: the LibreOffice that made the PDFs, "" where there is none.
    """
    approval = data.approval
    document: dict[str, Any] = {
        "manifest_version": MANIFEST_VERSION,
        "plan": data.plan_code,
        "period": str(data.period),
        "edition": data.edition,
        "is_draft": data.is_draft,
        "is_supplement": data.is_supplement,
        "as_of": data.as_of.astimezone(HANOI).isoformat(),
        "approved_by": None if approval is None else approval.approved_by,
        "approved_at": None if approval is None else approval.approved_at.astimezone(HANOI).isoformat(),
        "data_days": data_days(data),
        "rule_version": data.rule_version,
        "register_sha256": data.register_sha256,
        "data_sha256": data_sha256(data),
        "content_sha256": content_sha256(data),
        "counts": {
            "indicators": len(data.graded),
            "statuses": data.status_counts,
            "estimates": sum(line.is_estimate for line in data.graded),
            "illustrative": len(illustrative_lines(data)),
            "submissions_owed": len(data.submissions),
            "submissions_received": sum(row.is_received for row in data.submissions),
            "submissions_late": sum(row.is_on_time is False for row in data.submissions),
            "tasks": len(data.tasks),
            "revisions": len(data.revisions),
        },
        "outputs": [
            {
                "path": path,
                "sha256": hashlib.sha256(files[path]).hexdigest(),
                "size_bytes": len(files[path]),
                "is_reproducible": not path.endswith(".pdf"),
            }
            for path in sorted(files)
        ],
        "result_sheets": sheet_contents(data),
        "inputs": [
            {
                "receipt_no": file.receipt_no,
                "name": file.name,
                "sha256": file.sha256,
                "size_bytes": file.size_bytes,
                "sender": file.agency_name,
                "period": file.period,
                "state": file.state,
                "received_at": file.received_at.astimezone(HANOI).isoformat(),
                "is_used": file.is_used,
            }
            for file in data.inputs
        ],
        "made_with": {
            "python": platform.python_version(),
            "zlib": zlib.ZLIB_RUNTIME_VERSION,
            **{name: version(name) for name in _WRITERS},
            **({"libreoffice": office, "pikepdf": version("pikepdf")} if office else {}),
        },
        "reproducibility": "Outputs marked is_reproducible are rebuilt bit for bit from the warehouse as of as_of with "
        "the versions in made_with. The PDFs are the same for one version of LibreOffice with the same fonts.",
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
