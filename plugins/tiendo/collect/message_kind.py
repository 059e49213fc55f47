"""What kind of message came, from whom, and whether it is answered. Pure decisions over what was read."""

from typing import NamedTuple

from tiendo.collect.message import MailContent
from tiendo.model.plans import Bodies


class Sorted(NamedTuple):
    """The decision about a message.

    Attributes:
        kind: as in ``intake.mail_message``.
        agency: code of the body whose own address sent it, None when there is none.
        takes_parts: its attachments are landed.
    """

    kind: str
    reason: str
    agency: str | None
    is_answered: bool
    takes_parts: bool


def sort_message(content: MailContent, bodies: Bodies, own_address: str, own_ids: frozenset[str]) -> Sorted:
    """Decides.

    Args:
        own_address: of this mailbox; mail from it, or through it once before, is a loop.
        own_ids: which of the ids the message bears are of mail that we sent.
    """
    agency, reason = _body(content, bodies)
    if content.sender == own_address or own_address in content.loop_marks or content.message_id in own_ids:
        return Sorted("own", "sent by this mailbox", None, is_answered=False, takes_parts=False)
    if content.is_bounce:
        return Sorted(
            "bounce",
            content.bounce_reason or "report about undeliverable mail",
            None,
            is_answered=False,
            takes_parts=False,
        )
    if content.is_reply_of_machine:
        return Sorted("automatic", content.automatic, agency, is_answered=False, takes_parts=False)
    if agency is None:
        return Sorted("stranger", reason, None, is_answered=False, takes_parts=True)
    if content.automatic:
        return Sorted("automatic", content.automatic, agency, is_answered=False, takes_parts=True)
    if content.fault:
        kind = "too_large" if content.fault == "larger than is taken" else "unreadable"
        return Sorted(kind, content.fault, agency, is_answered=True, takes_parts=False)
    if not any(part.fate == "landed" for part in content.parts):
        return Sorted("no_attachment", "nothing attached", agency, is_answered=True, takes_parts=False)
    return Sorted("submission", "", agency, is_answered=True, takes_parts=True)


def _body(content: MailContent, bodies: Bodies) -> tuple[str | None, str]:
    """Returns the body whose own address sent a message, or why there is none."""
    if not content.sender:
        return None, "no sender, or more than one"
    agency = bodies.agency_of_address(content.sender)
    if agency is None:
        return None, f"{content.sender} is no body's address"
    if content.distrust:
        return None, f"not taken for {content.sender}'s: {content.distrust}. {content.authentication[:300]}".strip()
    return agency.code, ""
