"""Names of files that no body sends: temporary ones, those of operating systems, hidden ones."""

_SYSTEM_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"})
_TEMPORARY_ENDS = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart")


def why_never(name: str) -> str:
    """Returns why a file of this name is never taken, a key of ``REASONS``; "" when it may be."""
    lower = name.lower()
    if lower in _SYSTEM_NAMES or lower.startswith("._"):
        return "system_file"
    if lower.startswith(("~$", ".~lock.", "~wrl")) or lower.endswith(_TEMPORARY_ENDS):
        return "temporary"
    return "hidden" if lower.startswith(".") else ""
