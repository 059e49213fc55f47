"""Whether mail is of the domain it says it is from: what our own server found (RFC 8601), and nothing a sender wrote.

The receiving server puts its header on top. So those of exactly its name count, down to the first of another's: below
that, whatever stands there may have come with the mail.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import authres  # type: ignore[import-untyped]

# Microsoft 365 writes no name before its results; then the topmost header alone can be its own.
NAMELESS = "-"
# More than any server writes. Whoever forges a header of our server's name can make reading it take for ever.
MOST_HEADERS, LONGEST_HEADER = 20, 4000
_FAIL_AT_ONCE = ("dmarc", "compauth")
# Which property of a passed check names the domain that it speaks for.
_DOMAINS = {
    ("spf", "smtp", "mailfrom"), ("dkim", "header", "d"), ("dkim", "header", "i"), ("dmarc", "header", "from"),
    ("auth", "smtp", "auth"),  # logged in to our own server, as colleagues on it do
}  # fmt: skip


@dataclass(frozen=True)
class MailTrust:
    """Whom a mailbox believes.

    Attributes:
        authserv_id: the name our own server gives its results, ``NAMELESS`` where it gives none.
        relaxed_domains: of the register's bodies, those whose mail no check need speak for; a failed one still counts.
        is_unchecked: the server checks nothing, and whoever set up the mailbox accepts that anybody can be anybody.
    """

    authserv_id: str = ""
    relaxed_domains: frozenset[str] = frozenset()
    is_unchecked: bool = False

    def check(self, domains: AbstractSet[str]) -> None:
        """Refuses a mailbox that would believe anybody without anyone having said so.

        Args:
            domains: those of the register's addresses.

        Raises:
            ValueError: it does not say whom it believes, or a relaxed domain is no body's.
        """
        if not self.authserv_id and not self.is_unchecked:
            raise ValueError(
                'The mailbox does not say whose Authentication-Results count ("authserv_id" in the extra of its '
                'connection). Where its server writes none, "unauthenticated": "accept" takes anybody for anybody.'
            )
        if foreign := sorted(self.relaxed_domains - domains):
            raise ValueError(f"relaxed_domains: no body of the register has an address of {', '.join(foreign)}.")


NOBODY = MailTrust()
"""What a mailbox believes that says nothing: nobody."""


def why_not_trusted(headers: Sequence[str], sender: str, trust: MailTrust) -> str:
    """Returns why a message is not taken for its sender's, in English; "" when it is.

    Args:
        headers: the values of ``Authentication-Results``, topmost first.
        sender: the address of ``From``.
    """
    if trust.is_unchecked:
        return ""
    domain = sender.rpartition("@")[2].lower()
    own = own_headers(headers, trust.authserv_id)
    if len(own) > MOST_HEADERS or any(len(header) > LONGEST_HEADER for header in own):
        return "our server's own finding is longer than any"
    try:
        results = [result for header in own for result in _parsed(header, trust)]
    except (authres.AuthResError, SyntaxError, RecursionError):
        return "our server's own finding cannot be read"
    if not results:
        return f"no finding of {trust.authserv_id}"
    if failed := [result.method for result in results if result.method in _FAIL_AT_ONCE and result.result == "fail"]:
        return f"{failed[0]} failed"
    if domain in trust.relaxed_domains:
        return ""
    if not any(_speaks_for(result, domain) for result in results):
        return f"neither SPF nor DKIM speaks for {domain}"
    return ""


def own_headers(headers: Sequence[str], authserv_id: str) -> list[str]:
    """Returns those that our own server wrote."""
    if authserv_id == NAMELESS:
        return list(headers[:1])
    own: list[str] = []
    for header in headers:
        name = header.split(";", 1)[0].split()
        if not name or name[0].lower() != authserv_id.lower():
            break
        own.append(header)
    return own


def _parsed(header: str, trust: MailTrust) -> list[Any]:
    prefix = f"{NAMELESS}; " if trust.authserv_id == NAMELESS else ""
    return list(authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {prefix}{header}").results)


def _domains(result: Any) -> list[str]:
    if result.result != "pass":
        return []
    return [
        str(found.value).rpartition("@")[2].lower()
        for found in result.properties
        if (result.method, found.type, found.name) in _DOMAINS
    ]


def _speaks_for(result: Any, domain: str) -> bool:
    """Whether a check speaks for the sender's domain: all that it names does, not one name beside another."""
    found = _domains(result)
    return bool(found) and all(_is_within(each, domain) for each in found)


def _is_within(found: str, domain: str) -> bool:
    """Whether a check of a domain speaks for the sender's: it is the same, or one below it."""
    return found == domain or found.endswith(f".{domain}")
