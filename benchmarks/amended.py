"""Grading a period of a plan with amendments against one without, interleaved in one run."""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sqlalchemy import Engine

from fixtures.amended import amended, amendment
from tiendo.model.register import Register
from tiendo.plan.register import get_register
from tiendo.status.service import initialise, refresh
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import make_engine

AT_MOST, ROUNDS = 1.2, 15


def main() -> None:
    """Prints the ratio; each period of the amended plan follows a register of its own."""
    plain = get_register()
    targets = [each.code for each in plain.indicators if each.comparator == "ge" and each.low is not None][:12]
    with tempfile.TemporaryDirectory() as folder, temporary_server("one") as one, temporary_server("other") as other:
        rows = [
            amendment(f"2023-{month:02}-02", "indicator", code, "set", "tolerance", f"0.{month}{place:02}")
            for month in (3, 6, 9)
            for place, code in enumerate(targets, start=1)
        ]
        changed = amended(Path(folder), *rows)
        engines = {"without": (make_engine(one), plain), "with": (make_engine(other), changed)}
        for engine, register in engines.values():
            initialise(engine, register)
        best = dict.fromkeys(engines, float("inf"))
        for _ in range(ROUNDS):
            for name, (engine, register) in engines.items():
                best[name] = min(best[name], _seconds(engine, register))
        for engine, _ in engines.values():
            engine.dispose()
    ratio = best["with"] / best["without"]
    print(
        f"{len(rows)} amendments: a year graded in {best['with'] * 1000:.0f} ms, {best['without'] * 1000:.0f} ms "
        f"without: {ratio:.2f} times (at most {AT_MOST})"
    )
    sys.exit(ratio > AT_MOST)


def _seconds(engine: Engine, register: Register) -> float:
    began = time.perf_counter()
    for entry in register.calendar:
        refresh(engine, register, entry.period)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
