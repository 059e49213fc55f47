"""What rules on trial would have said of a period's files: the files they would hit, for operations only."""

from typing import NamedTuple

from sqlalchemy import Engine

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.again import check_again
from tiendo.reading.files import read_files
from tiendo.settings import Settings
from tiendo.validation.suites import SUBMISSION_SUITES, get_suite
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


class Hit(NamedTuple):
    """One file that a rule on trial would hit, and how often."""

    file_name: str
    agency: str
    finding_count: int
    first: str


def try_rules(settings: Settings, register: Register, engine: Engine, period: Period) -> dict[str, list[Hit]]:
    """Returns the files of a period that each rule on trial would hit, each judged as of the instant it came.

    Nothing is loaded and nobody is told.
    """
    rules = [rule.rule for name in SUBMISSION_SUITES for rule in get_suite(name).rules if rule.trial]
    hits: dict[str, list[Hit]] = {rule: [] for rule in rules}
    if not rules:
        return hits
    with loader(engine) as connection:
        parameters = {"plan_code": register.code, "period": str(period)}
        files = connection.execute(statement("intake/files_of_period.sql"), parameters).all()
    contents = read_files(settings, [file.sha256 for file in files])
    for file, outcome in zip(files, check_again(register, engine, files, contents), strict=True):
        for rule in rules:
            found = [finding for finding in outcome.trials if finding.rule == rule]
            if found:
                place = " ".join(part for part in (found[0].sheet, found[0].cell, found[0].found) if part)
                hits[rule].append(Hit(file.name, outcome.agency, len(found), place))
    return hits
