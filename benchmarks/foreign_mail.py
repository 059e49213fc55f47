"""More than a thousand broken and hostile messages in one mailbox, with good reports among them.

The messages are honest ones of many programs broken on their way (cut, bytes turned, headers and lines exchanged) and
ones made to harm: see tests/fixtures/foreign_mail.py. Every message must be read as something, answered where an answer
is due and filed, every attachment have one fate, every good report be accepted, and no process pass one GiB. The IMAP
server is Dovecot (without it nothing is tried); the SMTP receiver runs beside.

Usage: python benchmarks/foreign_mail.py [mutations] [seed]
"""

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fixtures.foreign_mail import honest, hostile, mutated
from fixtures.mail_servers import ADDRESS, message
from fixtures.packages import or_say
from fixtures.post import NOON, post_office
from fixtures.workbooks import filled_workbook
from tiendo.collect.ledger import ledger_document
from tiendo.mail.identity import Identity
from tiendo.model.period import Period
from tiendo.plan.register import load_register
from tiendo.settings import INCLUDE

PLAN = INCLUDE / "plans" / "282-kh-ubnd-2023"
SENDER, Q1 = "so-y-te", Period(2023, 1)
AT_MOST_MIB = 1024


def main(number: int, seed: int) -> None:
    """Prints what became of the messages, and fails when a promise is broken."""
    register = load_register(PLAN)
    others = [agency for agency in register.obliged if agency.code != SENDER and agency.mail_addresses]
    workbook = filled_workbook(register, SENDER, Q1)
    seeds = honest(workbook)
    foreign = [*hostile(workbook, ADDRESS), *seeds.items(), *mutated(seeds, number, seed)]
    with post_office(register, PLAN, Identity(ADDRESS, ADDRESS, answers_per_hour=10_000), NOON) as post:
        with post.imap.box() as box:
            for _, raw in foreign:
                box.append(raw, "INBOX", dt=NOON)
            for agency in others:
                content = filled_workbook(register, agency.code, Q1)
                mail = message(agency.mail_addresses[0], (("a.xlsx", content),), message_id=f"<{agency.code}@bench.vn>")
                box.append(mail.as_bytes(), "INBOX", dt=NOON)
        start = time.perf_counter()
        kinds = post.collect()
        post.settle()
        moved = post.answer()
        wall = time.perf_counter() - start
        document = ledger_document(post.engine)
        bugs = post.rows("select 1 from intake.finding where rule = 'file-reader-bug'")
        own = {agency.code for agency in others}
        accepted = sum(f["state"] == "accepted" and f["agency"] in own for f in document["files"])
        peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        left = len(post.imap.raw("INBOX"))
        answers = len(post.answers)
    put = len(foreign) + len(others)
    print(f"{put} messages ({len(others)} good ones among them) in {wall:.1f} s: {dict(kinds)}")
    print(f"their files: {document['states']}; the ledger adds up: {document['adds_up']}")
    print(f"good reports accepted: {accepted} of {len(others)}; answers {answers}; moved {moved}; left {left}")
    print(f"peak of intake {peaks[0]:.0f} MiB, of its reading processes {peaks[1]:.0f} MiB (at most {AT_MOST_MIB})")
    is_all_filed = sum(kinds.values()) == sum(moved.values()) == put and left == 0 and not bugs
    if not (is_all_filed and document["adds_up"] and accepted == len(others) and max(peaks) < AT_MOST_MIB):
        raise SystemExit("a promise is broken")


if __name__ == "__main__":
    with or_say():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 282)
