"""One turn of the pipeline without Airflow: what the DAGs do, one after the other in this process."""

from sqlalchemy import Engine

from tiendo.collect.folder import IncompleteScanError, collect
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.batch import process, waiting_batches
from tiendo.process.touched import ungraded_periods
from tiendo.settings import Settings
from tiendo.status.service import refresh


def run_once(settings: Settings, register: Register, engine: Engine) -> list[str]:
    """Collects the inbox, settles every waiting file, grades what changed, and returns the periods touched.

    What an earlier run left half done when it died is made up for.

    Raises:
        IncompleteScanError: some of the inbox could not be read; what could is settled and graded.
    """
    incomplete: IncompleteScanError | None = None
    try:
        collect(settings, register, engine)
    except IncompleteScanError as error:
        incomplete = error
    touched: set[str] = set()
    for batch in waiting_batches(engine):
        touched.update(process(settings, register, engine, batch).periods)
    for period in sorted(touched | ungraded_periods(engine, register)):
        if refresh(engine, register, Period.parse(period)):
            touched.add(period)
    if incomplete:
        raise incomplete
    return sorted(touched)
