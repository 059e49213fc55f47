"""Editions by mail: once to each recipient with an address, and a record of the others."""

from dataclasses import replace
from email import message_from_bytes

import pytest
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from test_report_edition import (  # noqa: F401 - fixtures
    Q1,
    _without_pdf,
    draft_and_publish,
    migrated_template,
    now,
    quarter,
)

from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import compose
from tiendo.report.delivery import deliver
from tiendo.warehouse.engine import loader

pytestmark = [pytest.mark.usefixtures("quarter"), pytest.mark.slow]
IDENTITY = Identity("box", "tiendo@binhduong.gov.vn")
OFFICE = "Văn phòng UBND tỉnh;"


@pytest.fixture
def with_address(register):
    """The register with an address for one recipient."""
    return replace(register, report=register.report | {"delivery": {OFFICE: "vanphong@binhduong.gov.vn"}})


def rows(engine, table, columns):
    with loader(engine) as connection:
        return [tuple(row) for row in connection.execute(text(f"select {columns} from {table} order by 1, 2"))]


def test_mail_is_queued_once_with_the_report_attached(engine, with_address, settings):
    _, folder = draft_and_publish(engine, with_address, settings)
    for _ in range(2):
        done = deliver(engine, with_address, settings, Q1, 1, identity=IDENTITY)
    assert (done.queued, done.is_connected) == (("vanphong@binhduong.gov.vn",), True)
    assert "UBND tỉnh (để báo cáo);" in done.without_address
    assert not any(line.startswith("Lưu") for line in done.without_address), "the archive is nobody to write to"
    with loader(engine) as connection:
        (row,) = connection.execute(text("select * from intake.outgoing_mail")).all()
    message = message_from_bytes(compose(settings, IDENTITY, row))
    attached = {part.get_filename(): part for part in message.walk() if part.get_filename()}
    assert list(attached) == ["bao-cao.docx"], "no PDF was made"
    assert attached["bao-cao.docx"].get_payload(decode=True) == (folder / "bao-cao.docx").read_bytes()
    assert attached["bao-cao.docx"].get_content_type().endswith("wordprocessingml.document")
    for words in (
        "Kính gửi: Văn phòng UBND tỉnh\n",
        "quý I năm 2023",
        "2/30 đơn vị",
        "published/2023-Q1/1",
    ):
        assert words in row.text_body
    found = rows(engine, "mart.edition_delivery", "recipient, outcome, address")
    assert (OFFICE, "queued", "vanphong@binhduong.gov.vn") in found
    assert len(found) == len(done.without_address) + 1


def test_without_mail_that_is_said_and_made_up_for_later(engine, with_address, settings):
    draft_and_publish(engine, with_address, settings)
    done = deliver(engine, with_address, settings, Q1, 1, identity=None)
    assert (done.queued, done.is_connected) == ((), False)
    assert rows(engine, "intake.outgoing_mail", "kind, about") == []
    deliver(engine, with_address, settings, Q1, 1, identity=IDENTITY)
    found = rows(engine, "mart.edition_delivery", "recipient, outcome")
    assert [outcome for line, outcome in found if line == OFFICE] == ["no_connection", "queued"]
    assert len(rows(engine, "intake.outgoing_mail", "kind, about")) == 1


def test_a_draft_is_sent_to_nobody(engine, with_address, settings):
    with pytest.raises(NoResultFound):
        deliver(engine, with_address, settings, Q1, 1, identity=IDENTITY)
