"""An answer to ``ApprovalOperator`` as the edition records it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from tiendo import clock


class Approval(NamedTuple):
    """Who approved which instant's figures, and when."""

    as_of: datetime
    approved_by: str
    approved_at: datetime


def read_approval(draft: Mapping[str, Any], response: Mapping[str, Any]) -> Approval:
    """Reads the draft that was shown and the response to it.

    The approver is the account that answered, with the name typed into the form before it where there is one. In a
    replay the instant of the answer lies in another year than all others; the draft's instant stands for it.
    """
    as_of = datetime.fromisoformat(draft["as_of"])
    account = response["responded_by_user"]["name"]
    typed = str((response.get("params_input") or {}).get("approver") or "").strip()
    approved_by = f"{typed} (tài khoản {account})" if typed else account
    if clock.is_replayed():
        return Approval(as_of, approved_by, as_of)
    responded_at = response["responded_at"]
    if isinstance(responded_at, str):
        responded_at = datetime.fromisoformat(responded_at)
    return Approval(as_of, approved_by, responded_at)
