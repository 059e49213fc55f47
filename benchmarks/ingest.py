"""Intake against its floor: ``tiendo ingest`` on 2,000 workbooks beside bare reading with calamine and copying.

Each workbook has 12 indicators and 15 tasks, as the largest bodies' have. The plan is synthetic: as many bodies as
files, each reporting on the first quarter. Every figure is a whole process's, so both sides pay for their own start.
Each side runs twice, in turn, and the quicker run counts: what else the machine does only ever adds.

Usage: python benchmarks/ingest.py [files]
"""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Indicator, Nature, Register, RowKind
from tiendo.plan.register import load_register
from tiendo.reading.columns import INDICATORS as INDICATOR_TABLE
from tiendo.reading.columns import TASKS as TASK_TABLE
from tiendo.reading.columns import TemplateTable
from tiendo.settings import INCLUDE, Settings

if TYPE_CHECKING:  # what only the making of the workbooks needs is imported there: workers import this module too
    from openpyxl.worksheet.worksheet import Worksheet
    from sqlalchemy import Engine

INDICATORS = 12
TASKS = 15


def synthetic_register(bodies: int) -> Register:
    """Returns the real plan cut to 12 indicators and 15 tasks, all owed by each of the bodies."""
    real = load_register(INCLUDE / "plans" / "282-kh-ubnd-2023")
    codes = tuple(f"don-vi-{number:04}" for number in range(bodies))
    model = real.obliged[0]
    agencies = tuple(
        replace(model, code=code, name=f"Đơn vị {code[-4:]}", short_name=code, row_order=order, variants=())
        for order, code in enumerate(codes, start=1)
    )
    leaves = [i for i in real.indicators if i.row_kind is RowKind.INDICATOR and i.published_in == (1, 2, 3, 4)]
    indicators = tuple(
        replace(indicator, reporters=codes, row_order=order, parent_code=None)
        for order, indicator in enumerate(leaves[:INDICATORS], start=1)
    )
    tasks = tuple(replace(task, lead_agencies=codes) for task in real.tasks[:TASKS])
    return replace(real, code="bench", sha256="0" * 64, agencies=agencies, indicators=indicators, tasks=tasks)


def make_workbooks(register: Register, folder: Path) -> None:
    """Writes one filled workbook, and copies of it with each body's code and name in it, as ``<body>/bao-cao.xlsx``."""
    from openpyxl import load_workbook

    from tiendo.feedback.template import build_template

    period, first = register.calendar[0].period, register.agencies[0]
    workbook = load_workbook(io.BytesIO(build_template(register, period, first)))
    _fill(workbook[INDICATOR_TABLE.sheet], INDICATOR_TABLE, register, period)
    _fill(workbook[TASK_TABLE.sheet], TASK_TABLE, register, period)
    buffer = io.BytesIO()
    workbook.save(buffer)
    for agency in register.agencies:
        target = folder / agency.code / "bao-cao.xlsx"
        target.parent.mkdir(parents=True)
        target.write_bytes(_with_texts(buffer.getvalue(), {first.code: agency.code, first.name: agency.name}))


def _fill(sheet: "Worksheet", table: TemplateTable, register: Register, period: Period) -> None:
    """Fills each row of a table with plausible figures or words."""
    key = table.position(table.columns[0].field)
    for row in range(1, sheet.max_row + 1):
        code = str(sheet.cell(row, key).value)
        values: dict[str, Any] = {}
        if code in register.indicator_by_code:
            values = _figures(register.indicator_by_code[code], period)
        elif code in register.task_by_ref:
            values = {"state": "Đang thực hiện, đúng tiến độ", "completion": 25 * period.number - 1}
            values["result"] = "Đã triển khai theo kế hoạch."
        for field, value in values.items():
            sheet.cell(row, table.position(field)).value = value


def _figures(indicator: Indicator, period: Period) -> dict[str, Any]:
    target = indicator.low or indicator.high or Decimal(1)
    is_flow = indicator.nature is Nature.FLOW
    by_now = target * period.number / 4 if is_flow else target
    is_count = indicator.unit is not None and indicator.unit.family == "count"
    number = int if is_count else float
    values: dict[str, Any] = {"year_to_date": number(by_now), "kind": "Ước thực hiện", "data_on": period.first_day}
    if is_flow:
        values["quarter"] = number(by_now) - number(target * (period.number - 1) / 4)
    return values


def _with_texts(content: bytes, texts: dict[str, str]) -> bytes:
    """Returns the same workbook with texts replaced: another body's code and name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.endswith(".xml"):
                for old, new in texts.items():
                    for errors, encoding in (("strict", "utf-8"), ("xmlcharrefreplace", "ascii")):
                        data = data.replace(old.encode(encoding, errors), new.encode(encoding, errors))
            target.writestr(item, data)
    return buffer.getvalue()


def floor(folder: Path, home: Path) -> None:
    """Reads every workbook's sheets with calamine and copies as many rows of the same width as intake would."""
    import psycopg
    from python_calamine import CalamineWorkbook

    from tiendo.warehouse.embedded import server_url

    url = server_url(home / "postgres", "floor").set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        columns = ", ".join(f"c{number} text" for number in range(12))
        connection.execute(f"create table if not exists rows ({columns})")
        with connection.cursor().copy("copy rows from stdin") as copy:
            for path in sorted(folder.rglob("*.xlsx")):
                with CalamineWorkbook.from_path(str(path)) as workbook:
                    for name in workbook.sheet_names:
                        for row in workbook.get_sheet_by_name(name).to_python(skip_empty_area=False):
                            if re.match(r"[a-z]+-|[IV]+\.", str(row[0])) and len(row) > 3:
                                copy.write_row([str(value) for value in (*row, *[""] * 12)[:12]])


def ingest(folder: Path, home: Path) -> None:
    """Runs the pipeline's own batch path as ``tiendo ingest`` does."""
    from tiendo.process.workers import warm_up

    warm_up()
    from tiendo.process.ingest import ingest_paths
    from tiendo.status.service import initialise
    from tiendo.warehouse.engine import make_engine, warehouse_url

    register = synthetic_register(sum(1 for _ in folder.iterdir()))
    settings = Settings(home=home, plan_dirs=(INCLUDE,), database_url=None)

    def open_engine() -> "Engine":
        engine = make_engine(warehouse_url(settings))
        initialise(engine, register)
        return engine

    result = ingest_paths(settings, register, open_engine, [folder])
    print(f"  states: {result['states']}, periods: {result['periods']}")


def measure(side: str, folder: Path) -> tuple[float, float, float]:
    """Runs one side as a process of its own; returns wall seconds, processor seconds and peak MiB of one process.

    Processor time and memory are looked at ten times a second, in all processes below that one; the database's, which
    both sides need, are not among them.
    """
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, __file__, side, str(folder), home]
        environment = os.environ | {"TIENDO_CLOCK_FILE": str(folder.parent / "clock")}
        processor: dict[int, float] = {}
        peak = 0
        start = time.perf_counter()
        with subprocess.Popen(command, env=environment) as run:  # noqa: S603
            first = psutil.Process(run.pid)
            while run.poll() is None:
                for process in (first, *first.children(recursive=True)):
                    with suppress(psutil.Error):
                        used = process.cpu_times()
                        processor[process.pid] = used.user + used.system
                        peak = max(peak, process.memory_info().rss)
                with suppress(subprocess.TimeoutExpired):
                    run.wait(0.1)
            wall = time.perf_counter() - start
        if run.returncode:
            raise subprocess.CalledProcessError(run.returncode, command)
    return wall, sum(processor.values()), peak / 2**20


def main(number: int) -> None:
    """Prints the ratios."""
    walls: dict[tuple[str, int], float] = {}
    for size in (number // 10, number):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "inbox"
            make_workbooks(synthetic_register(size), folder)
            (folder.parent / "clock").write_text(datetime(2023, 12, 30, 12, tzinfo=HANOI).isoformat())
            for side in ("floor", "ingest", "floor", "ingest"):
                wall, processor, peak = measure(side, folder)
                walls[side, size] = min(wall, walls.get((side, size), wall))
                print(f"{side:7}{size:6} files {wall:8.2f} s wall {processor:8.2f} s cpu {peak:7.0f} MiB peak")
    print(f"ingest / floor at {number} files: {walls['ingest', number] / walls['floor', number]:.2f} (at most 4)")
    few, further = number // 10, number - number // 10
    marginal = {side: (walls[side, number] - walls[side, few]) / further for side in ("floor", "ingest")}
    print(f"the same per further file, start-up left out: {marginal['ingest'] / marginal['floor']:.2f}")
    growth = (walls["ingest", number] / number) / (walls["ingest", few] / few)
    print(f"cost per file at {number} against {few}: {growth:.2f} (at most 1)")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        {"floor": floor, "ingest": ingest}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
