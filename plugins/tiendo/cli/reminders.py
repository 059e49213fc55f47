"""``tiendo reminders``. Heavy imports wait until a command needs them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiendo.cli.common import Json, PlanOption, chosen_plan, open_warehouse, print_json

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tiendo.model.register import Register

reminders_app = typer.Typer(
    no_args_is_help=True, help="Reminders: which are due to whom, and those given. The DAG send_reminders gives them."
)
PeriodText = Annotated[
    str, typer.Option("--period", help="2023-Q1; 2023 for implementation plans, and reports of a year; by default all.")
]


@reminders_app.command("due")
def due_command(period: PeriodText = "", plan: PlanOption = "", as_json: Json = False) -> None:
    """Show what the next run would tell now, and to whom. Tells nobody."""
    from tiendo import clock
    from tiendo.reminders.occasion import occasion_name
    from tiendo.reminders.reminding import due_now

    register, engine = _open(plan, period)
    rows = [
        {
            "agency": reminder.agency.code,
            "agency_name": reminder.agency.name,
            "obligation": reminder.owed.duty,
            "period": reminder.owed.period,
            "occasion": reminder.occasion.code,
            "occasion_at": reminder.occasion.at,
            "due_at": reminder.due_at,
            "state": reminder.row["state"],
        }
        for reminder in due_now(engine, register, clock.now())
        if period in ("", reminder.owed.period)
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['agency_name']:48}{row['period']:9}{occasion_name(row['occasion']):24}{_until(row)}")
    if not rows:
        typer.echo("Lúc này không có đơn vị nào cần nhắc.")


@reminders_app.command("list")
def list_command(period: PeriodText = "", plan: PlanOption = "", as_json: Json = False) -> None:
    """Show every reminder given, and what became of its mail."""
    from tiendo.reminders.occasion import DELIVERIES, occasion_name
    from tiendo.reminders.reminding import reminder_rows
    from tiendo.vietnamese.dates import format_instant

    register, engine = _open(plan, period)
    rows = reminder_rows(engine, register, period or None)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        delivery = DELIVERIES[row["delivery"]]
        to = f" ({row['to_address']})" if row["to_address"] else ""
        reason = f": {row['last_error']}" if row["delivery"] == "undeliverable" and row["last_error"] else ""
        typer.echo(
            f"{format_instant(row['recorded_at']):24}{row['agency_name']:48}{row['period']:9}"
            f"{occasion_name(row['occasion']):24}{delivery}{to}{reason}"
        )
    if not rows:
        typer.echo("Chưa nhắc đơn vị nào.")


def _open(plan: str, period: str) -> "tuple[Register, Engine]":
    register = chosen_plan(plan, period)
    known = [owed.period for owed in register.obligations]
    if period and period not in known:
        raise typer.BadParameter(
            f"nothing is owed for {period!r}; the plan has {', '.join(known)}", param_hint="--period"
        )
    return register, open_warehouse()


def _until(row: dict[str, Any]) -> str:
    from tiendo.model.working_days import last_day_before
    from tiendo.vietnamese.dates import format_date

    return f"ngày cuối cùng {format_date(last_day_before(row['due_at']))}"
