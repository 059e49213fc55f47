"""A run's partition key as a period of the plan."""

from tiendo.plan.model import Register
from tiendo.plan.period import Period


def read_period(register: Register, partition_key: str | None) -> Period:
    """Returns the period a run is for.

    Raises:
        ValueError: the run was started without a partition key, or with one that is no period of the plan.
    """
    known = {str(entry.period): entry.period for entry in register.calendar}
    if partition_key not in known:
        raise ValueError(
            f"The run's partition key must be a period of the plan ({', '.join(known)}), not {partition_key!r}."
        )
    return known[partition_key]
