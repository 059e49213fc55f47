"""The templates of ``include/templates``, read one way: what is missing is an error, and HTML and DOCX escape words."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from tiendo.settings import INCLUDE

TEMPLATES = INCLUDE / "templates"
_MINUS, _RANGE = re.compile(r"(?<![\w).,/])-(?=\d)"), re.compile(r"(?<=\d) - (?=\d)")
_HYPHEN, _BLANK = "\u2011", "\u00a0"  # which no line is broken at


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
    """Returns the same for templates inside a DOCX: XML, whose white space is text; a sign stays with its figure."""
    return environment().overlay(autoescape=True, trim_blocks=False, lstrip_blocks=False, finalize=_unbroken)


def _unbroken(value: Any) -> Any:
    """Keeps ``-13%`` and ``9 - 10`` in one line: a word processor breaks them at the hyphen and at the blanks."""
    if type(value) is not str:
        return value
    return _RANGE.sub(f"{_BLANK}-{_BLANK}", _MINUS.sub(_HYPHEN, value))


def template(name: str) -> Template:
    """Returns a template of ``include/templates``.

    Raises:
        jinja2.TemplateSyntaxError: a tag in it is broken.
    """
    return environment().get_template(name)


def text_and_page(name: str) -> tuple[Template, Template]:
    """Returns the two templates of a message: ``<name>.txt.j2`` and ``<name>.html.j2``."""
    return template(f"{name}.txt.j2"), template(f"{name}.html.j2")
