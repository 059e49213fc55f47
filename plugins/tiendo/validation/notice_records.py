"""Records of what was noticed while a file was read: one per notice, each kind with its rule in suite ``notice``."""

from functools import cache

from tiendo.model.content import Notice
from tiendo.validation.records import Record
from tiendo.validation.suites import get_suite


def notice_record(index: int, notice: Notice) -> Record:
    """Returns the record of one notice.

    Raises:
        ValueError: no rule knows the kind.
    """
    if notice.code not in _kinds():
        raise ValueError(f"no rule for the reader's notice {notice.code!r}")
    return {
        "file_index": index,
        "sheet": notice.sheet,
        "cell": notice.cell,
        "detail": notice.detail,
        "kind": notice.code,
    }


@cache
def _kinds() -> frozenset[str]:
    expectations = get_suite("notice").expectations
    return frozenset(kind for expectation in expectations for kind in expectation["kwargs"]["value_set"])


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``notice`` are filled with."""
    return {name: record[name] for name in ("sheet", "cell", "detail")}
