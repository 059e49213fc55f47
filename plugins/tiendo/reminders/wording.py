"""The templates of reminders. One that uses what it is not given is refused before anything is written or queued."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import UndefinedError, meta, nodes

from tiendo.templates import TEMPLATES, environment


class WordingError(ValueError):
    """A template cannot be filled in; the message names file, line and reason."""


def fill_in(name: str, values: Mapping[str, Any], folder: Path = TEMPLATES) -> str:
    """Returns a template's text, what came from people escaped where the template is HTML.

    Raises:
        WordingError: it uses a variable that is not given, be it in a branch that is not reached.
        jinja2.TemplateSyntaxError: a tag in it is broken; the message names the line.
    """
    jinja = environment(folder)
    source = (folder / name).read_text(encoding="utf-8")
    tree = jinja.parse(source, name, str(folder / name))
    unknown = meta.find_undeclared_variables(tree) - values.keys()
    for node in tree.find_all(nodes.Name):
        if node.name in unknown:
            given = ", ".join(sorted(values))
            raise WordingError(f"{name}, line {node.lineno}: {node.name!r} is not given; given are {given}")
    try:
        return jinja.get_template(name).render(values)
    except UndefinedError as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(folder / name)), 0)
        raise WordingError(f"{name}, line {line}: {error.message}") from error
