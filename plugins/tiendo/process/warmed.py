"""Imported, it leaves the process warm: a server that forks workers loads it beforehand (``multiprocessing``)."""

from tiendo.validation.suites import warm

warm()
