"""One edition of the real plan: gathering and rendering, with and without the PDF."""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fixtures.turn import run_once
from tiendo.clock import set_replay_clock
from tiendo.collect.folder import make_inboxes
from tiendo.local.demo import build_scenario
from tiendo.local.demo_files import files_of
from tiendo.local.replay import drop_files
from tiendo.plan.register import load_register
from tiendo.report.build import build
from tiendo.report.gather import gather
from tiendo.report.pdf_file import office
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import loader, make_engine


def main() -> None:
    """Loads the first quarter of the demonstration and builds its edition three times each way."""
    register = load_register(INCLUDE / "plans" / "282-kh-ubnd-2023")
    scenario = build_scenario(register).only("2023-Q1")
    with temporary_server("bench") as url, tempfile.TemporaryDirectory() as folder:
        clock_file = Path(folder) / "clock"
        os.environ["TIENDO_CLOCK_FILE"] = str(clock_file)
        set_replay_clock(clock_file, scenario.steps[0].at)
        settings, engine = Settings(Path(folder) / "var", (INCLUDE,), None), make_engine(url)
        initialise(engine, register)
        make_inboxes(settings, register)
        for step in scenario.steps:
            set_replay_clock(clock_file, step.at)
            drop_files(settings, files_of(scenario, step))
            run_once(settings, register, engine)
        period, as_of = scenario.steps[-1].period, scenario.last_instant
        if not office():
            print("edition with PDF not run: it needs LibreOffice (libreoffice-writer)")
        for with_pdf in (False, True)[: 1 + bool(office())]:
            for _ in range(3):
                wall, cpu = time.perf_counter(), time.process_time()
                with loader(engine) as connection:
                    data = gather(connection, register, period, edition=1, as_of=as_of)
                files = build(data, with_pdf=with_pdf)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                name = "with PDF" if with_pdf else "without PDF"
                print(f"edition {name:12} {wall:6.2f} s wall {cpu:6.2f} s cpu, {len(files)} files (at most 10 s)")
        engine.dispose()


if __name__ == "__main__":
    main()
