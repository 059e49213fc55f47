"""``tiendo extension`` and ``tiendo obligation``. Heavy imports wait until a command needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiendo.cli.common import By, Json, PlanOption, chosen_plan, open_warehouse, print_json, read_instant

if TYPE_CHECKING:
    from tiendo.model.period import Period
    from tiendo.model.register import Obligation, Register
    from tiendo.obligations.extensions import Letter

extension_app = typer.Typer(
    no_args_is_help=True,
    help="Extensions and exemptions granted by an official letter. Entries are never changed: the last one counts.",
)
obligation_app = typer.Typer(no_args_is_help=True, help="Documents owed once a year: implementation plans.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"must be a day such as 2023-03-20, not {text!r}") from error


Agency = Annotated[str, typer.Option(help="Code of the body.")]
PeriodText = Annotated[str, typer.Option("--period", help="For example 2023-Q1.")]
ObligationName = Annotated[str, typer.Option(help="quarterly-report, or implementation-plan.")]
Number = Annotated[str, typer.Option(help="Number of the official letter.")]
Dated = Annotated[Any, typer.Option(parser=_day, metavar="DAY", help="Date of the letter, 2023-03-10.")]
Note = Annotated[str, typer.Option(help="Anything to remember.")]


@extension_app.command("grant")
def grant_extension(  # noqa: PLR0917  options, none of them positional
    agency: Agency,
    until: Annotated[Any, typer.Option(parser=_day, metavar="DAY", help="New last day to submit, 2023-03-20.")],
    letter: Number,
    dated: Dated,
    period: PeriodText = "",
    obligation: ObligationName = "quarterly-report",
    note: Note = "",
    plan: PlanOption = "",
    by: By = "",
) -> None:
    """Give one body until the end of another day."""
    from tiendo.obligations.extensions import grant

    with _refusals(plan, period) as register:
        owed = owed_of(register, obligation, period)
        number = grant(
            open_warehouse(), register, agency, owed, until=until, letter=_letter(letter, dated, note), by=by
        )
    typer.echo(f"{number}: {agency}, {owed.period}: until {until:%d/%m/%Y}, 24:00")


@extension_app.command("exempt")
def exempt(  # noqa: PLR0917  options, none of them positional
    agency: Agency,
    letter: Number,
    dated: Dated,
    period: PeriodText = "",
    obligation: ObligationName = "quarterly-report",
    note: Note = "",
    plan: PlanOption = "",
    by: By = "",
) -> None:
    """Record that a body is exempt (được miễn)."""
    from tiendo.obligations.extensions import Kind

    _excuse(Kind.EXEMPT, agency, plan, owed=(obligation, period), letter=(letter, dated, note), by=by)


@extension_app.command("nothing-to-report")
def nothing_to_report(  # noqa: PLR0917  options, none of them positional
    agency: Agency,
    letter: Number,
    dated: Dated,
    period: PeriodText,
    note: Note = "",
    plan: PlanOption = "",
    by: By = "",
) -> None:
    """Record that a body has nothing to report (không phát sinh); only one that reports no indicator."""
    from tiendo.obligations.extensions import Kind

    owed = ("quarterly-report", period)
    _excuse(Kind.NOTHING_TO_REPORT, agency, plan, owed=owed, letter=(letter, dated, note), by=by)


@extension_app.command("revoke")
def revoke_extension(  # noqa: PLR0917  options, none of them positional
    agency: Agency,
    letter: Number,
    dated: Dated,
    period: PeriodText = "",
    obligation: ObligationName = "quarterly-report",
    note: Note = "",
    plan: PlanOption = "",
    by: By = "",
) -> None:
    """Record that what was entered last no longer holds."""
    from tiendo.obligations.extensions import revoke

    with _refusals(plan, period) as register:
        owed = owed_of(register, obligation, period)
        number = revoke(open_warehouse(), register, agency, owed, letter=_letter(letter, dated, note), by=by)
    typer.echo(f"{number}: {agency}, {owed.period}: the general due day holds again")


@extension_app.command("list")
def list_extensions(plan: PlanOption = "", as_json: Json = False) -> None:
    """Show every entry, who made it and when."""
    from tiendo.model.working_days import last_day_before
    from tiendo.obligations.extensions import extensions
    from tiendo.vietnamese.dates import format_date, format_instant

    register = chosen_plan(plan)
    rows = extensions(open_warehouse(), register)
    if as_json:
        print_json(rows)
        return
    names = {
        "extended": "Gia hạn",
        "exempt": "Được miễn",
        "nothing_to_report": "Không phát sinh",
        "revoked": "Thu hồi",
    }
    for row in rows:
        what = names[row["kind"]]
        if row["due_at"]:
            what += f" đến {format_date(last_day_before(row['due_at']))}"
        typer.echo(
            f"{row['extension_id']:4}  {row['agency_name']:48}{row['period']:9}{what:24}"
            f"{row['letter_no']} ngày {format_date(row['letter_on'])}; {row['recorded_by']} nhập lúc "
            f"{format_instant(row['recorded_at'])}{'' if row['is_in_force'] else ' (không còn hiệu lực)'}"
        )
    if not rows:
        typer.echo("Chưa có văn bản gia hạn hoặc miễn báo cáo nào.")


@obligation_app.command("receive")
def receive_command(  # noqa: PLR0917  options, none of them positional
    agency: Agency,
    file: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True, help="The document, any format.")],
    obligation: ObligationName = "implementation-plan",
    received_at: Annotated[str, typer.Option(help="When it came, ISO 8601; by default now.")] = "",
    reason: Annotated[str, typer.Option(help="Why it is entered by hand, or where it was received.")] = "",
    plan: PlanOption = "",
    by: By = "",
) -> None:
    """Archive a document and record that a body has sent it. Repeating it changes nothing."""
    from tiendo.obligations.documents import receive_document
    from tiendo.settings import get_settings
    from tiendo.vietnamese.dates import format_instant

    with _refusals(plan) as register:
        done = receive_document(
            get_settings(),
            register,
            open_warehouse(),
            agency,
            owed_of(register, obligation, None),
            name=file.name,
            content=file.read_bytes(),
            received_at=read_instant(received_at, "--received-at"),
            by=by,
            note=reason,
        )
    known = "" if done.is_new else " (đã được ghi nhận trước đó)"
    typer.echo(f"{done.receipt_no}: {agency}, nhận lúc {format_instant(done.received_at)}{known}")


def owed_of(register: "Register", obligation: str, period: "Period | str | None") -> "Obligation":
    """Returns what is owed by the names people use; what is owed once a year needs no period.

    Raises:
        BadParameter: there is no such obligation, or none for this period.
    """
    from tiendo.model.register import Duty
    from tiendo.obligations.extensions import ObligationError, find_obligation

    names = {duty.value.replace("_", "-"): duty for duty in Duty}
    duty = names.get(obligation)
    if duty is None:
        raise typer.BadParameter(f"must be one of {', '.join(names)}, not {obligation!r}", param_hint="--obligation")
    if not period and duty is Duty.QUARTERLY_REPORT:
        raise typer.BadParameter("is needed for a quarterly report, such as 2023-Q1", param_hint="--period")
    try:
        return find_obligation(register, duty, str(period or register.year))
    except ObligationError as error:
        raise typer.BadParameter(str(error), param_hint="--period") from error


def _excuse(  # noqa: PLR0917
    kind: Any, agency: str, plan: str, owed: tuple[str, str], letter: tuple[str, date, str], by: str
) -> None:
    from tiendo.obligations.extensions import excuse

    with _refusals(plan, owed[1]) as register:
        due = owed_of(register, *owed)
        number = excuse(open_warehouse(), register, agency, due, kind=kind, letter=_letter(*letter), by=by)
    typer.echo(f"{number}: {agency}, {due.period}: {kind.replace('_', ' ')}")


@contextmanager
def _refusals(plan: str, period: str = "") -> Iterator["Register"]:
    """Gives the plan that is meant; what cannot be right is told as wrong usage, exit 2."""
    from tiendo.obligations.extensions import ObligationError

    try:
        yield chosen_plan(plan, period)
    except ObligationError as error:
        raise typer.BadParameter(str(error)) from error


def _letter(number: str, dated: date, note: str) -> "Letter":
    from tiendo.obligations.extensions import Letter

    return Letter(number, dated, note)
