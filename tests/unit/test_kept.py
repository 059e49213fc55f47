"""What is kept in rows for consumers follows whatever changes it, several at once included; nothing is left stale."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime

from report_warehouse import figure, send, task
from sqlalchemy import Engine

from fixtures.kept import differences
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.status.service import refresh
from tiendo.warehouse.engine import reader

Q1, Q2 = Period(2023, 1), Period(2023, 2)
KHDT = "so-ke-hoach-va-dau-tu"


def at(day: int, month: int = 3) -> datetime:
    return datetime(2023, month, day, 9, tzinfo=HANOI)


def test_one_load_after_another_works_out_what_is_kept_of_a_plan(engine: Engine, register: Register) -> None:
    """Each would else work out counts of the whole period without the other's rows, which are not committed yet."""
    (task_ref, *_) = [each.ref for each in register.tasks if each.is_collective]
    bodies = [agency.code for agency in register.agencies if agency.is_obliged][:2]

    def load(agency: str) -> None:
        send(engine, register, agency, Q1, at(10), tasks=[task(task_ref, "late")])

    with ThreadPoolExecutor(len(bodies)) as pool:
        with engine.begin() as other:
            other.exec_driver_sql(
                "select pg_advisory_xact_lock(hashtext('tiendo.keep'), hashtext(%s))", (register.code,)
            )
            loads = [pool.submit(load, agency) for agency in bodies]
            assert not wait(loads, timeout=1).done
        for each in loads:
            each.result(timeout=30)
    assert differences(engine) == []


def test_what_is_rolled_back_leaves_nothing_stale(engine: Engine) -> None:
    change = """insert into core.obligation
      select plan_code, obligation, '2022', due_at, closing_at from core.obligation limit 1"""
    with engine.connect() as connection:
        connection.exec_driver_sql(change)
        assert connection.exec_driver_sql("select period from core.stale").scalars().all() == ["2022"]
    assert differences(engine) == []


def test_a_newer_version_takes_the_place_of_all_that_the_one_before_said(engine: Engine, register: Register) -> None:
    def kept() -> tuple[list[object], list[object]]:
        with reader(engine) as connection:
            figures = connection.exec_driver_sql(
                "select value, revision, is_current from mart.observation_history order by observation_id"
            ).all()
            tasks = connection.exec_driver_sql(
                "select version, state, replaced_at is null from mart.task_status_history order by version, task_ref"
            ).all()
        return [tuple(row) for row in figures], [tuple(row) for row in tasks]

    send(engine, register, KHDT, Q1, at(10), figures=[figure("thu-hut-fdi", "400")], tasks=[task("III.5", "late")])
    send(engine, register, KHDT, Q1, at(12), figures=[figure("thu-hut-fdi", "437")])
    figures, tasks = kept()
    assert figures == [(400, 1, False), (437, 2, True)]
    assert tasks == [(1, "late", False)]
    # What came before both and is read last counts no time at all
    send(engine, register, KHDT, Q1, at(9), figures=[figure("thu-hut-fdi", "390")], tasks=[task("III.5", "done")])
    figures, tasks = kept()
    assert figures == [(400, 2, False), (437, 3, True), (390, 1, False)]
    assert tasks == [(1, "late", False), (3, "done", False)]


def test_the_trend_of_a_later_period_follows_a_correction_of_an_earlier_one(engine: Engine, register: Register) -> None:
    def trend() -> tuple[object, ...]:
        with reader(engine) as connection:
            row = connection.exec_driver_sql(
                "select previous_value, previous_status, trend from mart.indicator_status "
                "where indicator_code = 'thu-hut-fdi' and period = '2023-Q2'"
            ).one()
        return tuple(row)

    send(engine, register, KHDT, Q1, at(10), figures=[figure("thu-hut-fdi", "437")])
    send(engine, register, KHDT, Q2, at(10, 6), figures=[figure("thu-hut-fdi", "882")])
    refresh(engine, register, Q1)
    refresh(engine, register, Q2)
    # 437 of 450 is 97,1 %, 882 of 900 is 98 %.
    assert trend() == (437, "on_track", "better")
    send(engine, register, KHDT, Q1, at(12, 6), figures=[figure("thu-hut-fdi", "450")])
    refresh(engine, register, Q1)
    assert trend() == (450, "on_track", "worse")
