"""The codes that published data holds, with their Vietnamese and English labels: include/mart/code_labels.csv."""

import csv
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from tiendo.settings import INCLUDE

LABELS = INCLUDE / "mart" / "code_labels.csv"


class CodeLabel(NamedTuple):
    """What a code is called."""

    vietnamese: str
    english: str


@cache
def code_labels() -> Mapping[str, Mapping[str, CodeLabel]]:
    """Returns the labels by code list and code, both in the order of display."""
    lists: dict[str, dict[str, CodeLabel]] = {}
    with LABELS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lists.setdefault(row["code_list"], {})[row["code"]] = CodeLabel(row["label_vi"], row["label_en"])
    return lists
