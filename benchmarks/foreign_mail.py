"""More than a thousand broken and hostile messages in one mailbox, with good reports among them.

The messages are honest ones of many programs broken on their way (cut, bytes turned, headers and lines exchanged) and
ones made to harm: see tests/fixtures/foreign_mail.py. Every message must be read as something, answered where an answer
is due and filed, every attachment have one fate, every good report be accepted, and no process pass one GiB. The IMAP
server is Dovecot, which must be installed; the SMTP receiver runs beside.

Usage: python benchmarks/foreign_mail.py [mutations] [seed]
"""

import os
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fixtures.foreign_mail import honest, hostile, mutated
from fixtures.mail_servers import ADDRESS, dovecot, message, smtp_receiver
from fixtures.workbooks import filled_workbook
from tiendo.clock import HANOI
from tiendo.intake.batch import process, waiting_batches
from tiendo.mail.identity import Identity
from tiendo.mail.service import Mail, answer_mail, collect_mail
from tiendo.plan.period import Period
from tiendo.plan.register import load_register
from tiendo.queries import ledger_document
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import make_engine
from tiendo.warehouse.migrate import initialise

PLAN = INCLUDE / "plans" / "282-kh-ubnd-2023"
SENDER, Q1 = "so-y-te", Period(2023, 1)
NOON = datetime(2023, 3, 14, 12, tzinfo=HANOI)
AT_MOST_MIB = 1024


def main(number: int, seed: int) -> None:
    """Prints what became of the messages, and fails when a promise is broken."""
    register = load_register(PLAN)
    others = [agency for agency in register.obliged if agency.code != SENDER and agency.mail_addresses]
    workbook = filled_workbook(register, SENDER, Q1)
    seeds = honest(workbook)
    foreign = [*hostile(workbook, ADDRESS), *seeds.items(), *mutated(seeds, number, seed)]
    with (
        temporary_server("foreign") as url,
        tempfile.TemporaryDirectory() as temporary,
        dovecot() as imap,
        smtp_receiver(imap.certificates) as smtp,
    ):
        clock_file = Path(temporary) / "clock"
        clock_file.write_text(NOON.isoformat())
        os.environ["TIENDO_CLOCK_FILE"] = str(clock_file)
        settings, engine = Settings(Path(temporary) / "var", PLAN, None), make_engine(url)
        initialise(engine, register)
        with imap.box() as box:
            for _, raw in foreign:
                box.append(raw, "INBOX", dt=NOON)
            for agency in others:
                content = filled_workbook(register, agency.code, Q1)
                mail = message(agency.mail_addresses[0], (("a.xlsx", content),), message_id=f"<{agency.code}@bench.vn>")
                box.append(mail.as_bytes(), "INBOX", dt=NOON)
        mail = Mail(imap.settings(), Identity(ADDRESS, ADDRESS, answers_per_hour=10_000), smtp.open)
        start = time.perf_counter()
        kinds = collect_mail(settings, register, engine, mail)
        states: Counter[str] = Counter()
        while batches := waiting_batches(engine):
            for batch in batches:
                states.update(process(settings, register, engine, batch).or_raise().states)
        _, moved = answer_mail(settings, register, engine, mail)
        wall = time.perf_counter() - start
        document = ledger_document(engine)
        own = {agency.code for agency in others}
        accepted = sum(f["state"] == "accepted" and f["agency"] in own for f in document["files"])
        peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        left = len(imap.raw("INBOX"))
        engine.dispose()
    put = len(foreign) + len(others)
    print(f"{put} messages ({len(others)} good ones among them) in {wall:.1f} s: {dict(kinds)}")
    print(f"their files: {dict(states)}; the ledger adds up: {document['adds_up']}")
    print(
        f"good reports accepted: {accepted} of {len(others)}; answers {len(smtp.received)}; moved {moved}; left {left}"
    )
    print(f"peak of intake {peaks[0]:.0f} MiB, of its reading processes {peaks[1]:.0f} MiB (at most {AT_MOST_MIB})")
    is_all_filed = sum(kinds.values()) == sum(moved.values()) == put and left == 0
    if not (is_all_filed and document["adds_up"] and accepted == len(others) and max(peaks) < AT_MOST_MIB):
        raise SystemExit("a promise is broken")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 282)
