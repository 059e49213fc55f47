"""Amendments: which period follows what, who takes over, and what cannot be is told with its row and reason."""

from decimal import Decimal
from pathlib import Path

import pytest

from fixtures.amended import amended, amendment, plan_with
from tiendo.model.period import Period
from tiendo.model.register import Comparator
from tiendo.plan.register import RegisterError, load_register, register_of
from tiendo.validation.facts import RegisterFacts

Q1, Q2, Q3, Q4 = (Period(2023, quarter) for quarter in (1, 2, 3, 4))
TARGET = "thu-hut-fdi", "set", "target_text"
KHCN, TTTT, Y_TE, TAI_CHINH = "so-khoa-hoc-va-cong-nghe", "so-thong-tin-va-truyen-thong", "so-y-te", "so-tai-chinh"


def row(*cells: str, **more: str) -> str:
    return amendment(*cells, **more)


# The data of a quarter is closed on the 14th of its last month: what is from that day on, or earlier, counts for it.
@pytest.mark.parametrize(
    ("from_on", "follows"),
    [("2023-01-01", 4), ("2023-03-14", 4), ("2023-03-15", 3), ("2023-06-14", 3), ("2023-09-15", 1), ("2023-12-15", 0)],
)
def test_a_period_follows_what_is_in_force_when_its_data_is_closed(tmp_path: Path, from_on: str, follows: int) -> None:
    register = amended(tmp_path, row(from_on, "indicator", *TARGET, "2.000"))
    targets = [register.in_force(period).indicator_by_code["thu-hut-fdi"].target_text for period in (Q1, Q2, Q3, Q4)]
    assert targets == ["1.800"] * (4 - follows) + ["2.000"] * follows
    told = [len(register.amendments_of(period)) for period in (Q1, Q2, Q3, Q4)]
    assert told == [int(place == 4 - follows) for place in range(4)]
    assert register.indicator_by_code["thu-hut-fdi"].target_text == "1.800"


# A new target is understood as its words say; a bare number is what it was: floor, ceiling.
@pytest.mark.parametrize(
    ("code", "text", "understood"),
    [
        ("thu-hut-fdi", "2.000", (Comparator.GE, Decimal(2000), None)),
        ("thu-hut-fdi", "> 2.000", (Comparator.GT, Decimal(2000), None)),
        ("tang-xuat-khau", "7", (Comparator.GE, Decimal(7), None)),
        ("tang-xuat-khau", '"5,5 - 6"', (Comparator.RANGE, Decimal("5.5"), Decimal(6))),
        ("ty-so-gioi-tinh-khi-sinh", "104-106", (Comparator.BETWEEN, Decimal(104), Decimal(106))),
    ],
)
def test_a_new_target_is_understood_as_it_reads(tmp_path: Path, code: str, text: str, understood: object) -> None:
    if code == "ty-so-gioi-tinh-khi-sinh":
        code = next(i.code for i in amended(tmp_path).indicators if i.comparator is Comparator.BETWEEN and i.low == 103)
    register = amended(tmp_path, row("2023-06-01", "indicator", code, "set", "target_text", text))
    now = register.in_force(Q2).indicator_by_code[code]
    assert (now.comparator, now.low, now.high) == understood


def test_whoever_takes_over_owes_what_was_owed(tmp_path: Path) -> None:
    register = amended(tmp_path, row("2023-07-01", "agency", KHCN, "merge", "", TTTT))
    before, after = register.in_force(Q2), register.in_force(Q3)
    own, taken = ([i.code for i in before.indicators_of(body)] for body in (TTTT, KHCN))
    assert taken
    assert [i.code for i in after.indicators_of(TTTT)] == [i.code for i in after.indicators if i.code in own + taken]
    assert {t.ref for t in after.tasks_of(TTTT)} == {t.ref for b in (TTTT, KHCN) for t in before.tasks_of(b)}
    assert KHCN in {body.code for body in before.obliged}
    assert KHCN not in {body.code for body in after.obliged}
    assert (register.heirs_on(Q2.last_day), register.heirs_on(Q3.last_day)) == ({}, {KHCN: (TTTT,)})
    assert register.speaker_on(KHCN, Q2.last_day).code == KHCN
    assert register.speaker_on(KHCN, Q3.last_day).code == TTTT


def test_who_takes_over_from_one_that_took_over(tmp_path: Path) -> None:
    register = amended(
        tmp_path,
        row("2023-04-01", "agency", KHCN, "merge", "", TTTT),
        row("2023-07-01", "agency", TTTT, "merge", "", TAI_CHINH),
    )
    assert register.heirs_on(Q4.last_day) == {KHCN: (TAI_CHINH,), TTTT: (TAI_CHINH,)}
    assert len(register.in_force(Q3).indicators_of(TAI_CHINH)) > len(register.in_force(Q2).indicators_of(TAI_CHINH))


def test_what_begins_and_ends_is_there_in_between_only(tmp_path: Path) -> None:
    register = amended(
        tmp_path,
        row("2023-06-01", "task", "II.1.a", "add"),
        row("2023-09-01", "task", "II.1.a", "withdraw"),
        row("2023-06-10", "indicator", "tfp", "withdraw"),
    )
    tasks, rows = (
        [code in of(register.in_force(period)) for period in (Q1, Q2, Q3, Q4)]
        for code, of in (("II.1.a", lambda r: r.task_by_ref), ("tfp", lambda r: r.indicator_by_code))
    )
    assert (tasks, rows) == ([False, True, False, False], [True, False, False, False])


def test_a_body_owes_from_the_day_on_which_it_must(tmp_path: Path) -> None:
    excused = [row("2023-07-01", "agency", "h-phu-giao", "set", "is_obliged", "no")]
    register = amended(tmp_path, *excused)
    owing = [
        "h-phu-giao" in {body.code for body in each.obliged}
        for each in (register, register.in_force(Q2), register.in_force(Q3))
    ]
    assert owing == [True, True, False]
    assert len(register.in_force(Q3).task_by_ref["III.3"].lead_agencies) == len(register.obliged) - 1


def test_who_owes_later_is_no_sender_before(tmp_path: Path) -> None:
    office = "van-phong-ubnd-tinh"
    facts = RegisterFacts(amended(tmp_path, row("2023-07-01", "agency", office, "set", "is_obliged", "yes")))
    assert [office in facts.in_force(period).senders for period in (Q1, Q2, Q3)] == [False, False, True]
    assert office in facts.senders


def test_a_renamed_body_is_known_by_both_names_and_by_its_addresses_of_the_day(tmp_path: Path) -> None:
    register = amended(
        tmp_path,
        row("2023-07-01", "agency", Y_TE, "set", "name", "Sở Y tế và Dân số"),
        row("2023-07-01", "agency", Y_TE, "set", "mail_addresses", "syt-ds@binhduong.gov.vn"),
    )
    names = {period: register.in_force(period).agency_by_code[Y_TE].name for period in (Q2, Q3)}
    assert names == {Q2: "Sở Y tế", Q3: "Sở Y tế và Dân số"}
    assert {"Sở Y tế", "Sở Y tế và Dân số"} <= set(register.agency_by_code[Y_TE].variants)
    assert {"Sở Y tế", "Sở Y tế và Dân số"} <= set(register.in_force(Q3).agency_by_code[Y_TE].variants)
    old, new = (register.in_force_on(period.last_day) for period in (Q2, Q3))
    assert new.agency_of_address("syt-ds@binhduong.gov.vn") is not None
    assert old.agency_of_address("syt-ds@binhduong.gov.vn") is None


def test_each_change_of_a_cell_says_from_what_it_changes_it(tmp_path: Path) -> None:
    days = {"2023-06-01": "2.000", "2023-07-01": "2.200", "2023-10-01": "1.800"}
    register = amended(tmp_path, *(row(day, "indicator", *TARGET, value) for day, value in days.items()))
    assert [(a.before, a.value) for a in register.amendments] == [
        ("1.800", "2.000"), ("2.000", "2.200"), ("2.200", "1.800"),
    ]  # fmt: skip


def test_periods_that_nothing_touches_keep_their_version(tmp_path: Path) -> None:
    plain = amended(tmp_path / "a")
    register = amended(tmp_path / "b", row("2023-06-01", "indicator", *TARGET, "2.000"))
    assert register.sha256 != plain.sha256
    assert register.in_force(Q1).version_sha256 == plain.version_sha256 != register.in_force(Q2).version_sha256
    assert register_of(register.files) == register


# The rows of amendments.csv, from its row 2 on, and what is told of them.
BAD: list[tuple[list[str], list[str]]] = [
    (
        [row("2023-06-01", "indicator", "thu-hut-fdi", "set", "unit", "percent")],
        ["row 2, column column: unit makes it"],
    ),
    (
        [row("2022-12-31", "task", "II.1.a", "withdraw")],
        ["row 2, column from_on: 2022-12-31 is not in the plan's year"],
    ),
    (
        [row("2023-06-01", "indicator", *TARGET, "1.800")],
        ["row 2, column value: target_text of thu-hut-fdi is '1.800'"],
    ),
    ([row("2023-06-01", "indicator", "fdi", "set", "low", "1")], ["row 2, column code: 'fdi' is no indicator"]),
    ([row("2023-06-01", "body", Y_TE, "withdraw")], ["row 2, column subject: must be one of agency, indicator, task"]),
    ([row("", "task", "II.1.a", "withdraw")], ["row 2, column from_on: is empty"]),
    ([row("1/6/2023", "task", "II.1.a", "withdraw")], ["row 2, column from_on: '1/6/2023' is no date"]),
    (
        [row("2023-06-01", "indicator", "thu-hut-fdi", "set", "muc_tieu", "1")],
        ["row 2, column column: 'muc_tieu' is no"],
    ),
    (
        [row("2023-06-01", "indicator", "thu-hut-fdi", "set", "code", "x")],
        ["row 2, column column: 'code' is no column"],
    ),
    ([row("2023-06-01", "task", "II.1.a", "withdraw", "title")], ["row 2, column column: must be empty"]),
    ([row("2023-06-01", "task", "II.1.a", "merge", "", "II.1.b")], ["row 2, column change: only a body can merge"]),
    ([row("2023-06-01", "agency", KHCN, "merge", "", "so-moi")], ["row 2, column value: 'so-moi' is no agency"]),
    ([row("2023-06-01", "agency", KHCN, "merge")], ["row 2, column value: merge names one body"]),
    ([row("2023-06-01", "agency", KHCN, "split", "", TTTT)], ["row 2, column value: split names the bodies"]),
    ([row("2023-06-01", "agency", KHCN, "merge", "", KHCN)], [f"row 2, column value: {KHCN} itself is not there"]),
    (
        [row("2023-06-01", "indicator", *TARGET, "2.000"), row("2023-06-01", "indicator", *TARGET, "2.100")],
        ["row 3, column column: target_text of thu-hut-fdi is set on 2023-06-01 in row 2 already"],
    ),
    (
        [row("2023-06-01", "agency", Y_TE, "merge", "", KHCN), row("2023-06-01", "agency", KHCN, "merge", "", Y_TE)],
        [f"row 2, column value: {KHCN} itself is not there", f"row 3, column value: {Y_TE} itself is not there"],
    ),
    (
        [row("2023-07-01", "agency", Y_TE, "merge", "", KHCN), row("2023-04-01", "agency", KHCN, "merge", "", Y_TE)],
        [f"row 2, column value: {KHCN} itself is not there from 2023-07-01 on"],
    ),
    (
        [row("2023-06-01", "task", "II.1.a", "withdraw"), row("2023-07-01", "task", "II.1.a", "set", "title", "x")],
        ["row 3, column code: II.1.a ended on 2023-06-01 already (row 2)"],
    ),
    (
        [row("2023-06-01", "task", "II.1.a", "set", "title", "x"), row("2023-07-01", "task", "II.1.a", "add")],
        ["row 2, column from_on: II.1.a is there from 2023-07-01 on only"],
    ),
    (
        [row("2023-06-01", "agency", KHCN, "withdraw")],
        [
            "row 2: from 2023-06-01 on, indicators.csv, row 10, column reporters: 'so-khoa-hoc-va-cong-nghe' is not",
        ],
    ),
    (
        [row("2023-06-01", "indicator", "thu-hut-fdi", "set", "low", "5")],
        ["row 2: from 2023-06-01 on, indicators.csv, row 3, column target_text: '1.800' does not say ge 5"],
    ),
    (
        [row("2023-06-01", "indicator", *TARGET, "nhiều hơn năm trước")],
        ["row 2, column value: 'nhiều hơn năm trước' is not a target: it holds no number; a goal in words"],
    ),
]


@pytest.mark.parametrize(("rows", "told"), BAD)
def test_what_cannot_be_is_told_with_row_and_reason(tmp_path: Path, rows: list[str], told: list[str]) -> None:
    with pytest.raises(RegisterError) as error:
        load_register(plan_with(tmp_path, rows))
    faults = [str(fault) for fault in error.value.faults]
    for each in told:
        assert any(fault.startswith(f"amendments.csv, {each}") for fault in faults), (each, faults)
    assert all(fault.startswith("amendments.csv, ") for fault in faults)


def test_a_decision_settles_how_a_doubtful_target_is_understood(tmp_path: Path) -> None:
    rows = [
        row("2023-06-01", "indicator", "thu-hut-fdi", "set", column, value, decision=decision)
        for column, value, decision in (
            ("target_text", "khoảng 2.000", ""),
            ("low", "1900", "“khoảng 2.000” là từ 1.900 trở lên (Sở Kế hoạch và Đầu tư quyết định)."),
            ("comparator", "ge", ""),
        )
    ]
    register = amended(tmp_path / "decided", *rows)
    assert register.in_force(Q2).indicator_by_code["thu-hut-fdi"].low == Decimal(1900)
    with pytest.raises(
        RegisterError, match=r"amendments\.csv, row 2, column decision: is empty, though how the target"
    ):
        amended(tmp_path / "silent", rows[0], row("2023-06-01", "indicator", "thu-hut-fdi", "set", "low", "1900"))
