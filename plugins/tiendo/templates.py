"""The templates of ``include/templates``, read one way: what is missing is an error, and HTML and DOCX escape words."""

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
        autoescape=select_autoescape(["html", "html.j2"]),  # plain text is shown as it is, and nothing in it is a mark
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def word_environment() -> Environment:
    """Returns the same for templates inside a DOCX: XML, whose white space is text."""
    return environment().overlay(autoescape=True, trim_blocks=False, lstrip_blocks=False)


def template(name: str) -> Template:
    """Returns a template of ``include/templates``.

    Raises:
        jinja2.TemplateSyntaxError: a tag in it is broken.
    """
    return environment().get_template(name)


def text_and_page(name: str) -> tuple[Template, Template]:
    """Returns the two templates of a message: ``<name>.txt.j2`` and ``<name>.html.j2``."""
    return template(f"{name}.txt.j2"), template(f"{name}.html.j2")
