"""A file that is only to be checked is answered as a real one would be, and nothing else comes of it."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook, put
from tiendo.clock import HANOI
from tiendo.collect.folder import collect, make_inboxes
from tiendo.collect.landing import asks_for_trial
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS
from tiendo.report.gather import gather
from tiendo.report.manifest import data_sha256
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

BODY = "so-y-te"
Q1 = Period(2023, 1)
NOON = datetime(2023, 3, 10, 12, tzinfo=HANOI)
TABLES = ("intake.submission", "core.observation", "core.task_progress", "core.indicator_status")


@pytest.fixture
def good(register: Register) -> bytes:
    return filled_workbook(register, BODY, Q1)


def drop(pipeline: Pipeline, content: bytes, *folders: str, name: str = "bao-cao.xlsx") -> None:
    path = pipeline.settings.inbox.joinpath(BODY, *folders, name)
    path.write_bytes(content)

    at = datetime.now(HANOI) - timedelta(hours=1)
    os.utime(path, (at.timestamp(), at.timestamp()))
    collect(pipeline.settings, pipeline.register, pipeline.engine)
    pipeline.settle()


def counts(engine: Engine) -> list[int]:
    with loader(engine) as connection:
        return [connection.exec_driver_sql(f"select count(*) from {table}").scalar() or 0 for table in TABLES]


@pytest.mark.parametrize("spoilt", [False, True])
def test_it_is_answered_and_changes_nothing(pipeline: Pipeline, good: bytes, spoilt: bool) -> None:
    pipeline.today(2023, 3, 10, 9)
    make_inboxes(pipeline.settings, pipeline.register)
    before = counts(pipeline.engine), pipeline.tracker(BODY, "2023-Q1")
    drop(pipeline, good[:-400] if spoilt else good, "kiem-tra")
    (file,) = ledger_document(pipeline.engine)["files"]
    assert (file["state"], file["trial_verdict"]) == ("trial", "quarantined" if spoilt else "accepted")
    assert (counts(pipeline.engine), pipeline.tracker(BODY, "2023-Q1")) == before
    page = (pipeline.settings.home / file["receipt"]).read_text(encoding="utf-8")
    assert "PHIẾU KIỂM TRA THỬ TN-000001" in page
    assert ("Kiểm tra thử: tệp chưa đọc được" if spoilt else "Kiểm tra thử: tệp hợp lệ") in page
    assert "báo cáo chưa được nộp và không có số liệu nào được ghi nhận" in page
    document = ledger_document(pipeline.engine)
    assert (document["states"]["trial"], document["states"]["accepted"], document["adds_up"]) == (1, 0, True)


def test_the_same_file_then_handed_in_is_a_submission_and_a_trial_after_it_no_duplicate(
    pipeline: Pipeline, good: bytes
) -> None:
    pipeline.today(2023, 3, 10, 9)
    make_inboxes(pipeline.settings, pipeline.register)
    for folders in (["kiem-tra"], [], ["kiem-tra"]):
        drop(pipeline, good, *folders)
    files = ledger_document(pipeline.engine)["files"]
    assert [(file["state"], file["trial_verdict"]) for file in files] == [
        ("trial", "accepted"), ("accepted", None), ("trial", "accepted"),
    ]  # fmt: skip
    assert pipeline.tracker(BODY, "2023-Q1")["receipt_no"] == "TN-000002"


def test_an_edition_does_not_know_of_it(pipeline: Pipeline, register: Register, good: bytes) -> None:
    pipeline.today(2023, 3, 10, 9)
    make_inboxes(pipeline.settings, pipeline.register)
    drop(pipeline, good)
    other = filled_workbook(register, BODY, Q1, lambda book: put(book, INDICATORS, "ty-le-bhyt", "year_to_date", 91.5))
    editions = []
    for content in (None, other, good[:-400]):
        if content:
            drop(pipeline, content, "kiem-tra")
        with loader(pipeline.engine) as connection:
            editions.append(gather(connection, register, Q1, edition=1, as_of=NOON))
    assert [len(edition.inputs) for edition in editions] == [1, 1, 1]
    assert len({data_sha256(edition) for edition in editions}) == 1


def test_no_count_of_what_rules_have_met_knows_of_it(
    pipeline: Pipeline, register: Register, good: bytes, change_rule: Callable[..., None]
) -> None:
    change_rule("share-in-range", trial=True)
    pipeline.today(2023, 3, 10, 9)
    make_inboxes(pipeline.settings, pipeline.register)
    wrong = filled_workbook(register, BODY, Q1, lambda book: put(book, INDICATORS, "ty-le-bhyt", "year_to_date", 105))
    parameters = {"plan_code": register.code, "period": "2023-Q1", "rule": "share-in-range"}
    counts = []
    for content, folders in ((good, []), (wrong, ["kiem-tra"]), (wrong, [])):
        drop(pipeline, content, *folders)
        with loader(pipeline.engine) as connection:
            names = ("rule_fates", "trial_hits")
            counts.append([connection.execute(statement(f"pages/{name}.sql"), parameters).all() for name in names])
    assert counts == [[[(0, 0, 1)], []], [[(0, 0, 1)], []], [[(0, 1, 2)], [("share-in-range", 1, 1)]]]


def test_a_trial_of_one_quarter_is_no_history_of_the_next(pipeline: Pipeline, register: Register) -> None:
    pipeline.today(2023, 6, 10, 9)
    make_inboxes(pipeline.settings, pipeline.register)
    for period in (Q1, Period(2023, 2)):
        path = pipeline.settings.inbox / BODY / "kiem-tra" / f"{period}.xlsx"
        path.write_bytes(filled_workbook(register, BODY, period))
    drop(pipeline, filled_workbook(register, BODY, Period(2023, 2)))
    with loader(pipeline.engine) as connection:
        rules = connection.exec_driver_sql(
            "select distinct n.rule from intake.finding n join intake.submission_file f using (file_id) "
            "where f.state <> 'trial'"
        ).scalars()
        assert not [rule for rule in rules if "last" in rule or "cumulative" in rule]


@pytest.mark.parametrize(
    ("subject", "is_trial"),
    [
        ("Kiểm tra báo cáo quý I", True), ("KIỂM TRA", True), ("kiem tra file", True), ("Kiểm tra: Q1", True),
        ("Re: Kiểm tra báo cáo", False), ("Báo cáo kiểm tra", False), ("Kiểm trang", False), ("", False),
    ],
)  # fmt: skip
def test_which_mail_asks_for_a_check(subject: str, *, is_trial: bool) -> None:
    assert asks_for_trial(subject) is is_trial
