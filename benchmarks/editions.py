"""From the last accepted file to the draft that says so, and a year's four editions rebuilt from the warehouse."""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sqlalchemy import Engine

from fixtures.turn import run_once
from tiendo.clock import now, set_replay_clock
from tiendo.collect.folder import make_inboxes
from tiendo.local.demo import Scenario, build_scenario
from tiendo.local.demo_files import files_of
from tiendo.local.replay import drop_files
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.report.edition import draft, publish, rebuild, refresh_draft
from tiendo.report.pdf_file import office
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import loader, make_engine

DRAFT_SECONDS = 60
YEAR_SECONDS = 60


def main() -> None:
    """Replays the year without Airflow, then rebuilds what it published."""
    register = load_register(INCLUDE / "plans" / "282-kh-ubnd-2023")
    scenario = build_scenario(register)
    with temporary_server("bench") as url, tempfile.TemporaryDirectory() as folder:
        clock_file = Path(folder) / "clock"
        os.environ["TIENDO_CLOCK_FILE"] = str(clock_file)
        set_replay_clock(clock_file, scenario.steps[0].at)
        settings, engine = Settings(Path(folder) / "var", (INCLUDE,), None), make_engine(url)
        initialise(engine, register)
        make_inboxes(settings, register)
        replay(settings, register, engine, scenario, clock_file)
        with loader(engine) as connection:
            query = "select period, edition, approved_by from core.edition order by 1, 2"
            editions = connection.exec_driver_sql(query).all()
        wall, cpu, children = time.perf_counter(), time.process_time(), os.times()
        for row in editions:
            rebuild(engine, register, Period.parse(row.period), row.edition)
        after = os.times()
        children_cpu = after.children_user + after.children_system - children.children_user - children.children_system
        with_pdf = "PDF included" if office() else "without PDF, which needs LibreOffice (libreoffice-writer)"
        print(
            f"{len(editions)} editions rebuilt, {with_pdf}: {time.perf_counter() - wall:.2f} s wall, "
            f"{time.process_time() - cpu + children_cpu:.2f} s cpu with LibreOffice's (at most {YEAR_SECONDS} s)"
        )
        engine.dispose()


def replay(settings: Settings, register: Register, engine: Engine, scenario: Scenario, clock_file: Path) -> None:
    """Loads and publishes the year; prints how long after the last file of each quarter its draft was there."""
    for step in scenario.steps:
        set_replay_clock(clock_file, step.at)
        if step.action == "collect":
            drop_files(settings, files_of(scenario, step))
            run_once(settings, register, engine)
            began = time.perf_counter()
            if refresh_draft(engine, register, settings, step.period) is not None:
                seconds = time.perf_counter() - began
                print(f"{step.period} draft {seconds:6.2f} s after the last file (at most {DRAFT_SECONDS} s)")
        elif step.action == "publish":
            drafted = draft(engine, register, settings, step.period)
            publish(
                engine, register, settings, step.period, edition=drafted["edition"], as_of=now(),
                data_sha256=drafted["data_sha256"], approved_by="benchmark", approved_at=now(),
            )  # fmt: skip


if __name__ == "__main__":
    main()
