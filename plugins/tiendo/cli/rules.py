"""``tiendo rules ...``: the rules that files are checked by."""

import typer

from tiendo.cli.common import Json, PeriodOption, PlanOption, chosen_plan, open_warehouse, print_json
from tiendo.settings import get_settings

rules_app = typer.Typer(no_args_is_help=True, help="The rules that files are checked by.")


@rules_app.callback()
def rules() -> None:
    """Keep ``trial`` a verb of its own."""


@rules_app.command("trial")
def trial(period: PeriodOption, plan: PlanOption = "", as_json: Json = False) -> None:
    """Tell which files of a period the rules on trial ("trial": true in the suite) would hit; tell no sender."""
    from tiendo.process.again import try_rules

    hits = try_rules(get_settings(), chosen_plan(plan, period), open_warehouse(), period)
    if as_json:
        print_json({rule: [hit._asdict() for hit in found] for rule, found in hits.items()})
        return
    for rule, found in hits.items():
        typer.echo(f"{rule}: {len(found)} files, {sum(hit.finding_count for hit in found)} findings")
        for hit in found:
            typer.echo(f"  {hit.agency:40} {hit.file_name}: {hit.finding_count} ({hit.first})")
    if not hits:
        typer.echo("No rule is on trial.")
