"""What consumers may rely on of schema ``mart`` beyond its columns: keys, and what they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import yaml

from tiendo.settings import INCLUDE


@dataclass(frozen=True)
class Relation:
    """One relation of ``mart``.

    Attributes:
        name: without the schema.
        key: the columns that tell its rows apart.
        references: by relation, the columns that lead to it; there they are its key.
    """

    name: str
    key: tuple[str, ...]
    references: Mapping[str, tuple[str, ...]]


@cache
def relations() -> Mapping[str, Relation]:
    """Returns the relations by name, in the order of include/mart/relations.yaml."""
    told = yaml.safe_load((INCLUDE / "mart" / "relations.yaml").read_text(encoding="utf-8"))
    return {
        name: Relation(
            name,
            tuple(each["key"]),
            {to: tuple(columns) for to, columns in each.get("references", {}).items()},
        )
        for name, each in told.items()
    }


class Question(NamedTuple):
    """A question that an analyst asks of all plans in hand.

    Attributes:
        code: its name.
        vi, en: in words.
        sql: one statement on schema ``mart``, without parameters.
    """

    code: str
    vi: str
    en: str
    sql: str


@cache
def questions() -> tuple[Question, ...]:
    """Returns the questions of include/mart/questions.yaml in their order."""
    told = yaml.safe_load((INCLUDE / "mart" / "questions.yaml").read_text(encoding="utf-8"))
    return tuple(Question(**each) for each in told)
