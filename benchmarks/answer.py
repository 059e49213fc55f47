"""From a file in its inbox to the answer in its outbox: the real services, a file at a time, then many at once.

Each workbook is written beside the inboxes and renamed into one at once, at an uneven moment; it is answered when
something new lies in the outboxes. With STEPS in the environment, Airflow's own table of tasks tells of the steps
between.

Usage: python benchmarks/answer.py [files one by one] [files at once]
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, text

from tiendo.feedback.template import build_template
from tiendo.local.services import Running, airflow_services, database_urls
from tiendo.local.waiting import say, wait_until
from tiendo.plan.register import get_register
from tiendo.settings import Settings, get_settings
from tiendo.warehouse.embedded import stop_server

AT_MOST_MEDIAN, AT_MOST_WORST = 10, 20
STEPS = """
    select d.dag_id, d.run_type, d.start_date as began, t.task_id, t.state, t.scheduled_dttm, t.start_date, t.end_date
    from dag_run d left join task_instance t on t.dag_id = d.dag_id and t.run_id = d.run_id
    where d.dag_id in ('collect_folders', 'process_submissions') and d.queued_at >= to_timestamp(:since)
    order by d.queued_at, coalesce(t.scheduled_dttm, t.start_date)
"""
RUNS = """
    select count(*) from dag_run
    where dag_id = :dag_id and run_type = 'asset_triggered' and queued_at >= to_timestamp(:since)
"""


class Bench:
    """The services, and workbooks to drop."""

    def __init__(self, settings: Settings, services: Running) -> None:
        self.settings, self.services = settings, services
        register = get_register()
        self.bodies = [agency.code for agency in register.obliged]
        self.workbook = build_template(register, register.calendar[0].period, register.obliged[0])
        self.metadata = create_engine(database_urls(settings)[1])

    def drop(self, name: str, number: int) -> None:
        """Puts a workbook like no other into an inbox."""
        beside = self.settings.home / "beside.xlsx"
        beside.write_bytes(self.workbook + name.encode())
        beside.rename(self.settings.inbox / self.bodies[number % len(self.bodies)] / name)

    def answers(self) -> set[Path]:
        """Returns the receipts that lie in the outboxes, without what is on its way there."""
        return {path for path in self.settings.outbox.rglob("[!.]*.html") if path.is_file()}

    def steps(self, since: float) -> list[str]:
        """Returns what Airflow did since then, in seconds after it."""
        with self.metadata.connect() as connection:
            rows = connection.execute(text(STEPS), {"since": since}).all()

        def at(instant: datetime | None) -> str:
            return f"{instant.timestamp() - since:6.2f}" if instant else "     -"

        return [
            f"    {row.dag_id:20} {row.run_type[:9]:9} {at(row.began)} {row.task_id or '':14} {row.state or '':8} "
            f"scheduled {at(row.scheduled_dttm)} runs {at(row.start_date)} to {at(row.end_date)}"
            for row in rows
        ]

    def runs(self, dag_id: str, since: float) -> int:
        """Returns how many runs of a DAG events have started since then."""
        with self.metadata.connect() as connection:
            return int(connection.execute(text(RUNS), {"dag_id": dag_id, "since": since}).scalar_one())

    def one_by_one(self, number: int) -> list[float]:
        """Drops a file, waits for its answer and then for an uneven moment, some times over; returns the seconds."""
        taken = []
        for turn in range(number):
            time.sleep(6 + turn * 0.618 % 1 * 3)
            before, since = self.answers(), time.time()
            self.drop(f"bao-cao-{turn}.xlsx", turn)
            while not self.answers() - before:
                self.services.check()
                time.sleep(0.05)
            taken.append(time.time() - since)
            if "STEPS" in os.environ:
                time.sleep(2)
                print(f"  {taken[-1]:5.1f} s", *self.steps(since), sep="\n", flush=True)
        return taken

    def at_once(self, number: int) -> tuple[float, int]:
        """Drops many files and waits for all answers; returns the seconds, to within two, and the runs that it took."""
        before, since = self.answers(), time.time()
        for turn in range(number):
            self.drop(f"hang-loat-{turn}.xlsx", turn)
        wait_until(
            lambda: len(self.answers() - before) >= number,
            lambda: f"{len(self.answers() - before)} of {number} answered",
            check=self.services.check,
            tell=say,
        )
        return time.time() - since, self.runs("collect_folders", since)


def main(singly: int, at_once: int) -> None:
    """Prints how long an answer takes, and how many runs many files start."""
    with tempfile.TemporaryDirectory(prefix="tiendo-bench-") as folder:
        settings = Settings(Path(folder) / "var", get_settings().plan_dirs, None)
        try:
            with airflow_services(settings, say=say) as services:
                bench = Bench(settings, services)
                taken = bench.one_by_one(singly)
                print(
                    f"rename to answer: median {statistics.median(taken):.1f} s (at most {AT_MOST_MEDIAN}), "
                    f"worst of {singly} {max(taken):.1f} s (at most {AT_MOST_WORST}); all: "
                    + " ".join(f"{seconds:.1f}" for seconds in taken)
                )
                if at_once:
                    seconds, runs = bench.at_once(at_once)
                    print(f"{at_once} files at once: answered in {seconds:.0f} s, collected by {runs} runs")
        finally:
            stop_server(settings.postgres)


if __name__ == "__main__":
    main(*(int(argument) for argument in (sys.argv[1:] or ("20", "1000"))))
