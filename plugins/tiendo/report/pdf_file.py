"""PDF of the report, made from the DOCX by LibreOffice where it is installed."""

import io
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

# For what hangs; a busy machine takes its time.
TIMEOUT_SECONDS = 1800


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


def render_pdf(document: bytes, instant: datetime) -> bytes | None:
    """Returns a DOCX as PDF, None where LibreOffice is not installed.

    LibreOffice stamps each PDF with the time and a random identity, and writes the fonts in an order of chance. All of
    it is replaced, so that one version of it with the same fonts gives the same bytes. Another version or other fonts
    may lay the pages out differently.

    Raises:
        RuntimeError: LibreOffice ended without a PDF.
        subprocess.TimeoutExpired: it took longer than ``TIMEOUT_SECONDS``.
    """
    program = office()
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="tiendo-pdf-") as folder:
        source = Path(folder) / "document.docx"
        source.write_bytes(document)
        # A profile of its own: a second LibreOffice on a shared one ends at once, doing nothing.
        command = [program, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf",
                   "--outdir", folder, str(source)]  # fmt: skip
        run = subprocess.run(  # noqa: S603 - the program found on the path, fixed arguments
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
            env={**os.environ, "HOME": folder, "TZ": "UTC"},
        )  # fmt: skip
        target = source.with_suffix(".pdf")
        if not target.exists():
            raise RuntimeError(f"LibreOffice made no PDF (exit {run.returncode}): {run.stderr.strip()[-500:]}")
        return normalise(target.read_bytes(), instant)


def normalise(pdf: bytes, instant: datetime) -> bytes:
    """Sets the creation time to ``instant``, derives the identity from the content, and orders the objects.

    qpdf writes objects in the order in which they are referred to, from the trailer on.
    """
    from pikepdf import Pdf

    out = io.BytesIO()
    with Pdf.open(io.BytesIO(pdf)) as document:
        document.docinfo["/CreationDate"] = instant.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
        for stamp in ("/ID", "/DocChecksum"):
            del document.trailer[stamp]
        document.save(out, deterministic_id=True)
    return out.getvalue()
