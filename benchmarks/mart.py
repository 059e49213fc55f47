"""Schema mart in a warehouse of ten years of 63 provinces: questions about one plan and period, and about all of them.

Over all plans the questions of include/mart/questions.yaml are asked, a page of each view is read in the order of its
key, and its rows are counted. ``python benchmarks/mart.py --explain`` prints the plans too; ``--plans 10`` makes a
smaller warehouse.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, TextClause, text

from tiendo.clock import HANOI
from tiendo.model.register import Register
from tiendo.plan.register import get_register
from tiendo.status.service import initialise
from tiendo.warehouse.contract import questions, relations
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import loader, make_engine, reader
from tiendo.warehouse.sql import statement

PLANS = 630
REPEATS = 21
LIMIT_MS = 200

# The real plan is the pattern; every copy has its bodies, indicators and tasks, and a year in which everybody reported:
# one body in ten late, one in fifteen refused first, two verdicts on each indicator.
FILL = (
    """create temporary table copy as
      select p.plan_code as pattern, 'plan-' || lpad(n::text, 3, '0') as plan_code
      from core.plan p, generate_series(1, :plans) n""",
    """insert into core.plan (plan_code, title, province, year, last_year, rule_version, register_sha256, loaded_at)
      select c.plan_code, p.title, p.province, p.year, p.last_year, p.rule_version, 'x', p.loaded_at
      from copy c join core.plan p on p.plan_code = c.pattern""",
    *(
        f"""insert into core.{table} (plan_code, {columns})
          select c.plan_code, {columns} from copy c join core.{table} t on t.plan_code = c.pattern"""  # noqa: S608
        for table, columns in (
            ("agency", "agency_code, name, short_name, kind, is_obliged, row_order"),
            (
                "indicator",
                """indicator_code, row_order, row_kind, section_no, section_title, printed_no, name, label, unit_code,
                  unit, target_text, comparator, target_low, target_high, direction, nature, decision, published_in""",
            ),
            ("reporter", "indicator_code, agency_code, precedence"),
            ("task", "task_ref, row_order, section_ref, section_title, title, is_collective, due_on"),
            ("task_lead", "task_ref, agency_code"),
            ("period", "period, cut_off_on, due_at, publish_at, closing_at"),
            ("obligation", "obligation, period, due_at, closing_at"),
        )
    ),
    """insert into core.version (plan_code, version_sha256) select plan_code, 'copy' from copy""",
    """create temporary table copied as
      select v.version_id, p.version_id as pattern_id from copy c join core.version v using (plan_code)
      join core.version p on p.plan_code = c.pattern""",
    *(
        f"""insert into core.version_{table} (version_id, {columns})
          select c.version_id, {columns} from copied c join core.version_{table} t on t.version_id = c.pattern_id"""  # noqa: S608
        for table, columns in (
            ("agency", "agency_code, name, is_obliged, row_order"),
            (
                "indicator",
                """indicator_code, row_order, row_kind, section_no, section_title, label, unit, target_text, comparator,
                  target_low, target_high, direction, nature, published_in""",
            ),
            ("reporter", "indicator_code, agency_code, precedence"),
            ("task", "task_ref, row_order, section_ref, section_title, title, is_collective, due_on"),
            ("task_lead", "task_ref, agency_code"),
        )
    ),
    """insert into core.in_force (plan_code, period, version_id, register_sha256, days_sha256, stored_at)
      select v.plan_code, f.period, v.version_id, 'x', '', '-infinity'
      from copied c join core.version v using (version_id) join core.in_force f on f.version_id = c.pattern_id""",
    """create temporary table sent as
      select c.plan_code, g.agency_code, p.period, v.version, nextval('sent_no') as file_id,
        p.due_at - interval '5 days' + (g.row_order % 10 = 0)::integer * interval '7 days'
          + v.version * interval '1 hour' as at,
        case when v.version = 0 then 'rejected' else 'accepted' end as state
      from copy c join core.agency g on g.plan_code = c.plan_code and g.is_obliged
      join core.period p on p.plan_code = c.plan_code
      join (values (0), (1)) as v (version) on v.version = 1 or g.row_order % 15 = 0""",
    """insert into intake.submission_file (file_id, claim_id, sha256, size_bytes, name, channel, sender,
        sender_agency_code, received_at, landed_at, plan_code, agency_code, period, state, settled_at)
      overriding system value
      select file_id, file_id::text, repeat(md5(file_id::text), 2), 9000, 'BC.xlsx', 'folder', agency_code,
        agency_code, at, at, plan_code, agency_code, period, state, at from sent""",
    """insert into intake.finding (file_id, rule, severity, sheet, cell, message, found, expected, fix)
      select file_id, 'r', 'warning', 's', 'A1', 'm', 'f', 'e', 'x' from sent where file_id % 3 = 0""",
    """insert into intake.submission (submission_id, file_id, plan_code, agency_code, period, version, received_at,
        recorded_at)
      overriding system value
      select file_id, file_id, plan_code, agency_code, period, version, at, at from sent where version = 1""",
    """insert into core.observation (submission_id, plan_code, indicator_code, period, agency_code, basis, kind, answer,
        value, value_text, is_approximate, is_illustrative, is_correction, note, explanation, sheet, cell, received_at,
        recorded_at)
      select s.file_id, s.plan_code, r.indicator_code, s.period, s.agency_code, b.basis, 'actual', 'value', 1, '1',
        false, false, false, '', '', 'Chỉ tiêu', 'G7', s.at, s.at
      from sent s join core.reporter r on r.plan_code = s.plan_code and r.agency_code = s.agency_code
      cross join (values ('quarter'), ('year_to_date')) as b (basis)
      where s.version = 1""",
    """insert into core.task_progress (submission_id, plan_code, task_ref, period, agency_code, state, result,
        difficulty, proposal, sheet, cell, received_at, recorded_at)
      select s.file_id, s.plan_code, l.task_ref, s.period, s.agency_code, 'on_schedule', '', '', '', 'Nhiệm vụ', 'C7',
        s.at, s.at
      from sent s join core.task_lead l on l.plan_code = s.plan_code and l.agency_code = s.agency_code
      where s.version = 1""",
    """insert into core.indicator_status (plan_code, period, as_of, indicator_code, agency_code, value, value_kind,
        value_basis, expected_value, ratio, status, margin, is_estimate, is_approximate, is_illustrative, sentence,
        components, rule_version, observation_id, content_sha256, version_id, register_sha256)
      select o.plan_code, o.period, p.publish_at + v.n * interval '1 day', o.indicator_code, o.agency_code, o.value,
        o.kind, o.basis, 1, 1, 'on_track', 0, false, false, false, 'câu', '{}', '1', o.observation_id, v.n::text,
        f.version_id, f.register_sha256
      from core.observation o join core.period p using (plan_code, period)
      join core.in_force f using (plan_code, period)
      join core.reporter r using (plan_code, indicator_code, agency_code)
      cross join generate_series(0, 1) as v (n)
      where o.basis = 'year_to_date' and r.precedence = 1""",
    """insert into core.extension (plan_code, agency_code, obligation, period, kind, due_at, letter_no, letter_on, note,
        recorded_at, recorded_by)
      select o.plan_code, g.agency_code, o.obligation, o.period, 'extended', o.closing_at, '1/UBND', '2023-01-01', '',
        o.due_at - interval '5 days', 'an'
      from core.obligation o join core.agency g on g.plan_code = o.plan_code and g.is_obliged
      where g.row_order % 10 = 5""",
)


class Timing(NamedTuple):
    """What one query costs, in milliseconds: the first time, the median of repetitions, and the 95th percentile."""

    name: str
    rows: int
    first: float
    median: float
    slowest: float


def fill(engine: Engine, plans: int) -> None:
    """Copies the stored plan that many times, with a year of reports each."""
    with engine.begin() as connection:
        connection.exec_driver_sql("create temporary sequence sent_no")
        # What is kept is worked out at the end, as by an upgrade: here all comes at once, without statistics.
        connection.exec_driver_sql("set local session_replication_role = replica")
        for sql in FILL:
            connection.execute(text(sql), {"plans": plans} if ":plans" in sql else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze")
    started = time.monotonic()
    with engine.begin() as connection:
        connection.execute(statement("kept/keep_all.sql"))
    print(f"all that is kept worked out anew in {time.monotonic() - started:.0f} s")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze")


def queries(plan_code: str, period: str) -> Iterator[tuple[str, TextClause, dict[str, Any], str]]:
    """Yields what the commands, the mart's readers and the report ask: name, statement, parameters, role."""
    key = {"plan_code": plan_code, "period": period}
    now, then = datetime(2024, 2, 1, tzinfo=HANOI), datetime(2023, 6, 15, tzinfo=HANOI)
    report = "quarterly_report"
    yield "tiendo tracker", statement("queries/tracker.sql"), key | {"instant": now, "obligation": report}, "reader"
    yield (
        "tiendo tracker --as-of",
        statement("queries/tracker.sql"),
        key | {"instant": then, "obligation": report},
        "reader",
    )
    own_plan = {"plan_code": plan_code, "instant": now, "period": "2023", "obligation": "implementation_plan"}
    yield "tiendo tracker, February", statement("queries/tracker.sql"), own_plan, "reader"
    yield "tiendo status", statement("queries/status_at.sql"), key | {"instant": now}, "reader"
    yield "tiendo status --as-of", statement("queries/status_at.sql"), key | {"instant": then}, "reader"
    indicator = key | {"indicator": "thu-hut-fdi"}
    yield "tiendo explain", statement("queries/explain.sql"), indicator, "reader"
    for grouping in ("plan", "section", "agency"):
        rollup = key | {"instant": now, "grouping_kind": grouping}
        yield f"tiendo status --by {grouping}", statement("queries/rollup.sql"), rollup, "reader"
    yield "tiendo card", statement("queries/records.sql"), {"plan_code": plan_code, "instant": now}, "reader"
    yield "tiendo card, mistakes", statement("queries/mistakes.sql"), {"plan_code": plan_code, "instant": now}, "reader"
    yield "last values", statement("queries/last_values.sql"), key, "reader"
    for view in ("submission_tracker", "indicator_status", "observation_history", "task_status", "status_rollup"):
        sql = f"select * from mart.{view} where plan_code = :plan_code and period = :period"  # noqa: S608  names above
        yield f"mart.{view}", text(sql), key, "reader"
    for view in ("agency_timeliness", "agency_record", "agency_mistake"):
        sql = f"select * from mart.{view} where plan_code = :plan_code"  # noqa: S608  names above
        yield f"mart.{view}", text(sql), {"plan_code": plan_code}, "reader"
    yield "report, tracker", statement("report/tracker.sql"), key | {"as_of": then}, "loader"
    yield "report, status", statement("report/status.sql"), key | {"as_of": then, "first_period": "2023-Q1"}, "loader"


def nationwide() -> Iterator[tuple[str, TextClause, dict[str, Any], str]]:
    """Yields the questions, and a page of each view in the order of its key, over all plans."""
    for question in questions():
        yield f"? {question.code}", text(question.sql), {}, "reader"
    for relation in relations().values():
        page = f"select * from mart.{relation.name} order by {', '.join(relation.key)} limit 1000"  # noqa: S608
        yield f"page of {relation.name}", text(page), {}, "reader"
        yield f"count of {relation.name}", text(f"select count(*) from mart.{relation.name}"), {}, "reader"  # noqa: S608


def measure(
    engine: Engine, asked: Iterable[tuple[str, TextClause, dict[str, Any], str]], *, has_plans: bool = False
) -> list[Timing]:
    """Runs every query a few times; prints its plan where asked."""
    timings = []
    for name, query, parameters, role in asked:
        seconds = []
        for _ in range(REPEATS):
            with (reader if role == "reader" else loader)(engine) as connection:
                started = time.perf_counter()
                rows = len(connection.execute(query, parameters).all())
                seconds.append((time.perf_counter() - started) * 1000)
        slowest = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
        timings.append(Timing(name, rows, seconds[0], statistics.median(seconds), slowest))
        if has_plans:
            print(f"\n== {name}")
            with (reader if role == "reader" else loader)(engine) as connection:
                explain = text(f"explain (analyze, buffers) {query.text}")
                print("\n".join(connection.execute(explain, parameters).scalars()))
    return timings


@contextmanager
def filled_warehouse(plans: int = PLANS, register: Register | None = None) -> Iterator[Engine]:
    """Gives a warehouse of that many plans, on a server of its own."""
    with temporary_server("tiendo") as url:
        engine = make_engine(url)
        initialise(engine, register or get_register())
        fill(engine, plans)
        yield engine
        engine.dispose()


def main() -> None:
    """Prints what each query costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=PLANS)
    parser.add_argument("--explain", action="store_true")
    arguments = parser.parse_args()
    started = time.monotonic()
    with filled_warehouse(arguments.plans) as engine:
        print(f"{arguments.plans} plans filled in {time.monotonic() - started:.0f} s")
        with engine.connect() as connection:
            for table in ("core.indicator_status", "intake.submission", "core.observation", "core.task_progress"):
                count = connection.exec_driver_sql(f"select count(*) from {table}").scalar()  # noqa: S608  names above
                print(f"  {table:24}{count:>10} rows")
        plan_code = f"plan-{arguments.plans // 2 + 1:03}"
        for asked in (queries(plan_code, "2023-Q2"), nationwide()):
            for timing in measure(engine, asked, has_plans=arguments.explain):
                mark = "" if timing.slowest < LIMIT_MS else f"   over {LIMIT_MS} ms"
                print(
                    f"  {timing.name:36}{timing.rows:6} rows{timing.first:9.1f} ms first{timing.median:9.1f} ms "
                    f"{timing.slowest:9.1f} ms p95{mark}"
                )


if __name__ == "__main__":
    main()
