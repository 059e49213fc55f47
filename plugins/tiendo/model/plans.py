"""The plans of an installation, side by side: the year that closes and the next one, a province and its districts.

Figures, grades, duties and editions are of one plan each. Bodies write to one place for all: who has an inbox, and
whose an address is, is asked of the plans together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import Agency, Register


class NotInHandError(LookupError):
    """A plan of the warehouse is not among those the installation works with."""


class PlanPeriod(NamedTuple):
    """A period of a plan. Its key, ``282-kh-ubnd-2023:2023-Q1``, names it in Airflow."""

    plan_code: str
    period: str

    @property
    def key(self) -> str:
        """Returns the partition key; its letters may stand in the id of a run."""
        return f"{self.plan_code}:{self.period}"


def meant_by(key: str, known: Iterable[str]) -> list[str]:
    """Returns which of the known keys somebody means who names one, or a bare period."""
    return [each for each in known if key in (each, each.rpartition(":")[2])]


@dataclass(frozen=True)
class Plans:
    """The registers of the plans in hand, in the order in which the installation names them; there is one at least."""

    plans: tuple[Register, ...]

    def __iter__(self) -> Iterator[Register]:
        return iter(self.plans)

    def __len__(self) -> int:
        return len(self.plans)

    @cached_property
    def by_code(self) -> dict[str, Register]:
        """The registers by the code of their plan."""
        return by_code(self)

    def of_code(self, code: str) -> Register:
        """Returns a plan in hand.

        Raises:
            NotInHandError: it is none.
        """
        if code not in self.by_code:
            raise NotInHandError(
                f"The plan {code!r} is not in hand (TIENDO_PLAN); there are {', '.join(self.by_code)}."
            )
        return self.by_code[code]

    @property
    def first(self) -> Register:
        """The plan that the installation names first."""
        return self.plans[0]

    def current(self, now: datetime) -> Register:
        """Returns the plan that is meant where nothing tells another: the first with a period not closed, or the last.

        A year that is over may so stay in hand for ever, and its editions be looked at and rebuilt.
        """
        return next((each for each in self.plans if not each.is_over(now)), self.plans[-1])

    def with_period(self, period: Period) -> tuple[Register, ...]:
        """Returns the plans whose calendar has a period."""
        return tuple(register for register in self.plans if period in register.calendar_by_period)

    @cached_property
    def agency_by_code(self) -> dict[str, Agency]:
        """Every body of any plan, as the first that has it names it."""
        return {agency.code: agency for register in reversed(self.plans) for agency in register.agencies}

    @cached_property
    def agencies(self) -> tuple[Agency, ...]:
        """Every body once, in the order of the plans."""
        return tuple({agency.code: agency for register in self.plans for agency in register.agencies}.values())

    @cached_property
    def obliged(self) -> tuple[Agency, ...]:
        """Every body that owes a report under any plan."""
        return tuple({agency.code: agency for register in self.plans for agency in register.obliged}.values())

    def in_force_on(self, day: date) -> "Plans":
        """Returns the registers in force on a day."""
        return Plans(tuple(register.in_force_on(day) for register in self.plans))

    def agency_of_address(self, address: str) -> Agency | None:
        """Returns the body whose own a mail address is; no two plans give one to different bodies."""
        return next((found for register in self.plans if (found := register.agency_of_address(address))), None)


Bodies = Register | Plans
"""What says who may write: one plan, or several side by side. ``plans`` gives the registers of either."""


def by_code(bodies: Bodies) -> dict[str, Register]:
    """Returns the registers of one plan or several by the code of their plan."""
    return {register.code: register for register in bodies.plans}
