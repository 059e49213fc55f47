"""What a saved mail in a folder carries: attachments of a message (.eml) or of one that Outlook saved (.msg)."""

import io
from email import message_from_bytes
from typing import Any

from tiendo.collect.attachments import attachments_of, is_endless
from tiendo.mail.headers import POLICY
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError

_ATTACHMENT = "__attach_version1.0_"
# Properties of MS-OXMSG by number and type: the bytes, and the name long or short, in UTF-16 or an old encoding.
_BYTES = "__substg1.0_37010102"
_NAMES = ("__substg1.0_3707001F", "__substg1.0_3704001F", "__substg1.0_3707001E", "__substg1.0_3704001E")


def carried_by_message(data: bytes) -> list[tuple[str, bytes]]:
    """Returns names and bytes of a message's attachments, those of messages inside it too.

    Raises:
        TooLargeError: it has more lines or parts, or is nested deeper, than any honest one.
    """
    if is_endless(data):
        raise TooLargeError("too many lines or parts")
    try:
        attachments = attachments_of(message_from_bytes(data, policy=POLICY))
    except ValueError as error:
        raise TooLargeError(str(error)) from error
    return [(part.name, part.content) for part in attachments if part.fate == "landed"]


def carried_by_outlook(data: bytes) -> list[tuple[str, bytes]]:
    """Returns names and bytes of the attachments of a message as Outlook saves it.

    Raises:
        NotAZipError: the container is broken.
    """
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            folders = sorted({path[0] for path in container.listdir() if path[0].startswith(_ATTACHMENT)})
            return [
                (_name(container, folder) or f"tep-dinh-kem-{number}", _stream(container, folder, _BYTES))
                for number, folder in enumerate(folders, start=1)
                if container.exists([folder, _BYTES])
            ]
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # whatever a library makes of hostile bytes
        raise NotAZipError(f"{type(error).__name__}: {error}") from error


def _name(container: Any, folder: str) -> str:
    for stream in _NAMES:
        if container.exists([folder, stream]):
            encoding = "utf-16-le" if stream.endswith("1F") else "cp1252"
            return _stream(container, folder, stream).decode(encoding, "replace").strip("\0 ")
    return ""


def _stream(container: Any, folder: str, name: str) -> bytes:
    with container.openstream([folder, name]) as stream:
        content: bytes = stream.read()
    return content
