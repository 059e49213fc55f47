"""What consumers may rely on of schema ``mart`` beyond its columns: keys, what they lead to, codes, questions."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import yaml

from tiendo.settings import INCLUDE


class Question(NamedTuple):
    """A question that an analyst asks of all plans in hand.

    Attributes:
        code: its name; of a relation's own question the relation.
        vi, en: in words.
        sql: one statement on schema ``mart``, without parameters.
    """

    code: str
    vi: str
    en: str
    sql: str


@dataclass(frozen=True)
class MartRelation:
    """One relation of ``mart``.

    Attributes:
        name: without the schema.
        key: the columns that tell its rows apart.
        references: by relation, the columns that lead to it; there they are its key.
        codes: by column, the code lists of include/mart/code_labels.csv whose codes it holds; mostly one.
        question: an everyday one that it answers.
    """

    name: str
    key: tuple[str, ...]
    references: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, tuple[str, ...]]
    question: Question


@cache
def relations() -> Mapping[str, MartRelation]:
    """Returns the relations by name, in the order of include/mart/relations.yaml."""
    told = yaml.safe_load((INCLUDE / "mart" / "relations.yaml").read_text(encoding="utf-8"))
    return {
        name: MartRelation(
            name,
            tuple(each["key"]),
            {to: tuple(columns) for to, columns in each.get("references", {}).items()},
            {
                column: (lists,) if isinstance(lists, str) else tuple(lists)
                for column, lists in each.get("codes", {}).items()
            },
            Question(name, **each["question"]),
        )
        for name, each in told.items()
    }


@cache
def questions() -> tuple[Question, ...]:
    """Returns the questions of include/mart/questions.yaml in their order."""
    told = yaml.safe_load((INCLUDE / "mart" / "questions.yaml").read_text(encoding="utf-8"))
    return tuple(Question(**each) for each in told)


@cache
def vietnamese_meanings() -> Mapping[tuple[str, str], str]:
    """Returns the rows of include/mart/dictionary_vi.csv: meanings by relation and column.

    Without a relation a row holds for the column wherever it has no row of its own, without a column it describes the
    relation, or the function.
    """
    with (INCLUDE / "mart" / "dictionary_vi.csv").open(encoding="utf-8", newline="") as file:
        return {(row["relation"], row["column"]): row["meaning"] for row in csv.DictReader(file)}


def is_nullable(comment: str) -> bool:
    """Tells whether a column may be null: its comment then says when. A view cannot declare it in the database."""
    return re.search(r"\bnull\b", comment, re.IGNORECASE) is not None
