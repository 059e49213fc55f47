"""Where the relationships of a part lie and where they lead, by the names that parts have in their package."""

import posixpath


def relations_name(part: str) -> str:
    """Returns the name of the part that holds a part's relationships; "" is the package itself."""
    folder, _, base = part.rpartition("/")
    return f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"


def target_name(part: str, target: str) -> str:
    """Returns the name of the part that a target, written in a part's relationships, leads to."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")
