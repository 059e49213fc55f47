"""The ledger as a document: every file and its fate, and what lies in the inboxes and was not taken."""

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tiendo.collect.folder import CLAIMED, claimed_files
from tiendo.collect.left_alone import HANGING, meanings
from tiendo.model.outcome import VERDICTS
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


def ledger_document(engine: Engine, inbox: Path | None = None) -> dict[str, Any]:
    """Returns the document of ``tiendo ledger --json``.

    Files that still wait are a state of their own, ``waiting``; those that were only to be checked are ``trial``. What
    lies in the inboxes and was not taken is no file received: it is listed apart, as the last scan saw it. While
    something was taken out of its folder and not entered, or cannot be read, the ledger does not add up.

    Args:
        inbox: this machine's, to be looked through for what a scan that died has claimed.
    """
    with loader(engine) as connection:
        files = [dict(row) for row in connection.execute(statement("intake/ledger.sql")).mappings()]
        left = [dict(row) for row in connection.execute(statement("intake/left_alone.sql")).mappings()]
    seen = {item["path"] for item in left}
    left += [item for item in (claimed_files(inbox) if inbox else []) if item["path"] not in seen]
    is_hanging = any(item["reason"] in HANGING or item["path"].startswith(f"{CLAIMED}/") for item in left)
    counts = Counter(file["state"] or "waiting" for file in files)
    states = {state: counts.get(state, 0) for state in VERDICTS}
    states |= {state: counts[state] for state in ("trial", "waiting") if counts[state]}
    return {
        "received": len(files),
        "states": states,
        "adds_up": sum(states.values()) == len(files) and not is_hanging,
        "files": files,
        "left_alone": [
            item | dict(zip(("meaning", "meaning_vi"), meanings(item["reason"]), strict=True)) for item in left
        ],
    }
