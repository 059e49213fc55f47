"""Mail: messages with one workbook each, from the inbox of a real IMAP server to answered and filed, one connection.

Each message is from another body of a synthetic plan (see ingest.py). The IMAP server is Dovecot (without it
nothing is measured); the SMTP receiver runs beside. Putting the messages into the mailbox is not counted.

Usage: python benchmarks/mail.py [messages]
"""

import resource
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from ingest import make_workbooks, synthetic_register

from fixtures.mail_servers import ADDRESS, ImapServer, message
from fixtures.packages import or_say
from fixtures.post import post_office
from tiendo.clock import HANOI
from tiendo.collect.ledger import ledger_document
from tiendo.mail.identity import Identity
from tiendo.model.register import Register
from tiendo.settings import INCLUDE

AT_MOST_SECONDS = 300


def fill_mailbox(server: ImapServer, register: Register, folder: Path) -> None:
    """Puts one message of each body into the inbox."""
    make_workbooks(register, folder)
    at = datetime(2023, 3, 14, 12, tzinfo=HANOI)
    with server.box() as box:
        for agency in register.agencies:
            content = (folder / agency.code / "bao-cao.xlsx").read_bytes()
            mail = message(
                agency.mail_addresses[0],
                (("Báo cáo quý I.xlsx", content),),
                message_id=f"<{agency.code}@bench.vn>",
            )
            box.append(mail.as_bytes(), "INBOX", dt=at)


def main(number: int) -> None:
    """Prints what each step costs."""
    plain = synthetic_register(number)
    agencies = tuple(replace(a, mail_addresses=(f"{a.code}@bench.vn",), mail_domains=()) for a in plain.agencies)
    register = replace(plain, agencies=agencies)
    at = datetime(2023, 12, 30, 12, tzinfo=HANOI)
    with post_office(register, INCLUDE, Identity(ADDRESS, ADDRESS, "Tiendo"), at) as post:
        fill_mailbox(post.imap, register, post.settings.home.parent / "workbooks")
        before, start = time.process_time(), time.perf_counter()
        kinds = post.collect()
        collected = time.perf_counter()
        post.settle()
        settled = time.perf_counter()
        moved = post.answer()
        end = time.perf_counter()
        states = ledger_document(post.engine)["states"]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {dict(kinds)}, files {states}, answers {len(post.smtp.received)}, moved {moved}")
        print(f"collect {collected - start:6.1f} s, settle {settled - collected:6.1f} s, answer {end - settled:6.1f} s")
        print(
            f"{number} messages answered and filed in {end - start:.1f} s wall, {time.process_time() - before:.1f} s "
            f"cpu of this process, {peak:.0f} MiB peak (at most {AT_MOST_SECONDS} s for 1,000)"
        )


if __name__ == "__main__":
    with or_say():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
