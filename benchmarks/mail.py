"""Mail: messages with one workbook each, from the inbox of a real IMAP server to answered and filed, one connection.

Each message is from another body of a synthetic plan (see ingest.py). The IMAP server is Dovecot, which must be
installed; the SMTP receiver runs beside. Putting the messages into the mailbox is not counted.

Usage: python benchmarks/mail.py [messages]
"""

import os
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from ingest import make_workbooks, synthetic_register

from fixtures.mail_servers import ADDRESS, ImapServer, dovecot, message, smtp_receiver
from tiendo.clock import HANOI
from tiendo.intake.batch import process, waiting_batches
from tiendo.mail.identity import Identity
from tiendo.mail.service import Mail, answer_mail, collect_mail
from tiendo.plan.model import Register
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import make_engine
from tiendo.warehouse.migrate import initialise

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
    with (
        temporary_server("bench") as url,
        tempfile.TemporaryDirectory() as folder,
        dovecot() as imap,
        smtp_receiver(imap.certificates) as smtp,
    ):
        clock_file = Path(folder) / "clock"
        clock_file.write_text(datetime(2023, 12, 30, 12, tzinfo=HANOI).isoformat())
        os.environ["TIENDO_CLOCK_FILE"] = str(clock_file)
        settings, engine = Settings(Path(folder) / "var", INCLUDE, None), make_engine(url)
        initialise(engine, register)
        fill_mailbox(imap, register, Path(folder) / "workbooks")
        mail = Mail(imap.settings(), Identity(ADDRESS, ADDRESS, "Tiendo"), smtp.open)
        before, start = time.process_time(), time.perf_counter()
        kinds = collect_mail(settings, register, engine, mail)
        collected = time.perf_counter()
        states: Counter[str] = Counter()
        for batch in waiting_batches(engine):
            states.update(process(settings, register, engine, batch).states)
        settled = time.perf_counter()
        _, moved = answer_mail(settings, register, engine, mail)
        end = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {dict(kinds)}, files {dict(states)}, answers {len(smtp.received)}, moved {moved}")
        print(f"collect {collected - start:6.1f} s, settle {settled - collected:6.1f} s, answer {end - settled:6.1f} s")
        print(
            f"{number} messages answered and filed in {end - start:.1f} s wall, {time.process_time() - before:.1f} s "
            f"cpu of this process, {peak:.0f} MiB peak (at most {AT_MOST_SECONDS} s for 1,000)"
        )
        engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
