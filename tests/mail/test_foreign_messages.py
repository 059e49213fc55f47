"""Broken and hostile messages among good ones: each has a kind and a place, each attachment a fate; nobody else waits.

``benchmarks/foreign_mail.py`` runs a thousand and more, and measures.
"""

from collections import Counter
from dataclasses import replace
from random import Random

import hypothesis
import pytest
from hypothesis import strategies as st

from fixtures.foreign_mail import MUTATIONS, honest, hostile, mutated
from fixtures.mail_servers import message
from fixtures.post import NOON, Post
from fixtures.workbooks import filled_workbook
from tiendo.collect.ledger import ledger_document
from tiendo.collect.message import read_message
from tiendo.model.period import Period
from tiendo.model.register import Register

MUTATED = 70
GOOD = ("so-tu-phap", "so-ngoai-vu", "so-giao-thong-van-tai")


def test_every_foreign_message_has_a_kind_and_a_place_and_the_good_ones_are_answered(
    post: Post, register: Register, workbook: bytes
) -> None:
    post.identity = replace(post.identity, answers_per_hour=10_000)
    seeds = honest(workbook)
    corpus = dict([*hostile(workbook, post.identity.address), *seeds.items(), *mutated(seeds, MUTATED)])
    with post.imap.box(post.mailbox.login) as box:
        for raw in corpus.values():
            box.append(raw, "INBOX", dt=NOON)
    for number, agency in enumerate(GOOD):
        address = register.agency_by_code[agency].mail_addresses[0]
        content = filled_workbook(register, agency, Period(2023, 1))
        post.put(message(address, (("a.xlsx", content),), message_id=f"<tot-{number}@binhduong.gov.vn>"))
    put = len(post.imap.raw("INBOX", post.mailbox.login))
    assert put >= len(corpus)

    kinds = post.collect()
    post.settle()
    moved = post.answer()

    assert sum(kinds.values()) == put
    assert set(kinds) == {"submission", "no_attachment", "stranger", "automatic", "own", "bounce", "unreadable"}
    assert sum(moved.values()) == put
    assert post.folders() == {"INBOX": 0, **{name: moved[name] for name in ("Processed", "Attention")}}
    # Nothing of a message was lost: its bytes are in the archive, its attachments in the ledger, each with one fate.
    document = ledger_document(post.engine)
    assert document["adds_up"]
    assert "waiting" not in document["states"]
    ((landed,),) = post.rows("select count(*) from intake.mail_part where fate = 'landed'")
    ((direct,),) = post.rows("select count(*) from intake.submission_file where starts_with(claim_id, 'mail-')")
    assert direct == landed > 100
    states = {(name, agency): state for name, agency, state, _ in post.files()}
    assert {states["a.xlsx", agency] for agency in GOOD} == {"accepted"}
    # Answers go to the senders that the register knows, and to operations; to nobody that a header named.
    known = {address for agency in register.agencies for address in agency.mail_addresses}
    asked = Counter(answer["To"] for answer in post.answers)
    assert set(asked) <= known | {post.identity.operations}
    for agency in GOOD:
        assert asked[register.agency_by_code[agency].mail_addresses[0]] == 1
    assert not post.rows("select 1 from intake.finding where rule = 'file-reader-bug'")


def test_each_honest_message_brings_the_workbook_whole(post: Post, workbook: bytes) -> None:
    for raw in honest(workbook).values():
        post.put(raw)
    post.run()
    states = Counter(state for _, _, state, _ in post.files())
    assert states == {"accepted": 1, "duplicate": len(honest(workbook)) - 1}
    assert post.folders() == {"INBOX": 0, "Processed": len(honest(workbook)), "Attention": 0}


@pytest.fixture(scope="module")
def seeds() -> dict[str, bytes]:
    return honest(b"PK\3\4 khong can la bang tinh that" * 8)


@hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=200)
@hypothesis.given(data=st.data(), random=st.randoms(use_true_random=False))
def test_whatever_becomes_of_a_message_it_is_read_as_plain_values(
    seeds: dict[str, bytes], data: st.DataObject, random: Random
) -> None:
    raw = seeds[data.draw(st.sampled_from(sorted(set(seeds) - {"winmail"})))]
    for mutation in data.draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=3)):
        raw = mutation(random, raw) if len(raw) > 1 else raw
    content = read_message(raw)
    texts = (content.subject, content.message_id, content.sender, *(part.name for part in content.parts))
    assert not any(set(text) & set("\r\n\0") for text in texts)
    assert all(part.content_type and isinstance(part.content, bytes) for part in content.parts)
