"""The ``tiendo`` command. Each command is a few lines over the library; heavy imports wait until one needs them."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tiendo.cli import backups, figures, files, health, operations
from tiendo.cli.common import Json, open_plans, open_warehouse, print_json
from tiendo.cli.editions import edition_app
from tiendo.cli.obligations import extension_app, obligation_app
from tiendo.cli.plans import plan_app
from tiendo.cli.reminders import reminders_app
from tiendo.cli.rules import rules_app
from tiendo.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(plan_app, name="plan")
app.add_typer(extension_app, name="extension")
app.add_typer(obligation_app, name="obligation")
app.add_typer(edition_app, name="edition")
app.add_typer(reminders_app, name="reminders")
app.add_typer(operations.quarantine_app, name="quarantine")
app.add_typer(rules_app, name="rules")


def _tell_release(is_asked: bool) -> None:
    if is_asked:
        from tiendo.warehouse.release import release

        for register in open_plans():
            typer.echo(release(register.code, register.sha256))
        raise typer.Exit


@app.callback(help=__doc__)
def _tiendo(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_release, is_eager=True, help="Tell what this installation is.")
    ] = False,
) -> None:
    pass


@app.command()
def run() -> None:
    """Replay the four quarters of 2023 through the real DAGs under a real scheduler, open 2024 beside it, and end."""
    from tiendo.local.demo import build_scenario
    from tiendo.local.next_year import prepare
    from tiendo.local.replay import run_replay

    settings, scenario = get_settings(), build_scenario(open_plans().first)
    year = prepare(scenario, settings.plan_dirs[0], settings.home / "plans")
    both = replace(settings, plan_dirs=(settings.plan_dirs[0], year.plan_dir))
    raise typer.Exit(run_replay(both, scenario, then=(year.closing, year.opening)))


@app.command()
def up() -> None:
    """Run all services in the foreground, with the Airflow UI on port 8080, watching the inbox."""
    from tiendo.local.services import run_up

    raise typer.Exit(run_up(get_settings()))


@app.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    options_metavar="ARGUMENTS...",
)
def airflow(context: typer.Context) -> None:
    """Run Airflow's own command line on the Airflow of `tiendo up`, or in a container on the container's."""
    from tiendo.local.airflow_command import NoAirflowError, run_airflow

    try:
        code = run_airflow(get_settings(), context.args)
    except NoAirflowError as error:
        sys.exit(str(error))
    raise typer.Exit(code)


@app.command()
def init(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done; change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Migrate the warehouse, store the register and make the inbox folders. Safe to repeat.

    With an administrator's address of database postgres in TIENDO_ADMIN_DATABASE_URL it first makes the roles and
    databases that TIENDO_DATABASE_URL and AIRFLOW__DATABASE__SQL_ALCHEMY_CONN name.
    """
    from tiendo.collect.folder import make_inboxes
    from tiendo.report.folders import adopt_folders

    if dry_run:
        lines = _planned()
        print_json(lines) if as_json else typer.echo("\n".join(lines) or "Nothing: the warehouse is up to date.")
        return
    if admin := os.environ.get("TIENDO_ADMIN_DATABASE_URL"):
        _prepare_server(admin)
    try:
        done = _planned()
        open_warehouse()
        make_inboxes(get_settings(), open_plans())
        adopt_folders(get_settings())
    except PermissionError as error:
        sys.exit(f"{error.filename} is closed to this account (uid {os.geteuid()}): give it the folder first.")
    for line in done:
        typer.echo(f"Done: {line}")


def _planned() -> list[str]:
    """Returns what init would do; starts the embedded server where there is one, and makes nothing."""
    from tiendo.backup.databases import standing_warehouse
    from tiendo.plan.kept import planned
    from tiendo.warehouse.engine import make_engine

    warehouse = standing_warehouse(get_settings())
    return planned(None if warehouse is None else make_engine(warehouse), open_plans())


def _prepare_server(admin: str) -> None:
    from tiendo.warehouse.engine import read_address
    from tiendo.warehouse.server import ServerError, prepare_server

    names = ("TIENDO_DATABASE_URL", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
    if missing := [name for name in names if not os.environ.get(name)]:
        raise ServerError(f"TIENDO_ADMIN_DATABASE_URL is set, so {' and '.join(missing)} must be set too.")
    warehouse, metadata = (read_address(name, os.environ[name]) for name in names)
    prepare_server(read_address("TIENDO_ADMIN_DATABASE_URL", admin), warehouse, metadata)


def docs(check: Annotated[bool, typer.Option("--check", help="Only tell whether they are fresh.")] = False) -> None:
    """Write the documents that are made from the system itself, or check them."""
    from tiendo.cli.documents import stale_documents, write_documents

    if not check:
        for path in write_documents():
            typer.echo(path)
    elif stale := stale_documents():
        typer.echo("Stale, run `make docs`: " + ", ".join(path.name for path in stale), err=True)
        raise typer.Exit(1)


for command in (
    files.check,
    files.ingest,
    files.template,
    figures.status,
    figures.card,
    figures.explain,
    figures.tracker,
    figures.ledger,
    health.health,
    health.watch,
    health.cleanup,
    docs,
    operations.requeue,
    operations.audit,
    backups.backup,
    backups.restore,
):
    app.command()(command)


def main() -> None:
    """Entry point of the ``tiendo`` script. What stops every command is said in words."""
    from sqlalchemy.exc import OperationalError

    from tiendo.backup.manifest import BackupError
    from tiendo.plan.kept import PastError
    from tiendo.plan.register import RegisterError
    from tiendo.warehouse.audit import NobodyError
    from tiendo.warehouse.embedded import LongPathError
    from tiendo.warehouse.engine import AddressError, RestoreUnfinishedError, why_unreachable
    from tiendo.warehouse.migrate import SchemaError
    from tiendo.warehouse.server import ServerError

    try:
        app()
    except (
        RegisterError,
        SchemaError,
        PastError,
        LongPathError,
        NobodyError,
        ServerError,
        AddressError,
        RestoreUnfinishedError,
        BackupError,
    ) as error:
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(why_unreachable(error))
    except PermissionError as error:
        home = get_settings().home
        if error.filename is None or not Path(error.filename).is_relative_to(home):
            raise
        account = f"this account (uid {os.geteuid()})"
        sys.exit(f"{error.filename} is closed to {account}: call it as the account that owns {home}.")


if __name__ == "__main__":
    main()
