"""What a batch yields beyond single rules: figures, what follows from what, mapping back to files, our own tables."""

import io
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import Engine

from fixtures.submissions import (
    change_indicator,
    change_marker,
    change_task,
    clean_content,
    correction_row,
    known_figure,
)
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.feedback.template import build_template
from tiendo.model.content import SHEET_GUIDE, SHEET_INDICATORS, SHEET_TASKS, Marker, WorkbookContent
from tiendo.model.outcome import FileOutcome, ObservationRow
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS, LAST_STATE, TASKS
from tiendo.reading.reader import read_workbook
from tiendo.validation.check import BatchFile, KnownFigure, check_batch
from tiendo.validation.own_tables import mart_frame, warehouse_frame
from tiendo.validation.suites import ROW_ID, check_table, get_suite, run_suite
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import fetch_frame

KHDT, YTE, CONGTHUONG, THUE = "so-ke-hoach-va-dau-tu", "so-y-te", "so-cong-thuong", "cuc-thue"
FDI = "thu-hut-fdi"
TODAY = date(2023, 3, 14)


def outcome(
    register: Register,
    content: WorkbookContent,
    sender: str = KHDT,
    *,
    history: Iterable[KnownFigure] = (),
    today: date = TODAY,
) -> FileOutcome:
    return check_batch(register, [BatchFile(7, "bc.xlsx", sender, content)], history, today=today)[0]


def fdi(register: Register, **typed: Any) -> FileOutcome:
    return outcome(register, change_indicator(clean_content(register, KHDT, "2023-Q1"), FDI, **typed))


@pytest.mark.parametrize(
    ("typed", "is_told"),
    [("Hoàn thành cả năm", False), (1800, False), ("1.800", False), (1900, True), ("> 1.800", True)],
)
def test_target_in_words_is_held_by_what_was_decided(register: Register, typed: object, is_told: bool) -> None:
    indicators = tuple(
        replace(indicator, target_text="Hoàn thành cả năm") if indicator.code == FDI else indicator
        for indicator in register.indicators
    )
    found = fdi(replace(register, indicators=indicators), target=typed)
    assert ("target-unchanged" in {finding.rule for finding in found.findings}) == is_told


def figure(found: FileOutcome, indicator: str, basis: str) -> ObservationRow:
    return next(o for o in found.observations if (o.indicator, o.basis) == (indicator, basis))


class TestObservations:
    def test_flow_gives_two_figures_and_the_rest_one(self, register: Register) -> None:
        found = outcome(register, clean_content(register, KHDT, "2023-Q1"))
        assert [(o.indicator, o.basis, o.value, o.cell) for o in found.observations] == [
            (FDI, "year_to_date", Decimal(450), "G7"),
            (FDI, "quarter", Decimal(450), "F7"),
            ("doanh-nghiep-dang-hoat-dong", "year_to_date", Decimal(62474), "G8"),
            ("doanh-nghiep-thanh-lap-moi", "year_to_date", Decimal(1658), "G9"),
            ("doanh-nghiep-thanh-lap-moi", "quarter", Decimal(1658), "F9"),
            ("von-dang-ky-moi", "year_to_date", Decimal(10497), "G10"),
            ("von-dang-ky-moi", "quarter", Decimal(10497), "F10"),
        ]
        assert {(o.kind, o.answer, o.data_on, o.period) for o in found.observations} == {
            ("estimate", "value", date(2023, 3, 14), "2023-Q1")
        }

    def test_value_is_exact(self, register: Register) -> None:
        found = fdi(register, quarter=437.1, year_to_date="437,10")
        assert str(figure(found, FDI, "quarter").value) == "437.1"
        assert figure(found, FDI, "year_to_date").value == Decimal("437.1")

    def test_declared_absence_is_an_answer(self, register: Register) -> None:
        found = fdi(register, quarter=None, year_to_date="Chưa có số liệu, dự kiến 20/4/2023", kind=None, data_on=None)
        answer = figure(found, FDI, "year_to_date")
        assert (answer.value, answer.answer, answer.promised_on) == (None, "not_available", date(2023, 4, 20))
        assert found.verdict == "accepted"

    def test_declaration_in_the_note_counts(self, register: Register) -> None:
        cells = dict.fromkeys(("quarter", "year_to_date", "kind", "data_on"))
        found = fdi(register, **cells, note="Không phát sinh trong quý")
        assert figure(found, FDI, "year_to_date").answer == "no_occurrence"
        assert fdi(register, **cells, note="-").verdict == "rejected"

    def test_words_round_a_figure_are_kept(self, register: Register) -> None:
        found = fdi(register, quarter="khoảng 440", year_to_date="gần 450", note="Số liệu minh họa; theo báo cáo nhanh")
        about = figure(found, FDI, "year_to_date")
        assert (about.value, about.is_approximate, about.value_text) == (Decimal(450), True, "gần 450")
        assert about.is_illustrative

    def test_note_about_illustrations_elsewhere_marks_nothing(self, register: Register) -> None:
        assert not figure(fdi(register, note="Không dùng số liệu minh họa"), FDI, "year_to_date").is_illustrative

    def test_word_estimate_beats_the_list(self, register: Register) -> None:
        assert (
            figure(fdi(register, kind=None, quarter=450, year_to_date="ước 450"), FDI, "year_to_date").kind
            == "estimate"
        )

    def test_figure_not_due_is_kept(self, register: Register) -> None:
        content = change_indicator(
            clean_content(register, KHDT, "2023-Q1"),
            "thu-hang-pci",
            year_to_date=6,
            kind="Thực hiện",
            data_on="31/12/2022",
        )
        found = outcome(register, content)
        assert [f.rule for f in found.findings] == ["figure-not-due"]
        assert figure(found, "thu-hang-pci", "year_to_date").value == 6

    def test_tasks(self, register: Register) -> None:
        found = outcome(register, clean_content(register, THUE, "2023-Q1"), THUE)
        assert [t.task_ref for t in found.tasks] == [t.ref for t in register.tasks_of(THUE)]
        assert {(t.state, t.completion_pct, t.agency) for t in found.tasks} == {("on_schedule", Decimal(40), THUE)}


class TestWhatFollows:
    """One mistake, one finding."""

    @pytest.mark.parametrize(
        ("typed", "rules"),
        [
            ({"year_to_date": "bốn trăm"}, ["number-readable"]),
            ({"code": "khong-co"}, ["indicator-known"]),
            ({"quarter": 437000, "year_to_date": 437000}, ["value-unit-scale", "value-unit-scale"]),
            ({"quarter": "0,437", "year_to_date": "0,437"}, ["value-unit-scale", "value-unit-scale"]),
            ({"quarter": None, "year_to_date": None, "kind": None, "data_on": None}, ["figure-answered"]),
            ({"name": "Số doanh nghiệp đang hoạt động lũy kế"}, ["name-of-another"]),
            ({"data_on": "31/12/2022", "kind": "Thực hiện"}, ["data-date-within-period"]),
        ],
    )
    def test_one_finding(self, register: Register, typed: dict[str, Any], rules: list[str]) -> None:
        assert [f.rule for f in fdi(register, **typed).findings] == rules

    def test_wrong_body_says_nothing_about_rows(self, register: Register) -> None:
        found = outcome(register, clean_content(register, YTE, "2023-Q1"), KHDT)
        assert [f.rule for f in found.findings] == ["body-is-sender"]
        assert (found.verdict, found.agency) == ("rejected", KHDT)

    def test_magnitude_proposes_the_value(self, register: Register) -> None:
        found = fdi(register, year_to_date=450000)
        assert "có thể là 450 Triệu USD" in found.findings[0].expected
        assert found.findings[0].found == "450.000"

    def test_fall_without_a_correction_is_refused_and_with_one_taken(self, register: Register) -> None:
        content = change_indicator(clean_content(register, KHDT, "2023-Q2"), FDI, quarter=500, year_to_date=900)
        history = [known_figure(FDI, KHDT, "2023-Q1", Decimal(950))]
        refused = outcome(register, content, history=history, today=date(2023, 6, 14))
        assert [f.rule for f in refused.findings] == ["cumulative-not-falling"]
        correction = correction_row(7, period="2023-Q1", code=FDI, quarter=400, year_to_date=400)
        taken = outcome(
            register, content._replace(correction_rows=(correction,)), history=history, today=date(2023, 6, 14)
        )
        assert taken.verdict == "accepted"
        assert [
            (o.period, o.value) for o in taken.observations if o.indicator == FDI and o.basis == "year_to_date"
        ] == [
            ("2023-Q1", Decimal(400)),
            ("2023-Q2", Decimal(900)),
        ]

    def test_flow_starts_anew_each_year(self, register: Register) -> None:
        history = [known_figure(FDI, KHDT, "2022-Q4", Decimal(3100))]
        assert outcome(register, clean_content(register, KHDT, "2023-Q1"), history=history).findings == ()


class TestBatch:
    def test_findings_go_to_their_own_file(self, register: Register) -> None:
        good = clean_content(register, KHDT, "2023-Q1")
        bad = change_indicator(good, FDI, year_to_date="?")
        files = [
            BatchFile(1, "a.xlsx", KHDT, good),
            BatchFile(2, "b.xlsx", KHDT, bad),
            BatchFile(3, "c.xlsx", KHDT, WorkbookContent(fault="encrypted")),
            BatchFile(4, "d.xlsx", YTE, clean_content(register, YTE, "2023-Q1")),
        ]
        found = check_batch(register, files, (), today=TODAY)
        assert [o.verdict for o in found] == ["accepted", "rejected", "quarantined", "accepted"]
        assert [[f.cell for f in o.findings] for o in found] == [[], ["G7"], [""], []]

    def test_no_file_no_outcome(self, register: Register) -> None:
        assert check_batch(register, [], (), today=TODAY) == []

    def test_the_workbook_names_the_body_when_nobody_else_does(self, register: Register) -> None:
        content = clean_content(register, THUE, "2023-Q1")
        assert outcome(register, content, "").agency == THUE
        unknown = outcome(register, change_marker(content, agency="../../etc"), "")
        assert (unknown.verdict, unknown.agency) == ("quarantined", "")

    def test_the_period_asked_for_stands_in_for_a_lost_marker(self, register: Register) -> None:
        content = clean_content(register, THUE, "2023-Q1")._replace(marker=Marker())
        file = BatchFile(1, "a.xlsx", THUE, content)
        lost = check_batch(register, [file], (), today=TODAY)[0]
        assert (lost.verdict, [f.rule for f in lost.findings]) == ("rejected", ["period-stated", "template-marker"])
        asked = check_batch(register, [file._replace(asked_period="2023-Q1")], (), today=TODAY)[0]
        assert (asked.verdict, asked.period) == ("accepted_with_warnings", "2023-Q1")

    def test_misspelt_task_is_told_once(self, register: Register) -> None:
        content = change_task(clean_content(register, THUE, "2023-Q1"), "III.1", ref="III.l")
        assert [f.rule for f in outcome(register, content, THUE).findings] == ["task-known"]

    def test_period_of_a_stranger_is_no_path(self, register: Register) -> None:
        content = change_marker(clean_content(register, THUE, "2023-Q1"), period="../../etc")
        assert outcome(register, content, THUE).period == ""

    def test_unknown_fault_of_the_reader_is_ours(self, register: Register) -> None:
        with pytest.raises(ValueError, match="no rule for the reader's fault 'melted'"):
            outcome(register, WorkbookContent(fault="melted"))

    def test_rule_that_cannot_be_evaluated_raises(self) -> None:
        frame = pd.DataFrame({ROW_ID: [0], **{name: [None] for name in get_suite("figure").columns}})
        frame["figure"], frame["scale"] = ["not a number"], ["share"]
        with pytest.raises(RuntimeError, match=r"suite figure: .*figure where scale.* could not be evaluated"):
            run_suite(get_suite("figure"), frame)

    @pytest.mark.parametrize("agency", [KHDT, YTE, THUE])
    @pytest.mark.parametrize("is_older", [False, True])
    def test_filled_template_is_accepted(self, register: Register, agency: str, *, is_older: bool) -> None:
        """The real way: template written, filled in, read back; also one from before tasks had their last state."""
        period = Period(2023, 1)
        book = openpyxl.load_workbook(io.BytesIO(build_template(register, period, register.agency_by_code[agency])))
        content = clean_content(register, agency, str(period))
        if is_older:
            book[SHEET_TASKS].delete_cols(TASKS.position(LAST_STATE), 2)
            book.move_sheet(SHEET_GUIDE, len(book.sheetnames) - 2)
        for table, rows, fields in (
            (INDICATORS, content.indicator_rows, ("quarter", "year_to_date", "kind", "data_on")),
            (TASKS, content.task_rows, ("state", "completion", "result")),
        ):
            for row, field in ((row, field) for row in rows for field in fields):
                column = table.position(field) - 2 * (is_older and table is TASKS)
                if (value := getattr(row, field).value) is not None:
                    book[table.sheet].cell(row.row, column).value = value
        buffer = io.BytesIO()
        book.save(buffer)
        found = outcome(register, read_workbook(buffer.getvalue()), agency)
        assert found.findings == ()
        assert len(found.tasks) == len(register.tasks_of(agency))


class TestTrial:
    @pytest.fixture
    def kind_on_trial(self, monkeypatch: pytest.MonkeyPatch) -> None:
        suite = get_suite("indicator_row")
        rules = tuple(replace(rule, trial=rule.rule == "kind-given") for rule in suite.rules)
        monkeypatch.setitem(suite.__dict__, "rules", rules)

    @pytest.mark.usefixtures("kind_on_trial")
    def test_rule_on_trial_is_counted_and_not_told(self, register: Register) -> None:
        found = fdi(register, kind=None)
        assert (found.verdict, found.findings) == ("accepted", ())
        assert [(finding.rule, finding.cell) for finding in found.trials] == [("kind-given", "H7")]
        assert len(found.observations) == 7

    @pytest.mark.usefixtures("kind_on_trial")
    def test_rule_on_trial_explains_nothing_away(self, register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
        suite = get_suite("indicator_row")
        rules = tuple(
            replace(rule, unless=("kind-given",)) if rule.rule == "data-date-given" else rule for rule in suite.rules
        )
        monkeypatch.setitem(suite.__dict__, "rules", rules)
        assert [finding.rule for finding in fdi(register, kind=None, data_on=None).findings] == ["data-date-given"]


class TestOurTables:
    GOOD: Mapping[str, Any] = {
        "file_id": 1,
        "state": "accepted",
        "submissions_intended": 1,
        "submissions_loaded": 1,
        "observations_intended": 7,
        "observations_loaded": 7,
        "tasks_intended": 3,
        "tasks_loaded": 3,
        "orphan_count": 0,
        "falling_count": 0,
    }

    @pytest.mark.parametrize(
        ("rule", "wrong"),
        [
            ("load-state-known", {"state": "lost"}),
            ("load-state-set", {"state": None}),
            ("load-submissions", {"submissions_loaded": 0}),
            ("load-observations", {"observations_loaded": 6}),
            ("load-tasks", {"tasks_loaded": 4}),
            ("load-no-orphan", {"orphan_count": 1}),
            ("load-cumulative", {"falling_count": 1}),
            ("load-file-once", {"file_id": 2}),
        ],
    )
    def test_warehouse(self, rule: str, wrong: dict[str, Any]) -> None:
        other = self.GOOD | {"file_id": 2}
        assert check_table("warehouse", pd.DataFrame([self.GOOD, other])).faults == []
        failures = check_table("warehouse", pd.DataFrame([{**self.GOOD, **wrong}, other])).faults
        assert [failure.split(":")[0] for failure in failures] == [rule]

    def test_every_warehouse_rule_is_tried(self) -> None:
        mark = next(m for m in type(self).test_warehouse.pytestmark if m.name == "parametrize")  # type: ignore[attr-defined]
        assert {case[0] for case in mark.args[1]} == {rule.rule for rule in get_suite("warehouse").rules}

    NOW = datetime(2023, 3, 14, 16, tzinfo=HANOI)

    @pytest.mark.parametrize(
        ("rule", "wrong"),
        [
            ("mart-once", {"indicator_code": "iip"}),
            ("mart-registered", {"indicator_code": "thue-bao-dien-thoai"}),
            ("mart-complete", {"indicator_code": "thue-bao-dien-thoai"}),
            ("mart-status-known", {"status": "splendid"}),
            ("mart-minimum", {"value": Decimal(-1)}),
            ("mart-maximum", {"value": Decimal(101)}),
            ("mart-traceable", {"cell": ""}),
            ("mart-graded-on-value", {"value": None}),
            ("mart-components", {"components": None}),
            ("mart-rule-version", {"rule_version": None}),
            ("mart-as-of", {"as_of": NOW + timedelta(seconds=1)}),
        ],
    )
    def test_mart(self, register: Register, rule: str, wrong: dict[str, Any]) -> None:
        rows = [self.mart_row(i.code) for i in register.indicators if i.is_leaf]
        assert check_table("mart", mart_frame(register, pd.DataFrame(rows, dtype=object), self.NOW)).faults == []
        place = next(n for n, row in enumerate(rows) if row["indicator_code"] == "ty-le-bhyt")
        rows[place] |= wrong
        failures = check_table("mart", mart_frame(register, pd.DataFrame(rows, dtype=object), self.NOW)).faults
        assert rule in [failure.split(":")[0] for failure in failures]

    def test_every_mart_rule_is_tried(self) -> None:
        mark = next(m for m in type(self).test_mart.pytestmark if m.name == "parametrize")  # type: ignore[attr-defined]
        assert {case[0] for case in mark.args[1]} == {rule.rule for rule in get_suite("mart").rules}

    def mart_row(self, code: str) -> dict[str, Any]:
        return {
            "plan_code": "p", "period": "2023-Q1", "as_of": self.NOW, "indicator_code": code, "value": Decimal(50),
            "status": "on_track", "components": {"ratio": "1"}, "rule_version": "1", "observation_id": 1,
            "file_sha256": "a" * 64, "sheet": SHEET_INDICATORS, "cell": "G7",
        }  # fmt: skip

    def test_missing_column_is_named(self) -> None:
        with pytest.raises(KeyError, match="orphan_count"):
            check_table("warehouse", pd.DataFrame([self.GOOD]).drop(columns="orphan_count"))

    def test_statements_run(self, engine: Engine, register: Register) -> None:
        with loader(engine) as connection:
            files = fetch_frame(connection, "validation/warehouse_rows.sql", file_ids=[1, 2])
            rows = fetch_frame(
                connection, "queries/status_at.sql", plan_code=register.code, period="2023-Q1", instant=clock.now()
            )
        assert check_table("warehouse", warehouse_frame(files, {})).faults == []
        # What a fresh warehouse says of the first quarter is whole; take a row away.
        later = clock.now() + timedelta(minutes=1)
        assert check_table("mart", mart_frame(register, rows, later)).faults == []
        failures = check_table("mart", mart_frame(register, rows.iloc[1:], later)).faults
        assert [failure.partition(", the first")[0] for failure in failures] == [
            "mart-complete: a leaf indicator of the register has no row (1 rows"
        ]


def test_a_module_rarely_needed_comes_when_something_of_it_is_asked_for() -> None:
    program = (
        "import sys; from tiendo.validation.suites import great_expectations; great_expectations();"
        "assert not {'altair', 'scipy.stats'} & sys.modules.keys();"
        "from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as rule;"
        "assert round(rule.stats.entropy([0.5, 0.5]), 3) == 0.693; assert 'scipy.stats' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
