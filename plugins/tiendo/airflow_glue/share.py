r"""Airflow's connection ``tiendo_share`` (type samba) as the library's settings.

Host, port, login, password; the schema is the share's name; the extra may give ``"path"``, the folder on the share that
holds ``inbox`` and ``outbox``, and ``"domain"``.
"""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiendo.collect.share import ShareSettings

CONNECTION_ID = "tiendo_share"
log = logging.getLogger(__name__)


def share_settings() -> "ShareSettings | None":
    """Returns the share of the connection, None when there is none.

    Raises:
        ValueError: the connection lacks what it needs; there is no guest access.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from tiendo.collect.share import ShareSettings

    try:
        connection = Connection.get(CONNECTION_ID)
    except AirflowNotFoundException:
        return None
    needed = {
        "a host": connection.host,
        "a share (the schema)": connection.schema,
        "a login": connection.login,
        "a password": connection.password,
    }
    if missing := [name for name, value in needed.items() if not value]:
        raise ValueError(f"The connection {CONNECTION_ID} lacks {', '.join(missing)}.")
    extra = connection.extra_dejson
    domain = str(extra.get("domain", ""))
    return ShareSettings(
        host=str(connection.host),
        share=str(connection.schema),
        login=f"{domain}\\{connection.login}" if domain else str(connection.login),
        password=str(connection.password),
        path=str(extra.get("path", "")),
        port=connection.port or 445,
    )


def deliver_answers() -> None:
    """Puts new answers onto the share, if there is one. What cannot be put there now, the next scan puts, or tells."""
    if (share := share_settings()) is None:
        return
    from tiendo.airflow_glue.warehouse import open_warehouse
    from tiendo.collect.share import ShareError, deliver, open_share

    try:
        with open_share(share) as opened:
            log.info("%d answers put onto the share.", deliver(*open_warehouse(), opened))
    except ShareError as error:
        log.warning("Left to the next scan: %s", error)
