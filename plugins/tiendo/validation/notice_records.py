"""Records of what was noticed while a file was read: one per notice, each kind with its rule in suite ``notice``."""

from tiendo.model.content import Notice
from tiendo.validation.records import Record
from tiendo.validation.suites import get_suite


def notice_record(index: int, notice: Notice) -> Record:
    """Returns the record of one notice: the column of its kind says that something was noticed.

    Raises:
        ValueError: no rule knows the kind.
    """
    codes = get_suite("notice").columns
    if notice.code not in codes:
        raise ValueError(f"no rule for the reader's notice {notice.code!r}")
    return dict.fromkeys(codes) | {
        "file_index": index,
        "sheet": notice.sheet,
        "cell": notice.cell,
        "detail": notice.detail,
        notice.code: False,
    }


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``notice`` are filled with."""
    return {name: record[name] for name in ("sheet", "cell", "detail")}
