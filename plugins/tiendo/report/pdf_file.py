"""PDF of the report, made from the DOCX by LibreOffice where it is installed."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

# For what hangs; a busy machine takes its time.
TIMEOUT_SECONDS = 1800
_CREATED = re.compile(rb"(/(?:CreationDate|ModDate)\(D:)[^)]*(\))")
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_IDENTITY = re.compile(rb"(?<=<)[0-9A-F]{32}(?=>)|(?<=/DocChecksum /)[0-9A-F]{32}")


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
    told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    return told.stdout.strip()


def render_pdf(document: bytes, instant: datetime) -> bytes | None:
    """Returns a DOCX as PDF, None where LibreOffice is not installed.

    LibreOffice stamps each PDF with the time and a random identity, and writes the fonts in an order of chance. All of
    it is replaced, so that one version of it with the same fonts gives the same bytes. Another version or other fonts
    may lay the pages out differently.

    Raises:
        RuntimeError: LibreOffice ended without a PDF.
        subprocess.TimeoutExpired: it took longer than two minutes.
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
        return normalise(in_order(target.read_bytes()), instant)


def in_order(pdf: bytes) -> bytes:
    """Numbers the objects in the order in which they are referred to, from the trailer on."""
    at = pdf.rindex(b"\nxref\n") + 1
    table, _, trailer = pdf[at:].partition(b"trailer")
    # After the heading of the table and the free object 0: a line for each object, its offset in front.
    places = {line[:10]: b"%d" % number for number, line in enumerate(table.splitlines()[3:], start=1)}
    offsets = sorted(map(int, places))
    objects = {
        places[b"%010d" % start]: pdf[start:end].partition(b" 0 obj")[2]
        for start, end in zip(offsets, [*offsets[1:], at], strict=True)
    }

    def references(text: bytes) -> list[bytes]:
        return _REFERENCE.findall(text.partition(b"stream\n")[0])

    numbers: dict[bytes, bytes] = {}
    waiting = references(trailer)
    while waiting:
        number = waiting.pop(0)
        if number not in numbers:
            numbers[number] = b"%d" % (len(numbers) + 1)
            waiting += references(objects[number])
    for number in objects:  # which nothing refers to
        numbers.setdefault(number, b"%d" % (len(numbers) + 1))

    def renumbered(text: bytes) -> bytes:
        head, mark, data = text.partition(b"stream\n")
        return _REFERENCE.sub(lambda found: numbers[found[1]] + b" 0 R", head) + mark + data

    written, lines = pdf[: offsets[0]], table.splitlines(keepends=True)[:3]
    for old, new in numbers.items():
        lines.append(b"%010d 00000 n \n" % len(written))
        written += new + b" 0 obj" + renumbered(objects[old])
    trailer = re.sub(rb"(?<=startxref\n)\d+", b"%d" % len(written), renumbered(trailer))
    return written + b"".join(lines) + b"trailer" + trailer


def normalise(pdf: bytes, instant: datetime) -> bytes:
    """Sets the creation time to ``instant`` and derives the identity from the content; lengths stay the same."""
    stamp = instant.astimezone(UTC).strftime("%Y%m%d%H%M%S").encode() + b"Z'"

    def created(match: re.Match[bytes]) -> bytes:
        room = len(match[0]) - len(match[1]) - len(match[2])
        return match[1] + stamp[:room].ljust(room) + match[2]

    head, mark, trailer = _CREATED.sub(created, pdf).rpartition(b"trailer")
    identity = hashlib.sha256(head).hexdigest()[:32].upper().encode()
    return head + mark + _IDENTITY.sub(identity, trailer)
