"""Schema mart changes by adding only; what it means is told in two languages, what changed in docs/mart-changelog.md.

After a change that is meant, the columns are written anew by ``TIENDO_WRITE_MART_COLUMNS=1 pytest`` of this file; the
difference is what a reviewer sees.
"""

import csv
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine

from tiendo.model.code_labels import code_labels
from tiendo.settings import INCLUDE, PROJECT
from tiendo.warehouse.contract import is_nullable, relations, vietnamese_meanings
from tiendo.warehouse.dictionary import Language, dictionary
from tiendo.warehouse.engine import reader
from tiendo.warehouse.sql import statement

GOLDEN = Path(__file__).parent / "tables" / "mart_columns.csv"
CHANGELOG = (PROJECT / "docs" / "mart-changelog.md").read_text(encoding="utf-8")
DICTIONARIES: dict[Language, str] = {"en": "data_dictionary.md", "vi": "data_dictionary.vi.md"}


class Promise(NamedTuple):
    """What consumers may rely on of a column."""

    relation: str
    column: str
    type: str
    nullable: str
    comment: str


@pytest.fixture
def present(engine: Engine) -> list[Promise]:
    with engine.connect() as connection:
        return [
            Promise(
                row.relation, row.column_name, row.type, "yes" if is_nullable(row.comment) else "no", row.comment
            )
            for row in connection.execute(statement("queries/columns.sql"))
        ]  # fmt: skip


@pytest.fixture
def promised() -> list[Promise]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [Promise(**row) for row in csv.DictReader(file)]


def broken(promised: list[Promise], present: list[Promise]) -> list[str]:
    """What consumers would miss, a sentence each."""
    faults = []
    there = _by_relation(present)
    for relation, columns in _by_relation(promised).items():
        found = there.get(relation, {})
        for column, promise in columns.items():
            name = f"mart.{relation}.{column}"
            if column not in found:
                faults.append(
                    f"{name} is taken away: put it back; give it up first, for a year, in docs/mart-changelog.md"
                )
            elif found[column].type != promise.type:
                faults.append(f"{name} was {promise.type}, is {found[column].type}: a new type needs a new column")
            elif found[column].nullable == "yes" and promise.nullable == "no":
                faults.append(f"{name} may now be null, and consumers do not expect it: needs a new column")
        kept = [column for column in found if column in columns]
        if list(found)[: len(kept)] != [column for column in columns if column in found]:
            faults.append(f"mart.{relation}: its columns stand in another order; new ones go to the end")
    return faults


def _by_relation(promises: list[Promise]) -> Mapping[str, dict[str, Promise]]:
    found: dict[str, dict[str, Promise]] = {}
    for promise in promises:
        found.setdefault(promise.relation, {})[promise.column] = promise
    return found


def test_nothing_is_taken_away_from_the_mart(promised: list[Promise], present: list[Promise]) -> None:
    assert broken(promised, present) == []


def test_what_is_new_in_the_mart_is_written_down(present: list[Promise]) -> None:
    if os.environ.get("TIENDO_WRITE_MART_COLUMNS"):
        with GOLDEN.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([Promise._fields, *present])
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        written = [Promise(**row) for row in csv.DictReader(file)]
    assert written == present, (
        "New columns or words: for a column raise mart.version and say so in docs/mart-changelog.md; then write "
        "tests/contracts/tables/mart_columns.csv anew by TIENDO_WRITE_MART_COLUMNS=1"
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda p: [], "mart.plan.title is taken away: put it back"),
        (lambda p: [p._replace(type="integer")], "mart.plan.title was text, is integer: a new type needs a new column"),
        (lambda p: [p._replace(nullable="yes")], "mart.plan.title may now be null"),
    ],
)
def test_what_would_be_taken_away_is_told_in_a_sentence(promised: list[Promise], change: object, fault: str) -> None:
    assert callable(change)
    changed = [
        new for p in promised for new in (change(p) if (p.relation, p.column) == ("plan", "title") else [p])
    ]  # fmt: skip
    (told,) = broken(promised, changed)
    assert told.startswith(fault)


def test_a_column_in_the_midst_is_told(promised: list[Promise]) -> None:
    new = Promise("plan", "new", "text", "no", "New.")
    place = next(n for n, promise in enumerate(promised) if promise.relation == "plan")
    last = max(n for n, promise in enumerate(promised) if promise.relation == "plan")
    told = broken(promised, [*promised[: place + 1], new, *promised[place + 1 :]])
    assert told == ["mart.plan: its columns stand in another order; new ones go to the end"]
    assert broken(promised, [*promised[: last + 1], new, *promised[last + 1 :]]) == []


def test_the_version_is_the_newest_of_the_changelog(engine: Engine) -> None:
    told = [(int(number), day) for number, day in re.findall(r"^## Version (\d+), (.+)$", CHANGELOG, re.MULTILINE)]
    with reader(engine) as connection:
        version, day = connection.exec_driver_sql("select mart_version, changed_on::text from mart.version").one()
    assert told[0] == (version, day)
    assert [number for number, _ in told] == list(range(version, 0, -1))


def test_what_is_given_up_stays_a_year_after_it_was_said(present: list[Promise]) -> None:
    given_up = {f"{p.relation}.{p.column}" for p in present if p.comment.startswith("Given up")}
    told = re.findall(r"^- `(\w+\.\w+)` stays until (\d{4})-12-31", CHANGELOG, re.MULTILINE)
    assert dict(told) == dict.fromkeys(given_up, "2027")
    assert given_up == {"observation_history.sender"}


def test_what_is_new_since_the_first_version_is_in_the_changelog(present: list[Promise]) -> None:
    newest = CHANGELOG.partition("\n## Version 2")[2].partition("\n## Version 1")[0]
    first = set(re.findall(r"`(\w+)`", CHANGELOG.partition("\n## Version 1")[2]))
    assert {p.relation for p in present} - first - set(re.findall(r"`(\w+)`", newest)) == set()


def test_everything_means_something_in_vietnamese_and_nothing_else_does(engine: Engine, present: list[Promise]) -> None:
    told = vietnamese_meanings()
    with engine.connect() as connection:
        functions = {(row.name, "") for row in connection.execute(statement("queries/functions.sql"))}
    needed = functions | {(p.relation, p.column) for p in present} | {(p.relation, "") for p in present}
    used = {key if key in told else ("", key[1]) for key in needed}
    assert used - set(told) == set(), "without a meaning"
    assert set(told) - used == set(), "rows that speak of nothing"
    assert all(told.values())


def test_the_vietnamese_dictionary_says_when_a_column_is_empty(present: list[Promise]) -> None:
    told = vietnamese_meanings()
    differing = [
        f"{p.relation}.{p.column}"
        for p in present
        if ("trống" in (told.get((p.relation, p.column)) or told["", p.column]).lower().replace("bỏ trống", ""))
        != (p.nullable == "yes")
    ]
    assert differing == []


def test_a_meaning_that_holds_for_all_is_not_told_twice() -> None:
    told = vietnamese_meanings()
    assert [key for key, meaning in told.items() if key[0] and key[1] and told.get(("", key[1])) == meaning] == []


def test_every_code_list_is_some_column_s_and_every_coded_column_is_there(present: list[Promise]) -> None:
    coded = [(name, column, lists) for name, each in relations().items() for column, lists in each.codes.items()]
    assert {(name, column) for name, column, _ in coded} <= {(p.relation, p.column) for p in present}
    unused = set(code_labels()) - {one for _, _, lists in coded for one in lists}
    assert unused == {"remark_kind"}, "only the tables of an edition have those"


@pytest.mark.parametrize("language", DICTIONARIES)
def test_the_data_dictionary_is_fresh(engine: Engine, language: Language) -> None:
    written = (PROJECT / "docs" / DICTIONARIES[language]).read_text(encoding="utf-8")
    assert written == dictionary(engine, language), "run `make docs`"


@pytest.mark.parametrize("language", DICTIONARIES)
def test_links_within_the_dictionary_lead_to_a_heading(language: Language) -> None:
    page = (PROJECT / "docs" / DICTIONARIES[language]).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", page, re.M)
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert len(links) > 40
    assert links - headings == set()


@pytest.mark.parametrize("language", DICTIONARIES)
def test_the_dictionary_s_first_screen_says_what_sessions_are_given(language: Language) -> None:
    page = (PROJECT / "docs" / DICTIONARIES[language]).read_text(encoding="utf-8")
    given = (INCLUDE / "sql" / "operations" / "sessions.sql").read_text(encoding="utf-8")
    assert "TimeZone=Asia/Ho_Chi_Minh,statement_timeout=60s,idle_in_transaction_session_timeout=5min" in given
    first = "\n".join(page.splitlines()[:30])
    assert all(word in first for word in ("tiendo_reader", "Asia/Ho_Chi_Minh", " 60 ", " 5 ", "mart-changelog.md"))


def test_a_relation_without_meaning_has_no_dictionary(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("comment on column mart.plan.title is null")
    with pytest.raises(ValueError, match=r"mart\.plan title has no meaning in language en"):
        dictionary(engine, "en")
