"""The commands that tell whether all is well: ``tiendo health``, and ``tiendo watch``, which looks."""

import time
from typing import Annotated, Any

import typer

from tiendo.cli.common import Json, open_warehouse, print_json
from tiendo.settings import get_settings

# A look takes seconds and is taken each minute.
_LOOK_IS_OLD = 300


def watch(
    every: Annotated[float, typer.Option(envvar="TIENDO_WATCH_SECONDS", help="Seconds between two looks.")] = 60,
) -> None:
    """Look for what is red or dead and tell operations, until ended: a service of `up` and of the compose file."""
    from tiendo.airflow_glue.watch import run_watch

    run_watch(every)


def health(as_json: Json = False) -> None:
    """Show what is not well, since when, and whether operations were told; exit 1 if anything is."""
    from sqlalchemy.exc import OperationalError

    from tiendo.airflow_glue.watch import looked_at_file
    from tiendo.mail.incident_words import what_is_wrong
    from tiendo.mail.incidents import incident_rows
    from tiendo.vietnamese.dates import format_instant

    incidents: list[dict[str, Any]] = []
    trouble = ""
    try:
        incidents = incident_rows(open_warehouse())
    except OperationalError as error:
        trouble = f"Không kết nối được cơ sở dữ liệu: {str(error.orig).strip().splitlines()[0]}"
    file = looked_at_file(get_settings())
    age = int(time.time() - file.stat().st_mtime) if file.exists() else None
    is_watched = age is not None and age <= _LOOK_IS_OLD
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
