"""How the templates of what we send are read: what is missing is an error, and HTML escapes what came from people."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from tiendo.settings import INCLUDE

TEMPLATES = INCLUDE / "templates"


@cache
def environment(folder: Path = TEMPLATES) -> Environment:
    """Returns the environment of a folder's templates."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html.j2"]),  # plain text is shown as it is, and nothing in it is a mark
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def text_and_page(name: str) -> tuple[Template, Template]:
    """Returns the two templates of a message: ``<name>.txt.j2`` and ``<name>.html.j2``."""
    return environment().get_template(f"{name}.txt.j2"), environment().get_template(f"{name}.html.j2")
