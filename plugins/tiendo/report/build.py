"""All files of an edition, from its data; and how they get onto the disk, whole or not at all."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from tiendo.durable import flush, make_folder, write_unflushed
from tiendo.report.data import EditionData
from tiendo.report.data_files import render_data_files
from tiendo.report.manifest import MANIFEST, render_manifest
from tiendo.report.meeting import render_meeting
from tiendo.report.page import render_page
from tiendo.report.pdf_file import office_version, render_pdfs
from tiendo.report.result_sheet import render_result_sheets
from tiendo.report.sdmx import render_sdmx
from tiendo.report.spreadsheet import render_spreadsheet
from tiendo.report.word import render_word

REPORT, MEETING = "bao-cao", "giao-ban"


def build(data: EditionData, *, with_pdf: bool = True) -> dict[str, bytes]:
    """Returns every file of an edition by its path in the edition's folder, the manifest included.

    Args:
        data: the edition.
        with_pdf: also make the PDFs, where LibreOffice is installed; by far the slowest part.
    """
    files = {
        f"{REPORT}.docx": render_word(data),
        f"{REPORT}.xlsx": render_spreadsheet(data),
        f"{MEETING}.docx": render_meeting(data),
        **render_data_files(data),
        **render_sdmx(data),
        **render_result_sheets(data),
    }
    documents = {name: files[f"{name}.docx"] for name in (REPORT, MEETING)}
    pdfs = render_pdfs(documents, data.as_of) if with_pdf else {}
    files |= {f"{name}.pdf": pdf for name, pdf in pdfs.items()}
    files[f"{REPORT}.html"] = render_page(data, files.keys() | {MANIFEST})
    files[MANIFEST] = render_manifest(data, files, office=office_version() if pdfs else "")
    return files


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Puts files into a folder that did not exist, or replaces what was there; a crash leaves the old or the new.

    The files are written and flushed to disk in a hidden folder beside, which is then renamed. The caller holds a lock
    under which nobody else writes this folder: what a run that died left beside it is removed.
    """
    above = make_folder(folder.parent)
    for left in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left)
    fresh = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    try:
        inner = {(fresh / path).parent for path in files} | {fresh}
        for sub in inner:
            sub.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            write_unflushed(fresh / path, content)
        flush([fresh / path for path in files])
        flush(inner)
        if folder.exists():
            # A folder cannot be renamed over a full one: the old one steps aside first. A crash in between leaves
            # none, and the next run builds it again.
            old = folder.with_name(f".{folder.name}-old-{secrets.token_hex(4)}")
            folder.rename(old)
            fresh.rename(folder)
            shutil.rmtree(old)
        else:
            fresh.rename(folder)
        flush(above | {folder.parent})
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
