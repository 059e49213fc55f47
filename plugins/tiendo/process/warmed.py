"""Imported, it leaves the process warm for a batch: what forks workers or tasks imports it beforehand."""

import tiendo.process.batch  # noqa: F401  with all that a batch needs
from tiendo.validation.suites import warm

warm()
