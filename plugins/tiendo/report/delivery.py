"""What goes out when an edition is published: mail to the register's recipients, and each body's result sheet.

Mail goes once to each recipient of the register (Nơi nhận). A recipient without an address, or an installation without
mail, is no failure: the edition lies in its folder, and ``mart.edition_delivery`` lists whom somebody must still hand
it to. A result sheet goes once into its body's outbox, and again only for an edition in which it says something else.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Engine, RowMapping

from tiendo import clock
from tiendo.durable import write_files
from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import Outgoing, queue
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.edition import EDITION_LOCK
from tiendo.report.folders import EditionFolders
from tiendo.report.result_sheet import FOLDER, sheet_path
from tiendo.settings import Settings
from tiendo.templates import text_and_page
from tiendo.vietnamese.dates import format_instant
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

# What is attached, where the edition has it; all of it lies in the folder.
ATTACHED = {"bao-cao.docx": "Word", "bao-cao.pdf": "PDF"}
# The last line of Nơi nhận names the archive: nobody to write to.
_ARCHIVE = "Lưu:"


class EditionDelivery(NamedTuple):
    """The recipients that mail is queued for, those without an address, whether mail is set up, the sheets put out."""

    queued: tuple[str, ...]
    without_address: tuple[str, ...]
    is_connected: bool
    result_sheets: tuple[str, ...]


def deliver(
    engine: Engine, register: Register, settings: Settings, period: Period, edition: int, *, identity: Identity | None
) -> EditionDelivery:
    """Queues the mail of a published edition and records it, in one transaction; then puts out result sheets.

    Repeating it sends nothing twice.

    Args:
        identity: whom mail comes from; None where no mail is sent.

    Raises:
        NoResultFound: the edition is not published.
    """
    addresses: Mapping[str, str] = register.report["delivery"]
    recipients = [line for line in register.report["recipients"] if not line.startswith(_ARCHIVE)]
    key = {"plan_code": register.code, "period": str(period), "edition": edition}
    queued, without = [], []
    with loader(engine) as connection:
        row = connection.execute(statement("report/edition.sql"), key).mappings().one()
        for recipient in recipients:
            address = addresses.get(recipient, "")
            outcome = "no_address" if not address else "no_connection" if identity is None else "queued"
            if outcome == "no_address":
                without.append(recipient)
            elif identity is not None:
                queued.append(address)
                queue(connection, identity, _mail(register, settings, period, row, recipient, address))
            connection.execute(
                statement("report/put_delivery.sql"),
                key | {"recipient": recipient, "address": address, "outcome": outcome, "recorded_at": clock.now()},
            )
    sheets = put_out_result_sheets(engine, register, settings)
    return EditionDelivery(tuple(queued), tuple(without), identity is not None, sheets)


def put_out_result_sheets(engine: Engine, register: Register, settings: Settings) -> tuple[str, ...]:
    """Puts into the outboxes what bodies have not been given of the last edition of each period, and records it.

    A delivery that never was, since everything died, is so made up for by the next one. A crash between files and
    record writes the same files once more; what was recorded is not written again when a body has taken it away.

    Returns:
        The sheets put out, by path below the home.

    Raises:
        FileNotFoundError: a published edition lacks a sheet: its folder was damaged.
    """
    key = {"plan_code": register.code}
    with loader(engine) as connection:
        connection.exec_driver_sql(EDITION_LOCK)
        given: dict[tuple[str, str], str] = {}
        due: dict[str, RowMapping] = {}
        for row in connection.execute(statement("report/result_sheets.sql"), key).mappings():
            body = row["period"], row["agency_code"]
            if row["is_delivered"]:
                given[body] = row["content_sha256"]
            elif row["is_last"] and given.get(body) != row["content_sha256"]:
                name = f"{FOLDER}-lan-{row['edition']}_{register.code}.html"
                due[f"outbox/{row['agency_code']}/{row['period']}/{name}"] = row
        write_files(
            {
                settings.home / path: (
                    EditionFolders(settings, register.code, Period.parse(row["period"])).published(row["edition"])
                    / sheet_path(row["agency_code"])
                ).read_bytes()
                for path, row in due.items()
            }
        )
        for path, row in due.items():
            sheet = {name: row[name] for name in ("period", "edition", "agency_code")}
            connection.execute(
                statement("report/put_result_sheet.sql"), key | sheet | {"path": path, "recorded_at": clock.now()}
            )
    return tuple(due)


def _mail(  # noqa: PLR0917 - one mail of one edition
    register: Register, settings: Settings, period: Period, row: RowMapping, recipient: str, address: str
) -> Outgoing:
    edition = int(row["manifest"]["edition"])
    folder = EditionFolders(settings, register.code, period).published(edition)
    manifest = row["manifest"]
    there = {output["path"] for output in manifest["outputs"]}
    attached = [name for name in ATTACHED if name in there]
    number = f"lần ban hành thứ {edition}" + (", bổ sung" if manifest["is_supplement"] else "")
    subject = f"Báo cáo {period.vietnamese} thực hiện {register.short_title} ({number})"
    words = {
        "subject": subject,
        "recipient": recipient.rstrip(";. "),
        "sender": register.report["issuing_body"],
        "title": f"Báo cáo {period.vietnamese} về kết quả thực hiện {register.short_title}",
        "number": number,
        "edition": edition,
        "as_of": format_instant(row["as_of"]),
        "received": f"{manifest['counts']['submissions_received']}/{manifest['counts']['submissions_owed']}",
        "attached": ", ".join(ATTACHED[name] for name in attached),
        "folder": str(folder.relative_to(settings.home)),
        "sha256": row["manifest_sha256"],
    }
    text, html = (template.render(words) for template in text_and_page("edition_mail"))
    return Outgoing(
        kind="edition",
        about=f"{register.code} {period}/{edition}",
        to=address,
        subject=subject,
        text=text,
        html=html,
        attachments=tuple(str(folder.relative_to(settings.home) / name) for name in attached),
    )
