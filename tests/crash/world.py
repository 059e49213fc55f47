"""One small world for the crash tests: files of every fate, a warehouse and folders to copy, and what came of them."""

import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, Engine

from fixtures.workbooks import filled_workbook, put, put_correction
from tiendo.clock import HANOI
from tiendo.feedback.template import build_template
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.engine import loader, make_engine

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
# Two days after the second quarter's due day: what came yesterday was late.
NOW = datetime(2023, 6, 16, 9, tzinfo=HANOI)
Q1, Q2 = Period(2023, 1), Period(2023, 2)
KHDT, CONG_THUONG, Y_TE = "so-ke-hoach-va-dau-tu", "so-cong-thuong", "so-y-te"
_numbers = count(1)
_TABLES = """
    select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
      string_agg(quote_ident(a.attname), ', ' order by a.attnum) filter (where a.attgenerated = '') as columns,
      max(a.attname) filter (where a.attidentity <> '') as identity
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname in ('intake', 'core') and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    group by 1 order by 1"""
_END_OTHERS = """
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()"""
_OBSERVATION = re.compile(rb'"observation_id": \d+')
_RECEIPT = re.compile(rb"TN-\d{6,}")


class Sent(NamedTuple):
    """One file in an inbox, and the fate it must have."""

    agency: str
    name: str
    at: datetime
    content: bytes
    state: str


def mixed_files(register: Register) -> list[Sent]:
    """Files of every fate: good, late, warned, rejected, the same again, corrected, of an old period, unreadable."""

    def report(agency: str, period: Period = Q2, **edit: Any) -> bytes:
        return filled_workbook(register, agency, period, partial(put, table=INDICATORS, **edit) if edit else None)

    def corrected(workbook: Any) -> None:
        put_correction(workbook, "thu-hut-fdi", period="Quý I/2023", quarter=440, year_to_date=440)

    good = report(Y_TE)
    return [
        Sent(KHDT, "quy-1.xlsx", _day(12), report(KHDT, Q1), "accepted"),
        Sent(KHDT, "quy-2.xlsx", _day(13), filled_workbook(register, KHDT, Q2, corrected), "accepted_with_warnings"),
        Sent(Y_TE, "bao cáo.xlsx", _day(14), good, "accepted"),
        Sent(Y_TE, "bao cáo (1).xlsx", _day(15), good, "duplicate"),
        Sent("so-xay-dung", "muon.xlsx", _day(15), report("so-xay-dung"), "accepted"),
        Sent(
            CONG_THUONG, "sai.xlsx", _day(13),
            report(CONG_THUONG, key="iip", field="year_to_date", value="mười"), "rejected",
        ),
        Sent(
            "so-noi-vu", "trong.xlsx", _day(14),
            build_template(register, Q2, register.agency_by_code["so-noi-vu"]), "rejected",
        ),
        Sent("so-tai-chinh", "nen.zip", _day(14), packed(report("so-tai-chinh")), "accepted"),
        Sent("so-tu-phap", "hong.xlsx", _day(13), b"PK\3\4 hong", "quarantined"),
        Sent("so-tu-phap", "quet.pdf", _day(14), b"%PDF-1.4 khong phai bang tinh", "quarantined"),
    ]  # fmt: skip


def packed(content: bytes) -> bytes:
    """Returns a zip that holds one workbook."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        container.writestr("thu.xlsx", content)
    return buffer.getvalue()


def _day(day: int) -> datetime:
    return datetime(2023, 6, day, 8, tzinfo=HANOI)


def drop(settings: Settings, files: list[Sent]) -> None:
    """Puts files into the inboxes, each changed when it says."""
    for file in files:
        path = settings.inbox / file.agency / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        os.utime(path, (file.at.timestamp(), file.at.timestamp()))


class World(NamedTuple):
    """A warehouse and a home folder of its own."""

    settings: Settings
    url: URL


class Mould:
    """A state of warehouse and folders from which worlds are cast, all alike, one at a time.

    Args:
        engine: of the warehouse; what stands there now is the state. It is emptied and filled anew for each world,
            which costs a tenth of copying the database.
        home: to copy.
    """

    def __init__(self, engine: Engine, home: Path, plan_dir: Path, folder: Path) -> None:
        self._engine, self._home, self._plan_dir, self._folder = engine, home, plan_dir, folder
        self._schema = f"mould_{next(_numbers)}"
        with engine.begin() as connection:
            tables = connection.exec_driver_sql(_TABLES).all()
            connection.exec_driver_sql(f"create schema {self._schema}")
            names = ", ".join(table.name for table in tables)
            statements = ["set local session_replication_role = replica", f"truncate {names}"]
            for number, table in enumerate(tables):
                saved = f"{self._schema}.t{number}"
                connection.exec_driver_sql(f"create table {saved} as table {table.name}")
                statements.append(
                    f"insert into {table.name} ({table.columns}) overriding system value "
                    f"select {table.columns} from {saved}"
                )
                if table.identity:
                    statements.append(
                        f"select setval(pg_get_serial_sequence('{table.name}', '{table.identity}'), "
                        f"coalesce(max({table.identity}), 1), count(*) > 0) from {saved}"
                    )
        self._statements = ";\n".join(statements)

    @contextmanager
    def cast(self) -> Iterator[World]:
        """Gives a fresh world and removes its folders afterwards."""
        home = self._folder / f"world_{next(_numbers)}"
        shutil.copytree(self._home, home)
        with self._engine.begin() as connection:
            # What a killed run was about may still be going on in the server.
            connection.exec_driver_sql(_END_OTHERS)
            connection.exec_driver_sql(self._statements)
        try:
            url = self._engine.url
            yield World(Settings(home, (self._plan_dir,), url.render_as_string(hide_password=False)), url)
        finally:
            shutil.rmtree(home)


# Everything there is about files, by the file's name and sender: numbers that the database gives out may have gaps.
_FILE = "f.sender || '/' || f.name"
_OWN_IDS = "array['file_id', 'claim_id', 'duplicate_of', 'submission_id', 'observation_id', 'task_progress_id', \
'finding_id', 'scan_id', 'indicator_status_id', 'content_sha256']"
_ROWS = {
    "files": f"""select {_FILE}, to_jsonb(f) - {_OWN_IDS}, (
            select {_FILE.replace("f.", "d.")} from intake.submission_file d where d.file_id = f.duplicate_of)
        from intake.submission_file f order by f.file_id""",
    "submissions": f"""select {_FILE}, to_jsonb(s) - {_OWN_IDS}
        from intake.submission s join intake.submission_file f using (file_id) order by 1""",
    "findings": f"""select {_FILE}, to_jsonb(n) - {_OWN_IDS}
        from intake.finding n join intake.submission_file f using (file_id) order by 1, n.finding_id""",
    "checks": f"""select {_FILE}, c.row_counts, exists (
            select from intake.validation_result r where (r.run, r.part, r.suite) = (c.run, c.part, 'submission')
              and r.result is not null)
        from intake.checked_file c join intake.submission_file f using (file_id) order by 1""",
    "broken rules": f"""select {_FILE}, b.suite, b.rule, b.fate, b.sheet, b.cell
        from intake.broken_rule b join intake.submission_file f using (file_id) order by 1, b.broken_rule_id""",
    "observations": f"""select {_FILE}, to_jsonb(o) - {_OWN_IDS}
        from core.observation o join intake.submission s using (submission_id)
        join intake.submission_file f using (file_id) order by 1, o.observation_id""",
    "tasks": f"""select {_FILE}, to_jsonb(t) - {_OWN_IDS}
        from core.task_progress t join intake.submission s using (submission_id)
        join intake.submission_file f using (file_id) order by 1, t.task_ref""",
    "statuses": f"""select to_jsonb(i) - {_OWN_IDS}, (
            select {_FILE} || ' ' || o.cell from core.observation o join intake.submission s using (submission_id)
            join intake.submission_file f using (file_id) where o.observation_id = i.observation_id)
        from core.indicator_status i order by i.period, i.indicator_code, i.indicator_status_id""",
    "left alone": "select to_jsonb(l) from intake.left_alone l order by channel, path",
}


def picture(world: World) -> dict[str, Any]:
    """Returns all that can be seen of a world: rows, and files of the folders with what is in them.

    Receipts are numbered anew in the order of the ledger.
    """
    engine = make_engine(world.url)
    try:
        with loader(engine) as connection:
            found: dict[str, Any] = {
                name: [[*row] for row in connection.exec_driver_sql(sql)] for name, sql in _ROWS.items()
            }
            numbers = connection.exec_driver_sql("select receipt_no from intake.submission_file order by file_id")
            places = {number.encode(): b"TN-#%d" % place for place, number in enumerate(numbers.scalars(), start=1)}
    finally:
        engine.dispose()
    home = world.settings.home
    for folder in (world.settings.inbox, world.settings.outbox, world.settings.archive):
        found[folder.name] = {
            _renumbered(str(path.relative_to(home)).encode(), places).decode(): _content(path, places)
            for path in sorted(folder.rglob("*"))
            # What a killed run had not archived whole yet is removed a day later.
            if path.is_file() and path.parent.name != ".unfinished"
        }
    text = _renumbered(json.dumps(found, default=str, sort_keys=True).encode(), places)
    return dict(json.loads(_OBSERVATION.sub(b'"observation_id": 0', text)))


def check_same(world: World, undisturbed: dict[str, Any], when: str) -> None:
    found = picture(world)
    for part, expected in undisturbed.items():
        assert found[part] == expected, f"{part}, {when}"


def _content(path: Path, places: dict[bytes, bytes]) -> str:
    content = path.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(content)) and "outbox" in path.parts:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"".join(name.encode() + parts.read(name) for name in parts.namelist())
    return hashlib.sha256(_renumbered(content, places)).hexdigest()


def _renumbered(text: bytes, places: dict[bytes, bytes]) -> bytes:
    return _RECEIPT.sub(lambda match: places.get(match[0], match[0]), text)
