"""What the rules said is kept as they said it, and Data Docs show that, whatever has come or changed since."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Engine
from typer.testing import CliRunner

from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook, put
from tiendo.cli import rules as rules_command
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.batch import process
from tiendo.process.requeue import enter, find_file, review, settle
from tiendo.reading.columns import INDICATORS
from tiendo.validation.data_docs import render_result, write_data_docs
from tiendo.validation.kept_results import RunKey, keep_runs
from tiendo.validation.own_tables import MartError, check_mart, mart_frame
from tiendo.validation.suites import SuiteRun
from tiendo.warehouse.engine import loader

BODY, Q1 = "so-tai-chinh", Period(2023, 1)
LATE = datetime(2023, 3, 20, 9, tzinfo=HANOI)
TABLES = {"validation_result": "validation_result_id", "checked_file": "file_id", "broken_rule": "broken_rule_id"}


def workbook(register: Register, revenue: str, **typed: object) -> bytes:
    """A workbook of Sở Tài chính with one figure, and further cells of its line, as given."""
    fields = {"year_to_date": revenue, "quarter": revenue} | typed
    return filled_workbook(
        register,
        BODY,
        Q1,
        lambda book: [put(book, INDICATORS, "thu-ngan-sach", field, value) for field, value in fields.items()],
    )


class Site:
    """Data Docs as they lie on disk after being written."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.index = write_data_docs(pipeline.settings, pipeline.register, pipeline.engine, Q1)
        self.page = html.fromstring(self.index.read_bytes())

    def told(self, receipt_no: str) -> list[str]:
        """A file's line: receipt number, body, name, received, verdict, what was broken, where it was checked."""
        (line,) = self.page.xpath("//tr[@id=$receipt]", receipt=receipt_no)
        return [" ".join(cell.text_content().split()) for cell in line.xpath("./td")]

    def lines(self) -> list[list[str]]:
        return [
            [" ".join(c.text_content().split()) for c in line.xpath("./td")] for line in self.page.xpath("//tr[td]")
        ]

    def results(self) -> dict[str, bytes]:
        """Great Expectations' pages that the index leads to, by address."""
        links = [str(link) for link in self.page.xpath("//a[.='result']/@href")]
        return {link: (self.index.parent / link).read_bytes() for link in links}


def kept(engine: Engine) -> dict[str, list[Any]]:
    """Every kept row, as it stands."""
    with loader(engine) as connection:
        rows = {
            table: connection.exec_driver_sql(f"select to_jsonb(t)::text from intake.{table} t order by {key}").all()
            for table, key in TABLES.items()
        }
    return {table: [json.loads(text) for (text,) in found] for table, found in rows.items()}


def results(engine: Engine, suite: str) -> list[dict[str, Any]]:
    return [row["result"] for row in kept(engine)["validation_result"] if row["suite"] == suite]


def test_a_late_file_shows_what_held_when_it_was_checked(pipeline: Pipeline, register: Register) -> None:
    pipeline.today(2023, 3, 20, 9)
    assert pipeline.send(BODY, workbook(register, "17.300"), LATE, name="muon.xlsx") == "accepted"
    receipt_no = pipeline.file(1)["receipt_no"]
    pipeline.today(2023, 10, 2, 9)  # closed long ago, and the file itself is history now

    told = Site(pipeline).told(receipt_no)

    assert told[:5] == [receipt_no, BODY, "muon.xlsx", "20/03/2023 09:00:00", "accepted"]
    assert re.fullmatch(r"submission-late \(info\): 1 row: .*\(row 0 of submission\)", told[5])
    # What is broken where the file is looked at as it would be today:
    assert "period-open" not in told[5]
    (submission,) = results(pipeline.engine, "submission")
    held = {r["expectation_config"]["meta"]["rule"]: r["success"] for r in submission["results"]}
    assert held["submission-late"] is False
    assert held["period-known"] is True


def test_the_pages_stay_when_history_and_rules_change(
    pipeline: Pipeline, register: Register, change_rule: Callable[..., None]
) -> None:
    pipeline.send(BODY, workbook(register, "17.300", kind=None))
    receipt_no = pipeline.file(1)["receipt_no"]
    first = Site(pipeline)
    before, pages = first.told(receipt_no), first.results()
    assert before[5].startswith("kind-given (critical): 1 row: Chỉ tiêu ")
    change_rule("kind-given", severity="info", title="Một quy tắc khác")
    pipeline.today(2023, 3, 14, 15)
    assert pipeline.send(BODY, workbook(register, "18.000")) == "accepted"

    later = Site(pipeline)
    assert later.told(receipt_no) == before
    assert pages.items() <= later.results().items()
    assert len(later.results()) > len(pages)
    # Built from nothing they say the same; only the picture at the top is fetched by another address.
    for path in sorted(first.index.parents[2].rglob("*.html")):
        path.unlink()
    anew = Site(pipeline).results()
    dated = re.compile(rb"\?d=\w+\.\w+")
    assert {link: dated.sub(b"", anew[link]) for link in pages} == {k: dated.sub(b"", v) for k, v in pages.items()}
    shown = next(page for link, page in pages.items() if "/indicator_row/" in link).decode()
    assert "kind-given: Thiếu loại số liệu" in shown
    assert "kind-given: Một quy tắc khác" in (first.index.parents[2] / "expectations/indicator_row.html").read_text()


def test_both_readings_of_a_requeued_file_are_shown(
    pipeline: Pipeline, register: Register, change_rule: Callable[..., None]
) -> None:
    settings, engine = pipeline.settings, pipeline.engine
    assert pipeline.send(BODY, workbook(register, "17.300", kind=None)) == "rejected"
    change_rule("kind-given", severity="warning")
    again = review(settings, register, engine, find_file(engine, pipeline.file(1)["receipt_no"]))
    second = settle(settings, register, engine, enter(engine, again, act="requeue", reason="Quy tắc đã sửa"))

    site = Site(pipeline)

    first = site.told(pipeline.file(1)["receipt_no"])
    assert first[4:6] == ["rejected", first[5]]
    assert first[5].startswith("kind-given (critical)")
    line = site.told(second["receipt"])
    assert line[4] == f"accepted_with_warnings, {pipeline.file(1)['receipt_no']} read once more"
    assert line[5].startswith("kind-given (warning)")
    assert line[6].startswith(f"{second['receipt']}, part 1: ")
    assert "submission 1" in line[6]


def test_what_ran_over_what_is_told_by_file(pipeline: Pipeline, register: Register) -> None:
    """Two files of one batch: the refused one was looked at as a whole only, the other one row by row."""
    others = pipeline.land(BODY, filled_workbook(register, "so-y-te", Q1))
    content = workbook(register, "17.300")
    good = pipeline.land(BODY, content)
    same = pipeline.land(BODY, content, name="lap.xlsx")
    pipeline.settle()
    rows = {row["file_id"]: row for row in kept(pipeline.engine)["checked_file"]}
    assert rows.keys() == {others, good}
    assert rows[others]["row_counts"] == {"submission": 1}
    assert rows[good]["row_counts"].keys() == {"submission", "indicator_row", "figure", "task_row"}
    assert rows[others]["run"] == rows[good]["run"] == pipeline.file(others)["receipt_no"]
    runs = {(row["suite"], row["part"]): row["row_count"] for row in kept(pipeline.engine)["validation_result"]}
    assert runs["submission", 1] == 2
    assert runs["warehouse", 0] == 3
    assert runs["figure", 1] == rows[good]["row_counts"]["figure"]
    duplicate = Site(pipeline).told(pipeline.file(same)["receipt_no"])
    assert duplicate[4:] == [f"duplicate of {pipeline.file(good)['receipt_no']}", "not checked", ""]


def test_a_batch_that_dies_leaves_nothing_and_a_repetition_adds_nothing(
    pipeline: Pipeline, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = pipeline.land(BODY, workbook(register, "17.300", kind=None))
    with monkeypatch.context() as patch:
        patch.setattr("tiendo.validation.kept_results.keep_file_checks", _fail)
        with pytest.raises(OSError, match="full"):
            process(pipeline.settings, register, pipeline.engine, [file_id])
    assert not any(kept(pipeline.engine).values())
    process(pipeline.settings, register, pipeline.engine, [file_id])
    once = kept(pipeline.engine)
    assert all(once.values())
    process(pipeline.settings, register, pipeline.engine, [file_id])
    assert kept(pipeline.engine) == once


def _fail(*_: object) -> None:
    raise OSError("the disk is full")


def test_files_of_no_period_have_their_page(pipeline: Pipeline) -> None:
    assert pipeline.send(BODY, b"no workbook") == "quarantined"
    site = Site(pipeline)
    assert site.lines() == []
    root = site.index.parents[2] / "index.html"
    (line,) = html.fromstring(root.read_bytes()).xpath("//tr[@id=$receipt]", receipt=pipeline.file(1)["receipt_no"])
    assert "file-plain-text (critical)" in line.text_content()
    (link,) = html.fromstring(root.read_bytes()).xpath("//tr[td='submission']//a[.='result']/@href")
    assert (root.parent / link).exists()


def test_what_the_mart_suite_said_is_kept_once_and_also_when_it_fails(
    pipeline: Pipeline, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.send(BODY, workbook(register, "17.300"))
    check_mart(pipeline.engine, register, Q1)
    check_mart(pipeline.engine, register, Q1)
    (held,) = results(pipeline.engine, "mart")
    assert held["success"]
    monkeypatch.setattr("tiendo.validation.own_tables.mart_frame", lambda *_: mart_frame(*_).assign(status="splendid"))
    with pytest.raises(MartError, match="mart-status-known"):
        check_mart(pipeline.engine, register, Q1)
    assert [result["success"] for result in results(pipeline.engine, "mart")] == [True, False]
    runs = [line for line in Site(pipeline).lines() if "mart" in line]
    assert [line[6] for line in runs] == ["0", "1"]


def test_what_a_sender_types_can_be_stored_whatever_it_is(pipeline: Pipeline, register: Register) -> None:
    typed = "năm \\u0000 \U0001f600 nghìn"
    assert pipeline.send(BODY, workbook(register, typed)) == "rejected"
    (before,) = results(pipeline.engine, "figure")
    failed = [result for result in before["results"] if not result["success"]]
    assert failed
    # What no workbook can hold, and another format may
    failed[0]["result"]["partial_unexpected_list"] = ["năm\x00", "\ud800", float("nan"), "\\u0000"]
    key = RunKey("TN-999999", 1, register.code, None, LATE)
    with loader(pipeline.engine) as connection:
        keep_runs(connection, key, [SuiteRun("figure", 1, before["results"], [])])
    *_, after = results(pipeline.engine, "figure")
    (failed_after, *_) = [result for result in after["results"] if not result["success"]]
    assert failed_after["result"]["partial_unexpected_list"] == ["năm", "?", None, "\\u0000"]
    assert render_result(after)


def test_a_rule_is_shown_whose_expectation_is_no_more_or_takes_other_parameters() -> None:
    def told(rule: str, kind: str, **kwargs: object) -> dict[str, Any]:
        config = {"type": kind, "kwargs": kwargs, "meta": {"rule": rule}, "description": f"{rule}: Không còn"}
        return {"success": True, "expectation_config": config, "result": {}, "meta": {}, "exception_info": {}}

    results = [
        told("gone", "expect_what_nobody_expects_any_more", column="fault"),
        told("changed", "expect_column_values_to_be_between", column="fault", strange=1),
        told("same", "expect_column_values_to_not_be_null", column="fault"),
    ]
    document = {"success": True, "suite_name": "submission", "results": results, "statistics": {}, "meta": {}}
    page = render_result(document).decode()
    assert [rule for rule in ("gone", "changed", "same") if f"{rule}: Không còn" in page] == ["gone", "changed", "same"]


class TestTrial:
    """A rule on trial: counted for operations, told to no sender."""

    @pytest.fixture
    def asked(self, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
        """``tiendo rules trial``, in this process."""
        monkeypatch.setattr(rules_command, "get_settings", lambda: pipeline.settings)
        monkeypatch.setattr(rules_command, "chosen_plan", lambda *_: pipeline.register)
        monkeypatch.setattr(rules_command, "open_warehouse", lambda: pipeline.engine)

        def ask(*options: str) -> str:
            done = CliRunner().invoke(rules_command.rules_app, ["trial", "--period", "2023-Q1", *options])
            assert done.exit_code == 0, done.output
            return done.output

        return ask

    def test_no_rule_on_trial_is_said(self, asked: Callable[..., str]) -> None:
        assert asked() == "No rule is on trial.\n"

    def test_files_that_came_before_and_after_are_listed_and_nobody_is_told(
        self, pipeline: Pipeline, register: Register, change_rule: Callable[..., None], asked: Callable[..., str]
    ) -> None:
        change_rule("kind-given", severity="warning")
        state = pipeline.send(BODY, workbook(register, "17.300", kind=None), name="truoc.xlsx")
        assert state == "accepted_with_warnings"
        change_rule("kind-given", trial=True)
        pipeline.today(2023, 3, 14, 15)
        assert pipeline.send(BODY, workbook(register, "17.400", kind=None), name="sau.xlsx") == "accepted"
        before = kept(pipeline.engine), pipeline.file(1), pipeline.file(2)

        told = asked()

        lines = told.splitlines()
        assert lines[0] == "kind-given: 2 files, 2 findings"
        assert [re.split(r"\s+", line.strip())[:3] for line in lines[1:]] == [
            [BODY, "truoc.xlsx:", "1"], [BODY, "sau.xlsx:", "1"],
        ]  # fmt: skip
        assert pipeline.findings(2) == {}
        answer = (pipeline.settings.home / pipeline.file(2)["receipt"]).read_text(encoding="utf-8")
        assert "Thiếu loại số liệu" not in answer
        assert (kept(pipeline.engine), pipeline.file(1), pipeline.file(2)) == before
        # What it said when the second file was settled is kept, and shown.
        fates = [(row["rule"], row["fate"]) for row in before[0]["broken_rule"] if row["file_id"] == 2]
        assert fates == [("kind-given", "trial")]
        assert "on trial: nobody was told" in Site(pipeline).told(pipeline.file(2)["receipt_no"])[5]

    def test_a_file_that_was_read_once_more_is_listed_once(
        self, pipeline: Pipeline, register: Register, change_rule: Callable[..., None], asked: Callable[..., str]
    ) -> None:
        settings, engine = pipeline.settings, pipeline.engine
        pipeline.send(BODY, workbook(register, "17.300", kind=None))
        change_rule("kind-given", trial=True)
        again = review(settings, register, engine, find_file(engine, pipeline.file(1)["receipt_no"]))
        settle(settings, register, engine, enter(engine, again, act="requeue", reason="Quy tắc đã sửa"))
        assert asked().startswith("kind-given: 1 files, 1 findings\n")
