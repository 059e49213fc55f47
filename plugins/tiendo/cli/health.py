"""Whether all is well: ``tiendo health``, ``tiendo watch``, which looks, and ``tiendo cleanup``, which keeps it so."""

from typing import Annotated, Any

import typer

from tiendo.cli.common import Json, print_json
from tiendo.settings import get_settings

_LONGEST_PAUSE = 120


def watch(
    every: Annotated[
        float,
        typer.Option(envvar="TIENDO_WATCH_SECONDS", min=1, max=_LONGEST_PAUSE, help="Seconds between two looks."),
    ] = 60,
) -> None:
    """Look for what is red or dead and tell operations, until ended: a service of `up` and of the compose file."""
    from tiendo.airflow_glue.watch import run_watch

    run_watch(every)


def cleanup(
    keep_days: Annotated[
        int, typer.Option(envvar="TIENDO_KEEP_DAYS", min=1, help="How long runs, events and logs of Airflow are kept.")
    ] = 180,
) -> None:
    """Remove old runs, events and logs of Airflow once a day, until ended: a service as `watch` is."""
    from datetime import timedelta

    from tiendo.airflow_glue.cleanup import run_cleanup

    run_cleanup(timedelta(days=keep_days))


def health(as_json: Json = False) -> None:
    """Show what is not well, since when, and whether operations were told; exit 1 if anything is."""
    from tiendo.airflow_glue.watch import LOOK_IS_OLD, seconds_since_look
    from tiendo.mail.incident_words import what_is_wrong
    from tiendo.vietnamese.dates import format_instant

    incidents, trouble = _incidents()
    age = seconds_since_look(get_settings())
    is_watched = age is not None and age <= LOOK_IS_OLD
    is_well = is_watched and not trouble and all(incident["well_since"] for incident in incidents)
    if as_json:
        document = {"is_well": is_well, "is_watched": is_watched, "seconds_since_look": age}
        print_json(document | {"database": trouble or None, "incidents": incidents})
    else:
        if trouble:
            typer.echo(trouble)
        for incident in incidents:
            told = "chưa báo"
            if incident["told_at"]:
                told = f"báo lúc {format_instant(incident['told_at'])}"
                told += ", thư đã gửi" if incident["sent_at"] else ", thư chưa gửi được"
            well = f"; hết lúc {format_instant(incident['well_since'])}" if incident["well_since"] else ""
            typer.echo(f"{what_is_wrong(incident['subject'])}: từ {format_instant(incident['since'])}{well}; {told}")
            typer.echo(f"  {incident['detail']}")
        if not is_watched:
            looked = f"lần xem cuối cách đây {age} giây" if age is not None else "chưa xem lần nào"
            typer.echo(f"Không có ai theo dõi: tiendo watch không chạy hoặc bị lỗi ({looked}).")
        elif not incidents and not trouble:
            typer.echo(f"Mọi thứ đều hoạt động; lần xem cuối cách đây {age} giây.")
    if not is_well:
        raise typer.Exit(1)


def _incidents() -> tuple[list[dict[str, Any]], str]:
    """Returns the open incidents, or why they cannot be read; neither migrates, as the other commands do, nor waits."""
    from psycopg.errors import InvalidParameterValue, UndefinedTable
    from sqlalchemy.exc import DBAPIError

    from tiendo.mail.incidents import incident_rows
    from tiendo.warehouse.engine import get_engine

    settings = get_settings()
    none = "Chưa có kho số liệu, hoặc kho của phiên bản cũ: chạy tiendo init."
    if settings.database_url is None and not settings.postgres.exists():
        return [], none
    try:
        return incident_rows(get_engine()), ""
    except DBAPIError as error:
        # A role that is not there is an invalid parameter.
        if isinstance(error.orig, UndefinedTable | InvalidParameterValue):
            return [], none
        return [], f"Không dùng được cơ sở dữ liệu: {str(error.orig).strip().splitlines()[0]}"
