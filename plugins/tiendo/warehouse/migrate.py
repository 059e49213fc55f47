"""Brings a database to the present schema."""

import hashlib
from collections.abc import Sequence
from functools import partial, update_wrapper
from pathlib import Path
from types import ModuleType

from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import Script
from alembic.script.revision import RevisionMap
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, InvalidFunctionDefinition, InvalidTableDefinition
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ProgrammingError

from tiendo.model.code_labels import LABELS, code_labels
from tiendo.settings import INCLUDE
from tiendo.warehouse.engine import LOAD_LOCK
from tiendo.warehouse.sql import statement

_VERSION_TABLE = "tiendo_schema_version"
# What is kept in rows for mart: worked out by its functions, so defined after them; last, all of it is worked out anew.
_KEPT = ("kept/submission_tracker_of.sql", "kept/keep_verdicts.sql", "kept/keep_period.sql", "kept/keep_all.sql")


class SchemaError(RuntimeError):
    """The warehouse cannot be brought to this release's schema; the message says why. Nothing was changed."""


def migrate(engine: Engine) -> None:
    """Brings the schema up to date in one transaction: the tables, then ``mart``. Needs the rights of its owner.

    Raises:
        SchemaError: the warehouse is of another release, foreign, or restored without its roles; the login may not; or
            ``mart`` would change otherwise than by adding.
    """
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('tiendo.migrate'))")
            _check_takeable(connection)
            _wait_for_loads(connection)
            opts = {"version_table": _VERSION_TABLE, "fn": _missing_migrations}
            MigrationContext.configure(connection, opts=opts).run_migrations(connection=connection)
            _define_mart(connection)
            bound_sessions(connection)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise SchemaError(
            f"The login {engine.url.username} may not migrate the warehouse: {error.orig.diag.message_primary}. It "
            "must own the database and all that is in it."
        ) from error


def _wait_for_loads(connection: Connection) -> None:
    """Where anything is to be changed, waits until nothing is loaded, and keeps it so to the end.

    A load that is about to commit, and has read what is replaced here, would else wait for us, and we for it.
    """
    context = MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE})
    if not context.get_current_heads():
        return  # nothing is there yet
    if _missing_migrations(context.get_current_heads(), context) or not _is_mart_told(connection, _mart_comment()):
        connection.exec_driver_sql(LOAD_LOCK)
        connection.execute(statement("kept/lock_all.sql"))


def bound_sessions(connection: Connection) -> None:
    """Has the database's sessions begin in the province's time, with an end to what they do; a dump does not say so."""
    _run_file(connection, INCLUDE / "sql" / "operations/sessions.sql")


def planned(engine: Engine) -> list[str]:
    """Returns what ``migrate`` would do now, a line each; changes nothing.

    Raises:
        SchemaError: it would refuse; a ``mart`` that changes otherwise than by adding it finds itself alone.
    """
    with engine.connect() as connection:
        _check_takeable(connection)
        context = MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE})
        steps = _missing_migrations(context.get_current_heads(), context)
        lines = [f"migration {step.revision.revision}: {_title(Path(step.revision.path))}" for step in steps]
        if not _is_mart_told(connection, _mart_comment()):
            lines.append("schema mart: its views and functions are replaced or added to")
    return lines


def first_plan() -> list[str]:
    """Returns what is done where there is no warehouse yet, as ``planned`` does."""
    lines = [f"migration {script.revision}: {_title(Path(script.path))}" for script in _scripts()]
    return [*lines, "schema mart: its views and functions are made"]


def known_versions() -> list[str]:
    """Returns the revisions of the warehouse's schema that this release takes over, its own last."""
    return [script.revision for script in _scripts()]


def _title(path: Path) -> str:
    """Returns the first line of a migration, which says what it is for."""
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("--").strip().rstrip(".")


def _check_takeable(connection: Connection) -> None:
    """Refuses a database with something foreign in our place, and one that was loaded without our roles.

    Without them every command would fail at its first statement, and no migration, which has run, makes them anew.
    """
    found = connection.execute(statement("plan/standing.sql")).one()
    if not found.is_ours and found.schemas:
        raise SchemaError(
            f"The database has schema {', '.join(found.schemas)}, but not of Tiendo's making: take an empty database."
        )
    if found.is_ours and found.lacking:
        raise SchemaError(
            f"The warehouse lacks {', '.join(found.lacking)}: it was restored without its roles or rights. Restore it "
            "by `tiendo restore`, or load the dump anew after its roles (docs/runbooks/backup-and-restore.md)."
        )


def _scripts() -> list[Script]:
    scripts: list[Script] = []
    for path in sorted((INCLUDE / "sql" / "migrations").glob("*.sql")):
        module = ModuleType(path.stem)
        previous = scripts[-1].revision if scripts else None
        upgrade = update_wrapper(partial(_run_file, path=path), _run_file)  # Alembic logs its name
        vars(module).update(down_revision=previous, upgrade=upgrade)
        scripts.append(Script(module, path.name.partition("_")[0], path))
    return scripts


def _missing_migrations(heads: Sequence[str], _: MigrationContext) -> list[RevisionStep]:
    """Returns what Alembic has to do from where the warehouse stands: one step a file, in the order of their names."""
    scripts = _scripts()
    first, last = scripts[0].revision, scripts[-1].revision
    if not {script.revision for script in scripts}.issuperset(heads):
        raise SchemaError(
            f"The warehouse's schema is version {', '.join(heads)}; this release takes over {first} to {last}. "
            f"An older warehouse is first brought to {first} by the release that still had its migrations, a newer one "
            "needs the release that made it."
        )
    revisions = RevisionMap(lambda: scripts)
    missing = {revision.revision for revision in revisions.iterate_revisions("head", heads[0] if heads else "base")}
    return [RevisionStep(revisions, script, is_upgrade=True) for script in scripts if script.revision in missing]


def _define_mart(connection: Connection) -> None:
    """Replaces the views and functions of ``mart`` if their files changed, and works out anew what is kept for them.

    None is dropped, for consumers' own hang on them.

    The files' names begin with a layer: each may use what the layers below define. What they were when they were run
    is told by the comment on the schema, since replacing a view makes everyone wait who reads it.
    """
    told = _mart_comment()
    if _is_mart_told(connection, told):
        return
    for path in _mart_files():
        try:
            _run_file(connection, path)
        except ProgrammingError as error:
            if not isinstance(error.orig, InvalidTableDefinition | InvalidFunctionDefinition):
                raise
            raise SchemaError(
                f"{path.name}: {error.orig.diag.message_primary}. Consumers rely on mart as the warehouse has it: a "
                "view may get columns at its end, a function's stay, and what else is to change gets a new name."
            ) from error
    connection.exec_driver_sql("delete from core.code_label")
    labels = [(code_list, code, label) for code_list, codes in code_labels().items() for code, label in codes.items()]
    connection.execute(
        statement("kept/put_code_label.sql"),
        [
            {"code_list": code_list, "code": code, "row_order": place, "label_vi": vietnamese, "label_en": english}
            for place, (code_list, code, (vietnamese, english)) in enumerate(labels, start=1)
        ],
    )
    connection.exec_driver_sql(sql.SQL("comment on schema mart is {}").format(told).as_string())


def _mart_files() -> list[Path]:
    return [*sorted((INCLUDE / "sql" / "mart").glob("*.sql")), *(INCLUDE / "sql" / name for name in _KEPT)]


def _mart_comment() -> str:
    files = [*_mart_files(), LABELS]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    return f"What consumers may rely on; only ever added to. Made by include/sql/mart/ of SHA-256 {digest}"


def _is_mart_told(connection: Connection, comment: str) -> bool:
    found = "select obj_description(to_regnamespace('mart')::oid, 'pg_namespace')"
    return bool(connection.exec_driver_sql(found).scalar() == comment)


def _run_file(connection: Connection, path: Path) -> None:
    # Without parameters psycopg takes the script as it stands: several statements, percent signs and all.
    connection.execution_options(no_parameters=True).exec_driver_sql(path.read_text(encoding="utf-8"))
