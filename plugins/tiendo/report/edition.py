"""Drafts for the reviewer and editions for the public.

From the data cut-off on, the draft in ``drafts/<plan>/<period>/latest/`` follows the figures. What a reviewer is asked
to approve is a draft of its own in ``drafts/<plan>/<period>/<edition>/``, which does not change while it waits for the
answer.

An edition is its folder and its row in ``core.edition``. The folder comes first, the row second: whoever reads the
row finds the files. A crash between the two leaves a folder without a row; the next run builds the same bytes
from the same instant, finds or replaces them, and adds the row. A folder that was lost is rebuilt from the row.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping

from tiendo import clock
from tiendo.durable import write_files
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.kept import kept_register
from tiendo.report import manifest as manifests
from tiendo.report.build import build, place
from tiendo.report.data import Approval, EditionData
from tiendo.report.folders import EditionFolders
from tiendo.report.gather import gather
from tiendo.report.manifest import MANIFEST, content_sha256
from tiendo.report.published import write_overview
from tiendo.report.review import PAGE, approval_lines, gather_review, review_files
from tiendo.report.words import period_name
from tiendo.settings import Settings
from tiendo.vietnamese.dates import format_instant
from tiendo.warehouse.engine import LOAD_LOCK, loader
from tiendo.warehouse.sql import statement

EDITION_LOCK = "select pg_advisory_xact_lock(hashtext('tiendo.edition'))"


_REFUSAL = re.compile(r'<p class="refusal stop">.*?</p>')


class EditionError(RuntimeError):
    """An edition cannot be published as asked; the message says why."""


class MovedOnError(EditionError):
    """What was approved is no longer what would be published: it must be reviewed anew."""


def draft(
    engine: Engine,
    register: Register,
    settings: Settings,
    period: Period,
    known_at: datetime | None = None,
    *,
    before_it_is_seen: Callable[[dict[str, Any]], None] = lambda drafted: None,
) -> dict[str, Any]:
    """Builds the next edition of a period from what is known now, for a reviewer to look at.

    Statuses are brought up to date and the instant is taken under the load lock: nothing loaded later can slip in
    before it. ``known_at`` makes the edition of a past instant instead, from what was known and graded then; it is
    news only where none has been published since.

    Args:
        before_it_is_seen: gets what is returned, before the folder is there. Where nothing has changed there is none.

    Returns:
        JSON-able: ``period``, ``edition``, ``as_of`` (ISO 8601; in words ``as_of_text``), ``path`` of the folder,
        ``title`` and ``review`` (Markdown lines: what the reviewer should see), ``data_sha256`` (what is approved) and
        ``content_sha256`` (what it reports), and ``is_changed``: whether it differs from the last
        published one.
    """
    as_of, edition = _next(engine, register, period, known_at)
    with loader(engine) as connection:
        data = gather(connection, register, period, edition=edition, as_of=as_of)
        is_changed = _is_changed(connection, data)
        review = gather_review(connection, register, data)
    folder = EditionFolders(settings, register.code, period).draft(edition)
    drafted = {
        "period": str(period),
        "edition": edition,
        "as_of": as_of.isoformat(),
        "as_of_text": format_instant(as_of),
        "path": str(folder),
        "title": f"{period_name(period)}, lần ban hành thứ {edition}",
        "review": approval_lines(review),
        "data_sha256": manifests.data_sha256(data),
        "content_sha256": content_sha256(data),
        "is_changed": is_changed,
    }
    if is_changed:
        files = build(data) | review_files(review)
        _place(engine, files, settings, folder, lambda: before_it_is_seen(drafted))
    return drafted


def refresh_draft(engine: Engine, register: Register, settings: Settings, period: Period) -> Path | None:
    """Brings the latest draft of a period up to date, from the day of its data cut-off on; without the PDF.

    Returns:
        Its folder, or None before that day, or where the draft is up to date already.
    """
    if clock.today() < register.calendar_by_period[period].cut_off_on:
        return None
    as_of, edition = _next(engine, register, period)
    folder = EditionFolders(settings, register.code, period).latest_draft
    with loader(engine) as connection:
        data = gather(connection, register, period, edition=edition, as_of=as_of)
        if _is_up_to_date(folder, data):
            return None
        review = gather_review(connection, register, data)
    _place(engine, build(data, with_pdf=False) | review_files(review), settings, folder)
    return folder


def tell_refusal(folder: Path, because: str) -> None:
    """Writes on top of a draft's page for its reviewer that the last answer was not noted, and why; once."""
    path = folder / PAGE
    if not path.exists():  # somebody has tidied up; the task's log tells it as well
        return
    page = _REFUSAL.sub("", path.read_text(encoding="utf-8"))
    told = f"Câu trả lời trước chưa được ghi nhận: {escape(because)} Đề nghị sửa lại và trả lời lần nữa."
    before, body, after = page.partition("<body>")
    write_files({path: f'{before}{body}<p class="refusal stop"><b>{told}</b></p>{after}'.encode()})


def _place(
    engine: Engine,
    files: Mapping[str, bytes],
    settings: Settings,
    folder: Path,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Places a draft; one at a time, since each clears away what a run that died left beside its folder.

    Args:
        before: is called first, so that questions are noted in the order in which their drafts are seen.
    """
    settings.drafts.mkdir(parents=True, exist_ok=True)
    settings.drafts.chmod(0o700)
    with loader(engine) as connection:
        connection.exec_driver_sql(EDITION_LOCK)
        before()
        place(files, folder)


def _next(engine: Engine, register: Register, period: Period, known_at: datetime | None = None) -> tuple[datetime, int]:
    """Returns the instant of a draft, statuses being up to date at it, and the number of the next edition."""
    from tiendo.status.service import store_status

    with loader(engine) as connection:
        # An edition being published is known before the instant or not at all: its draft and its publication agree.
        connection.exec_driver_sql(EDITION_LOCK)
        connection.exec_driver_sql(LOAD_LOCK)
        if known_at is None:
            for each in register.until(period):
                store_status(connection, register, each)
        as_of = known_at or clock.now()
        return as_of, last_edition(connection, register, period) + 1


def _is_up_to_date(folder: Path, data: EditionData) -> bool:
    """Whether the draft in a folder is of the same edition and reports the same; its list of files may be older."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return False
    drafted = json.loads(manifest.read_bytes())
    return (drafted["edition"], drafted["content_sha256"]) == (data.edition, content_sha256(data))


def publish(
    engine: Engine,
    register: Register,
    settings: Settings,
    period: Period,
    *,
    edition: int,
    as_of: datetime,
    data_sha256: str,
    approved_by: str,
    approved_at: datetime,
) -> Path:
    """Publishes an edition as known at ``as_of``: files and row, or nothing. Repeating it changes nothing.

    Args:
        data_sha256: of the draft that was approved; nothing else is published.

    Returns:
        The edition's folder.

    Raises:
        MovedOnError: the number was published otherwise meanwhile, or the figures are no longer those approved.
        EditionError: the number is beyond the next, the mart checks fail, or a lost edition cannot be rebuilt.
    """
    if as_of.tzinfo is None or approved_at.tzinfo is None:
        raise ValueError("as_of and approved_at need an offset")
    approval = Approval(approved_by, approved_at)
    folder = _place_and_enter(
        engine, register, settings, period, edition=edition, as_of=as_of, data_sha256=data_sha256, approval=approval
    )
    _overview(engine, register, settings)
    return folder


def _place_and_enter(
    engine: Engine,
    register: Register,
    settings: Settings,
    period: Period,
    *,
    edition: int,
    as_of: datetime,
    data_sha256: str,
    approval: Approval,
) -> Path:
    folder = EditionFolders(settings, register.code, period).published(edition)
    with loader(engine) as connection:
        # One publication at a time; loading goes on, since only what was recorded by as_of is read.
        connection.exec_driver_sql(EDITION_LOCK)
        key = {"plan_code": register.code, "period": str(period), "edition": edition}
        known = connection.execute(statement("report/edition.sql"), key).mappings().first()
        if known is not None and (known["as_of"], known["approved_by"], known["approved_at"]) != (
            as_of, approval.approved_by, approval.approved_at,
        ):  # fmt: skip
            raise MovedOnError(
                f"{period} edition {edition} is published already, as of {known['as_of'].isoformat()}, approved by "
                f"{known['approved_by']} at {known['approved_at'].isoformat()}"
            )
        if known is not None and _is_intact(folder, known["manifest_sha256"]):
            return folder
        expected = last_edition(connection, register, period) + 1
        if known is None and edition != expected:
            raise EditionError(f"{period}: the next edition is {expected}, not {edition}")
        if known is None:
            _check(engine, register, period, as_of)
        data = gather(connection, register, period, edition=edition, as_of=as_of, approval=approval)
        if known is None:
            _compare_with_draft(data_sha256, data)
        files = build(data)
        if known is not None:
            _compare_with_row(known, files)
        place(files, folder)
        if known is None:
            manifest = files[MANIFEST]
            connection.execute(
                statement("report/put_edition.sql"),
                key
                | {
                    "as_of": as_of,
                    "approved_by": approval.approved_by,
                    "approved_at": approval.approved_at,
                    "published_at": clock.now(),
                    "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
                    "manifest": manifest.decode(),
                },
            )
    return folder


def _overview(engine: Engine, register: Register, settings: Settings) -> None:
    """Lists what is published, that is, has its row: never an edition whose publication may yet fail."""
    with loader(engine) as connection:
        connection.exec_driver_sql(EDITION_LOCK)
        write_overview(connection, settings, register)


@dataclass(frozen=True)
class RebuiltEdition:
    """A published edition, built anew, beside what was published.

    Attributes:
        files: what was built, by path.
        states: of each path that was published or built: ``as_published``, ``different``, ``not_made`` (published and
            not built here) or ``not_published`` (the reverse).
        reasons: what it rests on and is not the same, ``rule_version was 1, is 2``; none where only bytes differ.
    """

    files: dict[str, bytes]
    states: dict[str, str]
    reasons: tuple[str, ...]

    @property
    def is_as_published(self) -> bool:
        """Whether every file is there, byte for byte, and no other."""
        return set(self.states.values()) == {"as_published"}


def rebuild(engine: Engine, register: Register, period: Period, edition: int) -> RebuiltEdition:
    """Builds a published edition anew from the warehouse alone, whatever was corrected or published since.

    Returns:
        It, with how it compares. Its PDFs, and with them the manifest, are as published only where the same LibreOffice
        makes them with the same fonts; all else is, unless today's code or register no longer makes it.

    Raises:
        EditionError: there is no such edition.
    """
    key = {"plan_code": register.code, "period": str(period), "edition": edition}
    with loader(engine) as connection:
        known = connection.execute(statement("report/edition.sql"), key).mappings().first()
        if known is None:
            last = last_edition(connection, register, period)
            raise EditionError(f"{period} has no published edition {edition}; it has {last}")
        approval = Approval(known["approved_by"], known["approved_at"])
        kept = kept_register(connection, known["manifest"]["register_sha256"])
        data = gather(connection, register, period, edition=edition, as_of=known["as_of"], approval=approval, kept=kept)
    has_pdf = any(output["path"].endswith(".pdf") for output in known["manifest"]["outputs"])
    return _compared(known, build(data, with_pdf=has_pdf))


def _compared(known: RowMapping, files: dict[str, bytes]) -> RebuiltEdition:
    published, rebuilt = known["manifest"], json.loads(files[MANIFEST])
    was, now = (
        {output["path"]: output["sha256"] for output in manifest["outputs"]} | {MANIFEST: sha256}
        for manifest, sha256 in (
            (published, known["manifest_sha256"]),
            (rebuilt, hashlib.sha256(files[MANIFEST]).hexdigest()),
        )
    )

    def state(path: str) -> str:
        if path not in now:
            return "not_made"
        if path not in was:
            return "not_published"
        return "as_published" if was[path] == now[path] else "different"

    rests_on = ("register_sha256", "rule_version", "data_sha256")
    old, new = ({name: each[name] for name in rests_on} | each["made_with"] for each in (published, rebuilt))
    return RebuiltEdition(
        files,
        {path: state(path) for path in sorted(was.keys() | now.keys())},
        tuple(
            f"{name} was {old.get(name, 'none')}, is {new.get(name, 'none')}"
            for name in old | new
            if old.get(name) != new.get(name)
        ),
    )


def last_edition(connection: Connection, register: Register, period: Period) -> int:
    """Returns the number of the period's last published edition, 0 before the first."""
    parameters = {"plan_code": register.code, "period": str(period)}
    return int(connection.execute(statement("report/last_edition.sql"), parameters).scalar_one())


def _is_changed(connection: Connection, data: EditionData) -> bool:
    """A first edition is news; a later one when it reports anything else than the one before, and is of later."""
    key = {"plan_code": data.plan_code, "period": str(data.period), "edition": data.edition - 1}
    before = connection.execute(statement("report/edition.sql"), key).mappings().first()
    if before is None:
        return True
    return bool(before["as_of"] < data.as_of and before["manifest"]["content_sha256"] != content_sha256(data))


def _check(engine: Engine, register: Register, period: Period, as_of: datetime) -> None:
    """Runs the mart suite on what is about to be printed; what it said is kept, also when nothing is printed then."""
    from tiendo.validation.own_tables import mart_failures

    with loader(engine) as connection:
        failures = mart_failures(connection, register, period, as_of)
    if failures:
        raise EditionError(f"{period}: the mart checks fail: " + "; ".join(failures))


def _compare_with_draft(approved_sha256: str, data: EditionData) -> None:
    """What was approved is what is published: to the letter, or not at all."""
    sha256 = manifests.data_sha256(data)
    if sha256 != approved_sha256:
        raise MovedOnError(
            f"{data.period} edition {data.edition}: the figures as of {data.as_of.isoformat()} are not those of the "
            f"draft that was approved (data_sha256 {sha256[:16]}, approved {approved_sha256[:16]})"
        )


def _compare_with_row(known: RowMapping, files: dict[str, bytes]) -> None:
    """A lost edition that is built anew must be the published one, its PDFs apart, and with them the manifest."""
    compared = _compared(known, files)
    told = {output["path"] for output in (*known["manifest"]["outputs"], *json.loads(files[MANIFEST])["outputs"])
            if output["is_reproducible"]}  # fmt: skip
    if different := [path for path in compared.states if path in told and compared.states[path] != "as_published"]:
        raise EditionError(
            f"the rebuilt edition differs from the published one in {', '.join(different)}"
            + (f"; {'; '.join(compared.reasons)}" if compared.reasons else "")
        )


def _is_intact(folder: Path, manifest_sha256: str) -> bool:
    """Whether the folder holds the files of the manifest, unchanged."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return False
    content = manifest.read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest_sha256:
        return False
    return all(
        (folder / output["path"]).exists()
        and hashlib.sha256((folder / output["path"]).read_bytes()).hexdigest() == output["sha256"]
        for output in json.loads(content)["outputs"]
    )
