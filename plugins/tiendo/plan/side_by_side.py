"""The plans in hand, loaded together, and what no two of them may share.

A body's files come into one inbox and from one address for all plans. So one code is one body: plans of different
authorities, which do not know of each other, share none; and an address is one body's in all of them.
"""

import csv
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.plan.register import RegisterError, load_once
from tiendo.plan.tables import Fault
from tiendo.settings import get_settings

_BODIES = "agencies.csv"


def get_plans() -> Plans:
    """Returns the plans in hand; as ``load_plans``."""
    return load_plans(get_settings().plan_dirs)


@cache
def load_plans(plan_dirs: tuple[Path, ...]) -> Plans:
    """Reads and checks plans that are to stand side by side, once per process.

    Raises:
        RegisterError: one of them must not be used (see ``load_register``), or two of them clash.
        UnknownPlanError: there is no such plan.
    """
    registers: list[Register] = []
    for plan_dir in plan_dirs:
        register = load_once(plan_dir)
        if faults := [fault for other in registers for fault in clashes(other, register)]:
            raise RegisterError(plan_dir, faults)
        registers.append(register)
    return Plans(tuple(registers))


def clashes(other: Register, register: Register) -> Iterator[Fault]:
    """Yields what a register shares with another plan's and must not, by the row of its own file."""
    if register.code == other.code:
        yield Fault("plan.yaml", 0, "code", f"{register.code} is the code of another plan in hand, too")
        return
    rows = _rows(register)
    if register.issued_by != other.issued_by:
        for code in filter(other.agency_by_code.get, register.agency_by_code):
            told = f"{code!r} is a body of {other.code} ({other.issued_by}), too: give this plan's a code of its own"
            yield Fault(_BODIES, rows[code], "code", told)
    mine, theirs = dict(_addresses(register)), dict(_addresses(other))
    for address, code in mine.items():
        for named in (address, address.rpartition("@")[2]):
            if (owner := theirs.get(named, code)) != code:
                told = f"{address!r} is an address of {owner} in {other.code}"
                yield Fault(_BODIES, rows[code], "mail_addresses", told)
                break
    for address, owner in theirs.items():
        if "@" in address and (code := mine.get(address.rpartition("@")[2], owner)) != owner:
            told = f"the domain of {code!r} has {address!r}, an address of {owner} in {other.code}"
            yield Fault(_BODIES, rows[code], "mail_domains", told)


def _addresses(register: Register) -> Iterator[tuple[str, str]]:
    """Yields every address and domain there ever was under a plan, with its body."""
    for version in (register, *(version for _, version in register.versions)):
        for agency in version.agencies:
            for address in (*agency.mail_addresses, *agency.mail_domains):
                yield address, agency.code


def _rows(register: Register) -> dict[str, int]:
    text = register.files[_BODIES].decode("utf-8-sig")
    return {row["code"]: number for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2)}
