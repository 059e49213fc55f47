"""``tiendo backup`` and ``tiendo restore``. Heavy imports wait until a command needs them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiendo.cli.common import Json, print_json
from tiendo.settings import get_settings

if TYPE_CHECKING:
    from tiendo.backup.manifest import Manifest

_MOST_TOLD = 10


def backup(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Where backups are kept; this one is a folder in it.")],
    as_json: Json = False,
) -> None:
    """Save everything as it is at one instant, while the services run. Exit 1 when files were lost before.

    Both databases, archive, editions, answers, drafts, what waits in the inboxes, the plan in force. Keep it as secret
    as the databases, and of production keep .env beside it.
    """
    from tiendo.backup.saving import save

    folder, manifest = save(get_settings(), place, _teller(as_json=as_json))
    if as_json:
        print_json(_document(folder, manifest))
    else:
        typer.echo(f"{folder}: {len(manifest.files):,} files, {manifest.size / 1e6:,.1f} MB, as of {manifest.as_of}")
    _tell_each("Lost before this backup", manifest.lost)
    raise typer.Exit(1 if manifest.lost else 0)


def restore(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="A backup, or a folder of them: the newest is taken.")],
    as_json: Json = False,
) -> None:
    """Bring a backup back into an empty home and empty databases. All of it is checked before anything is changed.

    What was cut off goes on when the command is repeated. With TIENDO_ADMIN_DATABASE_URL it makes roles and databases.
    """
    from tiendo.backup.restoring import restore as bring_back

    folder, manifest, to_do = bring_back(get_settings(), place, _teller(as_json=as_json))
    if as_json:
        print_json(_document(folder, manifest) | {"to_do": to_do})
        return
    typer.echo(f"{folder} is back in {get_settings().home}: {len(manifest.files):,} files, as of {manifest.as_of}")
    _tell_each("Was lost before the backup", manifest.lost)
    _tell_each("Was left out of the backup", manifest.left_out)
    for told in to_do:
        typer.echo(f"Still to do: {told}")
    typer.echo("Now: tiendo init (production: docker compose up --detach --wait), then tiendo ledger must add up.")


def _tell_each(when: str, sentences: list[str]) -> None:
    for told in sentences[:_MOST_TOLD]:
        typer.echo(f"{when}: {told}", err=True)
    if len(sentences) > _MOST_TOLD:
        typer.echo(f"{when}: {len(sentences)} in all; manifest.json of the backup lists them", err=True)


def _teller(*, as_json: bool) -> Callable[[str], None]:
    return lambda line: typer.echo(line, err=as_json)


def _document(folder: Path, manifest: "Manifest") -> dict[str, Any]:
    names = ("as_of", "made_at", "tiendo", "airflow", "schema", "registers", "plan", "lost", "left_out")
    told = {name: getattr(manifest, name) for name in names}
    return {"path": str(folder)} | told | {"files": len(manifest.files), "bytes": manifest.size}
