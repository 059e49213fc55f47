"""The trend against the last period, roll-ups and record cards of the mart, against hand counts."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from report_warehouse import figure, grade, send, task
from sqlalchemy import Engine

from tiendo import clock
from tiendo.cli.printing import print_records, print_rollup, print_status
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.record_card import record_rows
from tiendo.warehouse.engine import loader, reader
from tiendo.warehouse.mart import rollup_rows, status_rows

Q1, Q2, Q3 = (Period(2023, quarter) for quarter in (1, 2, 3))
KHDT, TAI_CHINH, Y_TE = "so-ke-hoach-va-dau-tu", "so-tai-chinh", "so-y-te"
CONG_THUONG, TTTT = "so-cong-thuong", "so-thong-tin-va-truyen-thong"
END = datetime(2030, 1, 1, tzinfo=HANOI)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2023, month, day, hour, tzinfo=HANOI)


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    path = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(path))
    return lambda instant: clock.set_replay_clock(path, instant)


def trends(engine: Engine, register: Register, period: Period, as_of: datetime = END) -> dict[str, dict[str, Any]]:
    return {row["indicator_code"]: row for row in status_rows(engine, register, period, as_of)}


TREND_CASES = [
    # indicator, agency, Q1, Q2, trend: what is compared
    ("thu-hut-fdi", KHDT, "437", "967.3", "better"),  # a flow by its ratio: 437/450 = 0,971; 967,3/900 = 1,075
    ("thu-ngan-sach", TAI_CHINH, "17300", "31550", "worse"),  # more money, but 0,927 and then 0,846 of what was due
    ("nha-o-xa-hoi", "so-xay-dung", "2000", "4001", "same"),  # 1 and 1,00025: the same to a tenth of a percent
    # Only the second quarter knows its own pace (3.518,6); by the even one: 1600/1657,5 = 0,965; 3300/3315 = 0,995.
    ("doanh-nghiep-thanh-lap-moi", KHDT, "1600", "3300", "better"),
    ("iip", CONG_THUONG, "3", "3.4", "better"),
    ("tang-ban-le", CONG_THUONG, "13.2", "13.2", "same"),
    ("tu-vong-duoi-5-tuoi", Y_TE, "5.5", "5.3", "better"),  # less is better
    ("tu-vong-duoi-1-tuoi", Y_TE, "4", "4.5", "worse"),
    ("ty-so-gioi-tinh-khi-sinh", Y_TE, "110", "108", "better"),  # 3 above the band of 103-107, then 1
    ("thue-bao-internet", TTTT, "3412600", "3400000", "worse"),
]


def test_the_trend_goes_by_the_indicators_own_direction(engine: Engine, register: Register, now: Any) -> None:
    for quarter, (period, day) in enumerate(((Q1, at(3, 10)), (Q2, at(6, 10))), start=2):
        for agency in {case[1] for case in TREND_CASES}:
            figures = [figure(case[0], case[quarter]) for case in TREND_CASES if case[1] == agency]
            send(engine, register, agency, period, day, figures)
        now(day)
        grade(engine, register, period)
    found = trends(engine, register, Q2)
    assert {case[0]: found[case[0]]["trend"] for case in TREND_CASES} == {case[0]: case[4] for case in TREND_CASES}
    fdi = found["thu-hut-fdi"]
    assert (fdi["previous_period"], fdi["previous_value"], fdi["previous_status"]) == (
        "2023-Q1",
        Decimal(437),
        "on_track",
    )
    # Nothing stands before the first quarter, and what has no figure has no trend.
    first = trends(engine, register, Q1).values()
    assert {(row["previous_period"], row["trend"]) for row in first} == {(None, None)}
    assert found["che-phu-cay-lau-nam"]["trend"] is None  # a band without a figure
    assert found["ho-dan-su-dung-dien"]["trend"] is None
    with reader(engine) as connection:
        of_view = dict(
            connection.exec_driver_sql(
                "select indicator_code, trend from mart.indicator_status where period = '2023-Q2'"
            ).all()
        )
    assert of_view == {code: row["trend"] for code, row in found.items()}


def test_no_trend_where_the_way_is_over(engine: Engine, register: Register, now: Any) -> None:
    # 1.900 of 1.800 million USD after nine months: met. Exports at the year's end: only the verdict counts.
    year = {Q2: ("967.3", "-18"), Q3: ("1900", "-13"), Period(2023, 4): ("2000", "-7.3")}
    for period, (fdi, exports) in year.items():
        day = at(period.number * 3, 10)
        send(engine, register, KHDT, period, day, [figure("thu-hut-fdi", fdi)])
        send(engine, register, CONG_THUONG, period, day, [figure("tang-xuat-khau", exports)])
        now(day)
        grade(engine, register, period)
    found = {period: trends(engine, register, period) for period in year}
    told = {(code, p.number): found[p][code]["trend"] for p in year for code in ("thu-hut-fdi", "tang-xuat-khau")}
    assert told == {
        ("thu-hut-fdi", 2): None, ("tang-xuat-khau", 2): None,
        ("thu-hut-fdi", 3): None, ("tang-xuat-khau", 3): "better",
        ("thu-hut-fdi", 4): None, ("tang-xuat-khau", 4): None,
    }  # fmt: skip


def test_the_last_period_is_the_last_one_with_a_figure_as_it_was_known(
    engine: Engine, register: Register, now: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    send(engine, register, TTTT, Q1, at(3, 10), [figure("thue-bao-internet", "3412600")])
    now(at(3, 10))
    grade(engine, register, Q1)
    send(engine, register, TTTT, Q2, at(6, 10), [figure("thue-bao-internet", None)])
    now(at(6, 10))
    grade(engine, register, Q2)
    send(engine, register, TTTT, Q3, at(9, 8), [figure("thue-bao-internet", "3450000")])
    now(at(9, 8))
    grade(engine, register, Q3)
    row = trends(engine, register, Q3)["thue-bao-internet"]
    assert (row["previous_period"], row["previous_value"], row["trend"]) == ("2023-Q1", Decimal(3412600), "better")
    # The first quarter's figure is corrected upwards on the 12th: from then on the third is worse.
    corrected = figure("thue-bao-internet", "3500000", period=Q1, is_correction=True, explanation="cộng sót")
    send(engine, register, TTTT, Q3, at(9, 12), [corrected, figure("thue-bao-internet", "3450000")])
    now(at(9, 12))
    grade(engine, register, Q1)
    assert trends(engine, register, Q3)["thue-bao-internet"]["trend"] == "worse"
    with reader(engine) as connection:
        query = "select trend from mart.indicator_status_at(%s) where period = '2023-Q3' and indicator_code = %s"
        then = connection.exec_driver_sql(query, (at(9, 9), "thue-bao-internet")).scalar_one()
    assert then == "better"
    print_status(register, [trends(engine, register, Q3)["thue-bao-internet"]])
    assert "Kém hơn so với quý I năm 2023: 3.500.000 Thuê bao, Đạt" in capsys.readouterr().out


def test_an_approximate_figure_has_no_trend(engine: Engine, register: Register, now: Any) -> None:
    code = "doanh-nghiep-dang-hoat-dong"
    for period, day, value, is_approximate in ((Q1, at(3, 10), "60748", False), (Q2, at(6, 10), "61000", True)):
        send(engine, register, KHDT, period, day, [figure(code, value, is_approximate=is_approximate)])
        now(day)
        grade(engine, register, period)
    row = trends(engine, register, Q2)[code]
    assert (row["previous_value"], row["trend"]) == (Decimal(60748), None)


@pytest.fixture
def quarter(engine: Engine, register: Register, now: Any) -> None:
    """One body with two flows and three tasks, one late with one figure, the others silent."""
    send(
        engine, register, KHDT, Q1, at(3, 10),
        [figure("thu-hut-fdi", "437"), figure("doanh-nghiep-thanh-lap-moi", "100")],
        [task("II.1.d", "late"), task("III.3", "done")],
    )  # fmt: skip
    send(engine, register, TAI_CHINH, Q1, at(3, 12), state="rejected", name="a.xlsx")
    send(engine, register, TAI_CHINH, Q1, at(3, 17), [figure("thu-ngan-sach", "17300")], name="b.xlsx")
    now(at(3, 20))
    grade(engine, register, Q1)


def counts(rows: list[dict[str, Any]], subject: str, group: str) -> dict[str, int]:
    return {row["status"]: row["item_count"] for row in rows if (row["subject"], row["group_code"]) == (subject, group)}


def test_rollups_add_up_to_the_plan(
    engine: Engine, register: Register, quarter: None, capsys: pytest.CaptureFixture[str]
) -> None:
    by = {grouping: rollup_rows(engine, register, Q1, grouping, END) for grouping in ("plan", "section", "agency")}
    # 41 leaves: 7 have no first-quarter figure by their calendar, 3 are told (437/450, 100/1657,5, 17300/18654,25).
    assert counts(by["plan"], "indicator", register.code) == {
        "on_track": 1,
        "behind": 1,
        "at_risk": 1,
        "no_data": 31,
        "not_yet_published": 7,
    }
    # Section I has six rows: FDI and revenue are told.
    assert counts(by["section"], "indicator", "I") == {"on_track": 1, "at_risk": 1, "no_data": 4}
    # KH&ĐT leads FDI, three rows on enterprises, and PCI, which comes after the year.
    assert counts(by["agency"], "indicator", KHDT) == {
        "on_track": 1,
        "behind": 1,
        "no_data": 2,
        "not_yet_published": 1,
    }
    # Exports and imports have two reporters; the statistics office comes first and leads.
    assert sum(counts(by["agency"], "indicator", "cuc-thong-ke").values()) == 3
    led = [t for t in register.tasks if not t.is_collective]
    assert sum(counts(by["plan"], "task", register.code).values()) == sum(len(t.lead_agencies) for t in led)
    assert counts(by["section"], "task", "II.1")["late"] == 1
    assert counts(by["agency"], "collective_task", KHDT) == {"done": 1, "not_reported": 5}
    for rows in by.values():
        assert sum(r["item_count"] for r in rows if r["subject"] == "indicator") == 41
        sums: dict[tuple[str, str], int] = {}
        for row in rows:
            key = row["subject"], row["group_code"]
            sums[key] = sums.get(key, 0) + row["item_count"]
            assert row["group_count"] >= row["item_count"]
        assert all(sums[row["subject"], row["group_code"]] == row["group_count"] for row in rows)
    print_rollup(by["agency"])
    told = capsys.readouterr().out
    assert (
        "  Sở Kế hoạch và Đầu tư (5)\n    Đúng tiến độ: 1; Chậm: 1; Chưa có số liệu: 2; Chưa đến kỳ công bố: 1" in told
    )
    with reader(engine) as connection:
        of_view = connection.exec_driver_sql(
            "select status, item_count from mart.status_rollup where period = '2023-Q1' and subject = 'indicator'"
            " and grouping_kind = 'section' and group_code = 'I'"
        ).all()
    assert dict(of_view) == counts(by["section"], "indicator", "I")


def test_a_task_left_out_of_the_newest_version_counts_no_more(
    engine: Engine, register: Register, quarter: None
) -> None:
    send(engine, register, KHDT, Q1, at(3, 22), [figure("thu-hut-fdi", "437")], [task("III.3", "done")], name="2.xlsx")
    now_rows = rollup_rows(engine, register, Q1, "section", END)
    assert counts(now_rows, "task", "II.1") == {"not_reported": 5}
    then = rollup_rows(engine, register, Q1, "section", at(3, 21))
    assert counts(then, "task", "II.1") == {"late": 1, "not_reported": 4}


def test_record_cards(engine: Engine, register: Register, quarter: None, capsys: pytest.CaptureFixture[str]) -> None:
    with loader(engine) as connection:
        rejected, accepted = connection.exec_driver_sql(
            "select file_id from intake.submission_file where agency_code = %s order by received_at", (TAI_CHINH,)
        ).scalars()
        for file_id, rule, severity in (
            (rejected, "magnitude", "critical"),
            (rejected, "magnitude", "critical"),
            (rejected, "kind-given", "critical"),
            (accepted, "quarter-given", "warning"),
            (accepted, "kind-given", "warning"),
            (accepted, "submission-late", "info"),
        ):
            connection.exec_driver_sql(
                "insert into intake.finding (file_id, rule, severity, sheet, cell, message, found, expected, fix)"
                " values (%s, %s, %s, 's', 'A1', 'm', 'f', 'e', 'x')",
                (file_id, rule, severity),
            )
    cards = {row["agency_code"]: row for row in record_rows(engine, register, at(3, 20))}
    assert len(cards) == 30
    good = cards[KHDT]
    assert (good["owed_count"], good["on_time_count"], good["first_try_count"], good["rejected_count"]) == (1, 1, 1, 0)
    assert (good["days_late_avg"], good["usual_rules"], good["own_plan_state"]) == (Decimal("0.0"), [], "missing")
    late = cards[TAI_CHINH]
    # Due by the 14th, 24:00; sent on the 17th at nine: the third day that is too late. The first try was refused.
    assert (late["received_count"], late["late_count"], late["days_late_avg"], late["days_late_max"]) == (1, 1, 3, 3)
    assert (late["first_try_count"], late["rejected_count"], late["missing_count"]) == (0, 1, 0)
    # In two files, in one at two places, in one; what is only told is no mistake.
    assert late["usual_rules"] == ["kind-given", "magnitude", "quarter-given"]
    assert [(m["rule"], m["severity"], m["file_count"], m["finding_count"]) for m in late["mistakes"]] == [
        ("magnitude", "critical", 1, 2),
        ("kind-given", "critical", 1, 1),
        ("kind-given", "warning", 1, 1),
        ("quarter-given", "warning", 1, 1),
    ]
    silent = cards[Y_TE]
    assert (silent["owed_count"], silent["received_count"], silent["missing_count"]) == (1, 0, 1)
    assert silent["days_late_avg"] is None
    # On the 13th nothing was due: what had come counts, what had not is not missing yet.
    early = {row["agency_code"]: row for row in record_rows(engine, register, at(3, 13))}
    assert (early[KHDT]["owed_count"], early[Y_TE]["owed_count"], early[TAI_CHINH]["owed_count"]) == (1, 0, 0)
    print_records(register, [late, silent])
    told = capsys.readouterr().out
    assert "1/1 kỳ đã gửi: 0 đúng hạn, 1 chậm (bình quân 3 ngày một báo cáo, nhiều nhất 3 ngày)" in told
    assert "0/1 kỳ đã gửi; 1 kỳ chưa gửi" in told
