"""Who we are to those we write to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """The mailbox's own name, and the bounds of what it sends.

    Attributes:
        mailbox: names the mailbox in the warehouse.
        address: the address our mail is from; ``name`` is shown with it.
        operations: whom to tell about what a person must look at, "" for nobody.
        answers_per_hour: at most so many to one address; what is more waits.
    """

    mailbox: str
    address: str
    name: str = ""
    operations: str = ""
    answers_per_hour: int = 20
