"""The control room with a year of data, and with ten years of 63 provinces beside it: what a browser waits for.

``--plans 10`` makes a smaller warehouse.
"""

import argparse
import os
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

from mart import PLANS, filled_warehouse
from sqlalchemy import Engine, text

from tiendo.clock import HANOI

REPEATS = 15
LIMIT_MS = 200
# The last evening of a quarter. The register in force has a year of its own; the copies are the others' years.
EVENING = datetime(2023, 12, 14, 20, tzinfo=HANOI)
# What a year adds beside reports: half a million rounds of a scan every minute, mail, and what else came today.
YEAR = (
    """insert into intake.scan (channel, completed_at)
      select 'folder', timestamptz '2023-01-01' + n * interval '1 minute' from generate_series(1, 500000) n""",
    """insert into intake.outgoing_mail (message_id, kind, about, to_address, subject, in_reply_to, thread_references,
        text_body, html_body, attachments, created_at, next_attempt_at, sent_at)
      select 'm' || n, 'answer', 'a' || n, 'a@x.vn', 's', '', '', 't', 'h', '{}', now, now, now
      from (select n, timestamptz '2023-01-01' + n * interval '1 hour' as now from generate_series(1, 8000) n) m""",
    """insert into intake.submission_file (file_id, claim_id, sha256, size_bytes, name, channel, sender,
        sender_agency_code, received_at, landed_at)
      overriding system value
      select 500000 + n, 'today-' || n, repeat(md5(n::text), 2), 9000, 'BC.xlsx', 'folder', 'so-y-te', 'so-y-te', now,
        now
      from (select n, timestamptz '2023-12-14 08:00+07' + n * interval '1 minute' as now
        from generate_series(1, 200) n) f""",
)


def fill_year(engine: Engine) -> None:
    """Adds a year of the plan in force to a warehouse of copies."""
    with engine.begin() as connection:
        for sql in YEAR:
            connection.execute(text(sql))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze")


def measure(engine: Engine, home: Path, plan_code: str) -> list[float]:
    """Asks for the page as a browser does, login aside; returns what each answer took, in milliseconds."""
    from dataclasses import replace

    from fastapi.testclient import TestClient

    from tiendo.airflow_glue.warehouse import AllParts
    from tiendo.model.plans import Plans
    from tiendo.pages import machine
    from tiendo.pages.app import app
    from tiendo.pages.frame import all_parts, viewer
    from tiendo.plan.register import get_register
    from tiendo.settings import Settings

    register = replace(get_register(), code=plan_code)
    setattr(machine, "is_mail_set_up", lambda: True)  # noqa: B010 - a name that it imports
    opened = AllParts(Settings(home=home, plan_dirs=(home,), database_url=None), Plans((register,)), engine)
    app.dependency_overrides[viewer] = lambda: SimpleNamespace(get_name=lambda: "an")
    app.dependency_overrides[all_parts] = lambda: opened
    browser, took = TestClient(app), []
    for _ in range(REPEATS):
        started = time.perf_counter()
        answer = browser.get("/?ky=2023-Q4")
        took.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.text  # noqa: S101
    return took


def main() -> None:
    """Prints what a browser waits for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=PLANS)
    plans = parser.parse_args().plans
    from tiendo.cli.dag_pages import reading_environment

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ |= {k: v for k, v in reading_environment(home / "airflow").items() if k.startswith("AIRFLOW")}
        (home / "clock").write_text(EVENING.isoformat())
        os.environ["TIENDO_CLOCK_FILE"] = str(home / "clock")
        with filled_warehouse(plans) as engine:
            fill_year(engine)
            first, *others = measure(engine, home, f"plan-{plans // 2 + 1:03}")
    median = statistics.median(others)
    mark = "" if median < LIMIT_MS else f"   over {LIMIT_MS} ms"
    print(f"  control room, {plans} plans: {first:6.0f} ms first{median:6.0f} ms{mark}")


if __name__ == "__main__":
    main()
