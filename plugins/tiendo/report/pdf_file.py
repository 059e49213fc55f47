"""PDF/A of an edition's documents, made from the DOCX by LibreOffice where it is installed."""

import io
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

# For what hangs; a busy machine takes its time.
TIMEOUT_SECONDS = 1800
# Where a colour profile tells when it was made (ICC.1, 7.2.8).
_ICC_CREATED = 24
# Of LibreOffice's own filter: PDF/A-2, which it makes to level B, and the structure that a screen reader needs.
_PDF_A = {
    "SelectPdfVersion": {"type": "long", "value": "2"},
    "UseTaggedPDF": {"type": "boolean", "value": "true"},
}


def office() -> str | None:
    """Returns the path of LibreOffice's command, None where it is not installed, or without Writer."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    folder = Path(program).resolve().parent if program else Path()
    # Distributions have Writer in a package of its own; it is this library.
    is_half = (folder / "soffice.bin").exists() and not (folder / "libswlo.so").exists()
    return None if is_half else program


def office_version() -> str:
    """Returns what LibreOffice calls itself, "" where it is not installed."""
    program = office()
    if program is None:
        return ""
    run = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    return run.stdout.strip()


def render_pdfs(documents: Mapping[str, bytes], instant: datetime) -> dict[str, bytes]:
    """Returns DOCX documents as PDF/A-2b, tagged; nothing where LibreOffice is not installed.

    LibreOffice stamps each PDF with the time and a random identity, and writes the fonts in an order of chance. All of
    it is replaced, so that one version of it with the same fonts gives the same bytes. Another version or other fonts
    may lay the pages out differently.

    Args:
        documents: by the name that they and their PDF have, without ending.
        instant: when they were made; aware.

    Raises:
        RuntimeError: LibreOffice ended without a PDF of each.
        subprocess.TimeoutExpired: it took longer than ``TIMEOUT_SECONDS``.
    """
    program = office()
    if program is None:
        return {}
    with tempfile.TemporaryDirectory(prefix="tiendo-pdf-") as folder:
        sources = {name: Path(folder) / f"{name}.docx" for name in documents}
        for name, source in sources.items():
            source.write_bytes(documents[name])
        # A profile of its own: a second LibreOffice on a shared one ends at once, doing nothing. All in one call: its
        # start is half of what a document takes.
        form = f"pdf:writer_pdf_Export:{json.dumps(_PDF_A)}"
        command = [program, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", form,
                   "--outdir", folder, *map(str, sources.values())]  # fmt: skip
        run = subprocess.run(  # noqa: S603 - the program found on the path, fixed arguments
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
            env={**os.environ, "HOME": folder, "TZ": "UTC"},
        )  # fmt: skip
        targets = {name: source.with_suffix(".pdf") for name, source in sources.items()}
        if lacking := [name for name, target in targets.items() if not target.exists()]:
            said = run.stderr.strip()[-500:]
            raise RuntimeError(f"LibreOffice made no PDF of {', '.join(lacking)} (exit {run.returncode}): {said}")
        return {name: normalise(target.read_bytes(), instant) for name, target in targets.items()}


def normalise(pdf: bytes, instant: datetime) -> bytes:
    """Sets the creation time to ``instant``, derives the identity from the content, and orders the objects.

    qpdf writes objects in the order in which they are referred to, from the trailer on.
    """
    from pikepdf import Name, Pdf

    created = instant.astimezone(UTC)
    out = io.BytesIO()
    with Pdf.open(io.BytesIO(pdf)) as document:
        document.docinfo["/CreationDate"] = created.strftime("D:%Y%m%d%H%M%SZ")
        if Name.Metadata in document.Root:
            stamp = rb"\g<1>" + created.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
            told = document.Root.Metadata
            told.write(re.sub(rb"(<xmp:(?:CreateDate|ModifyDate|MetadataDate)>)[^<]*", stamp, told.read_bytes()))
        for intent in document.Root.get("/OutputIntents", []):
            profile = intent.DestOutputProfile
            content = bytearray(profile.read_bytes())
            struct.pack_into(">6H", content, _ICC_CREATED, *created.timetuple()[:6])
            profile.write(bytes(content))
        for stamped in ("/ID", "/DocChecksum"):
            del document.trailer[stamped]
        document.save(out, deterministic_id=True)
    return out.getvalue()
