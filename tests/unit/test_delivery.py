"""Editions by mail: once to each recipient with an address, and a record of the others. Result sheets in outboxes."""

from dataclasses import replace
from email import message_from_bytes

import pytest
from report_warehouse import figure, send, task
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from test_report_edition import (  # noqa: F401 - fixtures
    KHDT,
    Q1,
    Q2,
    _without_pdf,
    at,
    draft_and_publish,
    migrated_template,
    now,
    quarter,
)

from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import compose
from tiendo.report import delivery
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
        "published/282-kh-ubnd-2023/2023-Q1/1",
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


# Result sheets -------------------------------------------------------------------------------------------------------


def sheets(settings):
    """Every sheet in an outbox, by path below it, with its bytes."""
    return {
        path.relative_to(settings.outbox).as_posix(): path.read_bytes()
        for path in settings.outbox.rglob("phieu-ket-qua*.html")
    }


def test_each_body_finds_its_own_result_sheet_in_its_outbox_once(engine, register, settings):
    _, folder = draft_and_publish(engine, register, settings)
    done = deliver(engine, register, settings, Q1, 1, identity=None)
    assert len(done.result_sheets) == len(register.obliged) == 30
    found = sheets(settings)
    assert found.keys() == {
        f"{body.code}/2023-Q1/phieu-ket-qua-lan-1_282-kh-ubnd-2023.html" for body in register.obliged
    }
    own = found[f"{KHDT}/2023-Q1/phieu-ket-qua-lan-1_282-kh-ubnd-2023.html"]
    assert own == (folder / "phieu-ket-qua" / f"{KHDT}.html").read_bytes()
    assert "Thu hút vốn đầu tư trực tiếp nước ngoài" in own.decode()
    assert "Tổng thu ngân sách nhà nước" not in own.decode()
    # What a body takes away it has; repeating gives it nothing twice.
    (settings.outbox / KHDT / "2023-Q1" / "phieu-ket-qua-lan-1_282-kh-ubnd-2023.html").unlink()
    assert deliver(engine, register, settings, Q1, 1, identity=None).result_sheets == ()
    assert len(sheets(settings)) == 29


def test_a_later_edition_brings_a_sheet_only_to_whom_it_says_something_else(engine, register, settings, now):  # noqa: F811 - pytest's way
    draft_and_publish(engine, register, settings)
    deliver(engine, register, settings, Q1, 1, identity=None)
    before = sheets(settings)
    send(engine, register, KHDT, Q1, at(3, 14, 17), [figure("thu-hut-fdi", "450")], [task("II.1.d", "done")])
    now(at(3, 14, 18))
    draft_and_publish(engine, register, settings, approved_at=at(3, 14, 19))
    done = deliver(engine, register, settings, Q1, 2, identity=None)
    path = f"{KHDT}/2023-Q1/phieu-ket-qua-lan-2_282-kh-ubnd-2023.html"
    assert path in {given.removeprefix("outbox/") for given in done.result_sheets}
    assert len(done.result_sheets) < 5, "the others' sheets say the same as before"
    after = sheets(settings)
    assert {name: after[name] for name in before} == before
    assert "Lần ban hành thứ 2" in after[path].decode()


def test_a_delivery_that_never_was_is_made_up_for_by_the_next(engine, register, settings, now):  # noqa: F811 - pytest's way
    draft_and_publish(engine, register, settings)
    send(engine, register, KHDT, Q1, at(3, 14, 17), [figure("thu-hut-fdi", "450")])
    now(at(3, 14, 18))
    draft_and_publish(engine, register, settings, approved_at=at(3, 14, 19))
    # Nobody has delivered the first edition; the second one's sheet has all that is known.
    assert len(deliver(engine, register, settings, Q1, 2, identity=None).result_sheets) == 30
    assert all(name.endswith("lan-2_282-kh-ubnd-2023.html") for name in sheets(settings))
    # And one of another quarter is made up for too.
    send(engine, register, KHDT, Q2, at(6, 10), [figure("thu-hut-fdi", "967.3")])
    now(at(6, 14, 16))
    draft_and_publish(engine, register, settings, Q2, approved_at=at(6, 14, 17))
    done = deliver(engine, register, settings, Q1, 2, identity=None)
    assert {path.split("/")[2] for path in done.result_sheets} == {"2023-Q2"}


def test_a_crash_between_files_and_record_writes_the_same_files_again(engine, register, settings, monkeypatch):
    draft_and_publish(engine, register, settings)
    statement = delivery.statement

    def crash(name):
        if name == "report/put_result_sheet.sql":
            raise KeyboardInterrupt
        return statement(name)

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "statement", crash)
        with pytest.raises(KeyboardInterrupt):
            delivery.put_out_result_sheets(engine, register, settings)
    before = sheets(settings)
    assert len(before) == 30
    assert len(delivery.put_out_result_sheets(engine, register, settings)) == 30
    assert sheets(settings) == before
    assert delivery.put_out_result_sheets(engine, register, settings) == ()


def test_a_damaged_edition_is_said_loudly(engine, register, settings):
    _, folder = draft_and_publish(engine, register, settings)
    (folder / "phieu-ket-qua" / f"{KHDT}.html").unlink()
    with pytest.raises(FileNotFoundError, match=KHDT):
        delivery.put_out_result_sheets(engine, register, settings)
    assert sheets(settings) == {}
