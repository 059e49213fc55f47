"""What services are started with that have to share two cores with those of other tests."""

import sys
from pathlib import Path

# Looks for what is next are a tenth of a core where they are made as often as on an idle machine.
LEAN = {"AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1"}
# No LibreOffice is found: a PDF is a third of an edition's work; the replayed quarter has them.
WITHOUT_PDF = LEAN | {"PATH": str(Path(sys.executable).parent)}
