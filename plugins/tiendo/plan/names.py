"""Finds the names of bodies in printed cells, by the names the register knows and by nothing else."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from tiendo.model.register import Agency
from tiendo.vietnamese.text import fold

_BETWEEN_NAMES = re.compile(r"^(?:[\s,;]|và\b)+|(?:[\s,;]|\bvà)+$")


class NamedAgency(NamedTuple):
    """A body found in a cell; ``name`` is the form of its name that was found, as the register spells that form."""

    code: str
    name: str


class Clash(NamedTuple):
    """A name that two agencies of a register claim."""

    code: str
    variant: str
    owner: str


class AgencyNames:
    """All names of all agencies, folded.

    Attributes:
        clashes: names that would mean two agencies; the first one keeps it.
    """

    def __init__(self, agencies: Iterable[Agency]) -> None:
        self._owner: dict[str, NamedAgency] = {}
        self.clashes: list[Clash] = []
        for agency in agencies:
            for variant in agency.variants:
                owner = self._owner.setdefault(fold(variant), NamedAgency(agency.code, variant))
                if owner.code != agency.code:
                    self.clashes.append(Clash(agency.code, variant, owner.code))
        longest_first = sorted(self._owner, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first)) or '$.'})(?!\w)")

    def read_names(self, text: str) -> tuple[tuple[NamedAgency, ...], str]:
        """Finds the agencies named in a printed cell. Names hold commas themselves, so nothing is split on commas.

        Returns:
            The bodies in the order of the cell, and what remains of the text when names and what separates them are
            taken away: a name that nobody has.
        """
        folded = fold(text)
        found = dict.fromkeys(self._owner[name] for name in self._pattern.findall(folded))
        between = (_BETWEEN_NAMES.sub("", part) for part in self._pattern.sub("\n", folded).split("\n"))
        return tuple(found), ", ".join(part for part in between if part)

    def nearest(self, text: str) -> list[str]:
        """Returns up to three names that are written most like a text that is no name, as the register spells them."""
        found = get_close_matches(fold(text), self._owner, n=3, cutoff=0.6)
        return list(dict.fromkeys(self._owner[name].name for name in found))

    def read_list(self, text: str) -> tuple[set[str], str]:
        """Returns the codes of the agencies named in a printed cell, and what remains; see ``read_names``."""
        named, rest = self.read_names(text)
        return {agency.code for agency in named}, rest
