"""The commands of operations: ``tiendo requeue``, ``tiendo quarantine ...``, ``tiendo audit``."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import simplejson
import typer

from tiendo.cli.common import (
    By,
    Json,
    PlanOption,
    check_obliged,
    chosen_plan,
    known_period,
    open_plans,
    open_warehouse,
    parse_period,
    print_json,
)
from tiendo.settings import get_settings

if TYPE_CHECKING:
    from tiendo.model.period import Period
    from tiendo.model.register import Register
    from tiendo.process.requeue import Rereading

File = Annotated[str, typer.Argument(metavar="SHA256|RECEIPT", help="The file's hash, or a receipt such as TN-000012.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit.")]


quarantine_app = typer.Typer(no_args_is_help=True, help="Files held back: unsafe, unreadable or of no known sender.")


def requeue(
    file: Annotated[str, typer.Argument(metavar="[SHA256|RECEIPT]", help="The file's hash, or its receipt.")] = "",
    *,
    period: Annotated[
        Any,
        typer.Option("--period", parser=parse_period, metavar="PERIOD", help="Instead: look at all files of a period."),
    ] = None,
    rule: Annotated[str, typer.Option(help="With --period: what this rule alone would say otherwise.")] = "",
    agency: Annotated[str, typer.Option(help="The body, where several sent these bytes.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this only show what would differ.")] = False,
    plan: PlanOption = "",
    later: Annotated[bool, typer.Option("--later", help="Leave it to the next run of process_submissions.")] = False,
    reason: Reason = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Read a settled file once more by today's rules: show what would differ, and do it with --yes --reason.

    With --period nothing is ever done: it shows which files of the period would be judged otherwise.
    """
    from tiendo.process.requeue import NotPossibleError, enter, find_file, review, settle
    from tiendo.reading.files import ScannerError

    if bool(file) == bool(period) or (period and yes) or ((rule or plan) and not period):
        raise typer.BadParameter("name one file, or --period (with --rule, --plan) to look at all files of a period")
    if period:
        _requeue_period(chosen_plan(plan, period), period, rule, as_json=as_json)
        return
    if yes and not reason.strip():
        raise typer.BadParameter("an act needs a reason", param_hint="--reason")
    settings, plans, engine = get_settings(), open_plans(), open_warehouse()
    try:
        first = find_file(engine, file, agency)
        reviewed = review(settings, plans, engine, first)
    except NotPossibleError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    except ScannerError as error:
        raise _refusal(error) from error
    done: dict[str, Any] | None = None
    if yes and reviewed.is_different:
        entered = enter(engine, reviewed, act="requeue", reason=reason, by=by)
        waiting: dict[str, Any] = {"receipt": entered.receipt_no, "state": None, "answer": None, "periods": []}
        done = waiting if later else settle(settings, plans, engine, entered)
    if as_json:
        print_json(reviewed.as_json() | {"done": done})
        return
    _print_review(reviewed)
    if done:
        typer.echo(f"\nEntered as {done['receipt']}: {done['state'] or 'waits for process_submissions'}.")
    elif reviewed.is_different:
        typer.echo('\nNothing is done yet. To do it: --yes --reason "..."')
    else:
        typer.echo("\nToday's rules say the same: there is nothing to do.")


def _requeue_period(register: "Register", period: "Period", rule: str, *, as_json: bool) -> None:
    from tiendo.process.requeue import review_period
    from tiendo.reading.files import ScannerError
    from tiendo.validation.suites import SUBMISSION_SUITES, get_suite

    if rule and rule not in {each.rule for name in SUBMISSION_SUITES for each in get_suite(name).rules}:
        raise typer.BadParameter(f"there is no rule {rule!r}; docs/rules.md has them", param_hint="--rule")
    try:
        files, unread = review_period(get_settings(), register, open_warehouse(), known_period(register, period))
    except ScannerError as error:
        raise _refusal(error) from error
    different = [one for one in files if one.is_judged_otherwise(rule)]
    if as_json:
        document = {"period": str(period), "rule": rule or None, "files": len(files), "unread": unread}
        print_json(document | {"different": [one.as_json() for one in different]})
        return
    for one in different:
        _print_review(one, rule, is_brief=True)
        typer.echo("")
    of_rule = f" by {rule}" if rule else ""
    typer.echo(
        f"{len(files)} files of {period} read by today's rules; {len(different)} would be judged otherwise{of_rule}."
    )
    if unread:
        typer.echo(f"Not read now, for a reason of ours: {', '.join(unread)}.")
    if different:
        typer.echo('Nothing is done. To do one: tiendo requeue RECEIPT --yes --reason "..."')


@quarantine_app.command("list")
def quarantine_list(as_json: Json = False) -> None:
    """List the files held back, and why."""
    from tiendo.process.quarantine import held_files

    held = held_files(open_warehouse())
    if as_json:
        print_json(held)
        return
    for item in held:
        _print_held(item)
    typer.echo(f"{len(held)} files in quarantine.")


@quarantine_app.command("show")
def quarantine_show(file: File, as_json: Json = False) -> None:
    """Show one file held back: its findings, its readings, where its bytes lie."""
    from tiendo.process.quarantine import show
    from tiendo.process.requeue import NotPossibleError

    try:
        item = show(get_settings(), open_warehouse(), file)
    except NotPossibleError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    if as_json:
        print_json(item)
        return
    _print_held(item)
    typer.echo(f"  {item['sha256']}, {item['size']} bytes\n  {item['path']}\n  answer: {item['receipt']}")


@quarantine_app.command("release")
def quarantine_release(
    file: File,
    reason: Reason,
    agency: Annotated[str, typer.Option(help="The body whose file it is.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Let a file through as one of a body's. Exit 1 when it would only be held again: then nothing is done."""
    from tiendo.process.quarantine import release
    from tiendo.process.requeue import NotPossibleError
    from tiendo.reading.files import ScannerError

    plans = open_plans()
    if not reason.strip():
        raise typer.BadParameter("an act needs a reason", param_hint="--reason")
    check_obliged(plans, agency)
    try:
        reviewed, done = release(get_settings(), plans, open_warehouse(), file, agency=agency, reason=reason, by=by)
    except NotPossibleError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    except ScannerError as error:
        raise _refusal(error) from error
    if as_json:
        print_json(reviewed.as_json() | {"done": done})
    elif done:
        typer.echo(f"{reviewed.first.receipt_no} released as {done['receipt']}: {done['state']}.")
        typer.echo(f"Answer: {done['answer']}")
    else:
        typer.echo(f"{reviewed.first.receipt_no} would be held again; nothing is done.")
        _print_findings("", reviewed.after.findings)
    raise typer.Exit(0 if done else 1)


def audit(as_json: Json = False) -> None:
    """Show who did what by hand, when and why."""
    from tiendo.cli.printing import printable
    from tiendo.vietnamese.dates import format_instant
    from tiendo.warehouse.audit import audit_rows

    rows = audit_rows(open_warehouse())
    if as_json:
        print_json(rows)
        return
    for row in rows:
        try:
            what = _AUDITED[row["act"]].format(**row["details"])
        except KeyError:  # noted by a release that kept other details, or acts
            what = f" {simplejson.dumps(row['details'], use_decimal=True, ensure_ascii=False)}"
        typer.echo(
            f"{format_instant(row['done_at'])}  {printable(row['done_by'])}  {_plan_of(row)}{row['act']} "
            f"{row['subject']}{what}. {printable(row['reason'])}"
        )
    typer.echo(f"{len(rows)} acts.")


# What the audit tells of each act, beside who, when and why.
_AUDITED = {
    **dict.fromkeys(("requeue", "release"), " as {receipt}: {state_before} -> {state_after}"),
    **dict.fromkeys(("approve", "reject"), " of {plan}, figures {data_sha256:.16} as of {as_of}"),
    "return": " to {agency} for {period}, notice {notice}",
}


def _plan_of(row: Mapping[str, Any]) -> str:
    """Returns of which plan a line is, where there are several."""
    return f"{row['plan'] or '-'}  " if len(open_plans()) > 1 else ""


def _refusal(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


def _print_review(reviewed: "Rereading", rule: str = "", *, is_brief: bool = False) -> None:
    """Prints what would differ; in brief without what is only worded otherwise, of one rule its findings alone."""
    from tiendo.cli.printing import printable
    from tiendo.vietnamese.dates import format_instant

    first = reviewed.first
    typer.echo(f"{first.receipt_no} {printable(first.name)}, received {format_instant(first.received_at)}")
    typer.echo(f"{reviewed.outcome.agency or '-'}  {reviewed.outcome.period or '-'}")
    typer.echo(f"verdict: {reviewed.before.state} -> {reviewed.after.state}")
    removed = reviewed.rules_removed if is_brief else reviewed.findings_removed
    added = reviewed.rules_added if is_brief else reviewed.findings_added
    _print_findings("no longer: ", (finding for finding in removed if rule in ("", finding["rule"])))
    _print_findings("new: ", (finding for finding in added if rule in ("", finding["rule"])))
    for change in reviewed.values:
        typer.echo(
            f"{change['indicator']} {change['period']} {change['basis']}: "
            f"{_figure(change['old'])} -> {_figure(change['new'])}"
        )
    for change in reviewed.tasks:
        typer.echo(f"{change['task']} {change['period']}: {_task(change['old'])} -> {_task(change['new'])}")
    if reviewed.keeps_old_figures:
        typer.echo("The figures loaded from the reading before stay: nothing that was learnt is taken back.")


def _print_findings(prefix: str, findings: Iterable[Mapping[str, Any]]) -> None:
    from tiendo.cli.printing import printable

    for finding in findings:
        place = " ".join(filter(None, (finding["sheet"], finding["cell"])))
        typer.echo(f"{prefix}[{finding['rule']}] {printable(place)} {printable(finding['message'])}")


def _print_held(item: Mapping[str, Any]) -> None:
    from tiendo.cli.printing import printable
    from tiendo.vietnamese.dates import format_instant

    typer.echo(
        f"{item['receipt_no']}  {format_instant(item['received_at'])}  {item['channel']}:{printable(item['sender'])}  "
        f"{item['agency'] or '-'}  {_plan_of(item)}{printable(item['name'])}"
    )
    for rule, message in zip(item["rules"], item["messages"], strict=True):
        typer.echo(f"  [{rule}] {printable(message)}")
    if item["reading_failure"]:
        typer.echo(f"  not read: {printable(item['reading_failure'])}")


def _figure(side: Mapping[str, Any] | None) -> str:
    from tiendo.vietnamese.number import format_number

    if side is None:
        return "none"
    return f"{side['answer'] if side['value'] is None else format_number(side['value'])} ({side['kind']})"


def _task(side: Mapping[str, Any] | None) -> str:
    return "none" if side is None else f"{side['state']} {side['completion_pct'] or ''}".strip()
