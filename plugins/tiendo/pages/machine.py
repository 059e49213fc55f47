"""The machine as the control room shows it: who watches, disk, scanner, mail, versions. No warehouse is asked."""

import shutil
import time
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from platform import python_version

from tiendo.airflow_glue.mail import is_mail_set_up
from tiendo.airflow_glue.warehouse import Parts
from tiendo.airflow_glue.watch import LOOK_IS_OLD, seconds_since_look
from tiendo.reading.files import scanner_trouble
from tiendo.vietnamese.number import format_number
from tiendo.warehouse.release import release

# What is asked of others is asked once in so many seconds, however many pages are open.
_ASKED_EVERY = 30
_SCANNER_SECONDS = 1.0
_LEAST_FREE = 0.1
_GIB = 1 << 30


@dataclass(frozen=True)
class Machine:
    """What the machine says of itself.

    Attributes:
        seconds_since_look: since ``tiendo watch`` last looked; None where it never has.
        has_scanner, scanner_trouble: whether files are scanned, and why the scanner does not answer; "" where it does.
        has_mail: whether both mail connections are there.
        free, size: of the disk of the home, in bytes.
        versions: of everything, a line each.
        collect_minutes: how often the inboxes are looked through; 0 for only when asked.
    """

    seconds_since_look: int | None
    has_scanner: bool
    scanner_trouble: str
    has_mail: bool
    free: int
    size: int
    versions: tuple[str, ...]
    collect_minutes: int

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks for what is red or dead."""
        return self.seconds_since_look is not None and self.seconds_since_look <= LOOK_IS_OLD

    @property
    def is_disk_full(self) -> bool:
        """Whether so little is free that somebody should act before it is full."""
        return self.free < _LEAST_FREE * self.size

    @property
    def disk_words(self) -> str:
        """What is free: ``12,3 GiB (9%)``."""
        from decimal import Decimal

        free = format_number(Decimal(self.free * 10 // _GIB) / 10)
        return f"{free} GiB ({100 * self.free // self.size}%)"


def look_at(parts: Parts) -> Machine:
    """Returns what the machine says of itself now."""
    settings, register, _ = parts
    disk = shutil.disk_usage(settings.home)
    half_minute = int(time.monotonic() // _ASKED_EVERY)
    return Machine(
        seconds_since_look=seconds_since_look(settings),
        has_scanner=bool(settings.clamav),
        scanner_trouble=_scanner_trouble(settings.clamav, half_minute) if settings.clamav else "",
        has_mail=_has_mail(half_minute),
        free=disk.free,
        size=disk.total,
        versions=_versions(register.code, register.sha256),
        collect_minutes=settings.collect_minutes,
    )


@lru_cache(maxsize=1)
def _scanner_trouble(address: str, half_minute: int) -> str:
    return scanner_trouble(address, _SCANNER_SECONDS)


@lru_cache(maxsize=1)
def _has_mail(half_minute: int) -> bool:
    return is_mail_set_up()


@cache
def _versions(plan_code: str, register_sha256: str) -> tuple[str, ...]:
    airflow = f"Airflow {version('apache-airflow-core')}, Python {python_version()}"
    return release(plan_code, register_sha256), airflow
