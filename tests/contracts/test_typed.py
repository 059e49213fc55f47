"""The tables of ``tables/``: what is typed, and how it must be read."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tiendo.collect.authentication import NAMELESS, MailTrust, why_not_trusted
from tiendo.model.content import RawCell
from tiendo.model.register import Unit
from tiendo.validation.cells import read_kind, read_state
from tiendo.vietnamese.absence import read_absence
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.number import format_number, read_number
from tiendo.vietnamese.text import fold

UNITS = {
    "growth, %": (Unit("percent_change", "%", "percent_change", 2), "Tốc độ tăng"),
    "share, %": (Unit("percent", "%", "share", 2), "Tỷ lệ bao phủ bảo hiểm y tế"),
    "enterprises": (Unit("enterprise", "Doanh nghiệp", "count", 0), "Số doanh nghiệp đang hoạt động lũy kế"),
    "billion dong": (Unit("billion_vnd", "Tỷ đồng", "money", 0), "Thu ngân sách"),
}


def rows(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / "tables" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("|") for line in lines[1:]]


def read(column: str, typed: str) -> str:
    if column == "absence":
        kind = read_absence(typed, year=2023).kind
        return "no absence" if kind == "other" else kind.replace("_", " ")
    if column == "kind":
        return read_kind(RawCell(typed)) or "not read"
    if column == "state":
        return (read_state(RawCell(typed)) or "not read").replace("_", " ")
    if column == "day":
        day = read_date(typed, year=2023)
        return format_date(day) if day else "not read"
    unit, name = UNITS[column]
    reading = read_number(typed, unit=unit, names=frozenset({fold(name)}))
    if reading.reason == "is_an_index":
        return "asked: " + " or ".join(format_number(value) for value in reading.alternatives)
    if reading.value is None:
        return "not read"
    return format_number(reading.value).replace(".", "") + " estimate" * reading.is_estimate


OWN = "mx.tinh.gov.vn"
SENDER = "soyte@binhduong.gov.vn"
BY_US = "smtp.mailfrom=binhduong.gov.vn"


@pytest.mark.parametrize(("results", "right"), rows("senders.csv"))
def test_senders(results: str, right: str) -> None:
    headers = [header.replace("OWN", OWN).strip() for header in results.split("¦") if header.strip()]
    assert right == ("refused" if why_not_trusted(headers, SENDER, MailTrust(OWN)) else "taken")


@pytest.mark.parametrize(
    "forged",
    [
        f"{OWN}; " + "(" * 3900,
        f"{OWN}; spf=pass " + "(" * 900 + ")" * 900 + f" {BY_US}",
        f"{OWN}; " + "; ".join([f"spf=pass {BY_US}"] * 30_000),
        f"{OWN}; spf=pass smtp.mailfrom=" + "a" * 900_000,
    ],
    ids=["open", "nested", "many", "long"],
)
@pytest.mark.timeout(60)
def test_a_header_that_is_made_to_keep_us_busy_is_not_read(forged: str) -> None:
    assert why_not_trusted([f"{OWN}; spf=pass {BY_US}", forged], SENDER, MailTrust(OWN)).startswith("our server's own")
    assert why_not_trusted([f"{OWN}; spf=pass {BY_US}"] * 21, SENDER, MailTrust(OWN)) != ""


@pytest.mark.parametrize(
    ("trust", "headers", "is_taken"),
    [
        (MailTrust(NAMELESS), [f"spf=pass (sender IP is 1.2.3.4) {BY_US}; compauth=pass reason=100"], True),
        (MailTrust(NAMELESS), [f"spf=pass {BY_US}; dmarc=none action=none;compauth=fail reason=001"], False),
        (MailTrust(NAMELESS), ["spf=fail smtp.mailfrom=evil.com", "dmarc=pass header.from=binhduong.gov.vn"], False),
        (MailTrust(NAMELESS), [], False),
        (MailTrust(OWN, frozenset({"binhduong.gov.vn"})), [f"{OWN}; spf=softfail {BY_US}"], True),
        (MailTrust(OWN, frozenset({"binhduong.gov.vn"})), [f"{OWN}; dmarc=fail"], False),
        (MailTrust(OWN, frozenset({"binhduong.gov.vn"})), [], False),
        (MailTrust(OWN, frozenset({"khac.gov.vn"})), [f"{OWN}; spf=softfail"], False),
        (MailTrust(is_unchecked=True), [], True),
        (MailTrust(), ["x; dmarc=pass header.from=binhduong.gov.vn"], False),
    ],
)  # fmt: skip
def test_whom_a_mailbox_believes(trust: MailTrust, headers: list[str], is_taken: bool) -> None:
    assert (why_not_trusted(headers, SENDER, trust) == "") is is_taken


@pytest.mark.parametrize(
    ("trust", "sentence"),
    [
        (MailTrust(), "does not say whose"),
        (MailTrust(OWN, frozenset({"la.vn"})), "no body of the register has an address of la.vn"),
        (MailTrust(OWN, frozenset({"binhduong.gov.vn"})), ""),
        (MailTrust(is_unchecked=True), ""),
    ],
)
def test_a_mailbox_says_whom_it_believes(trust: MailTrust, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) if sentence else nullcontext():
        trust.check({"binhduong.gov.vn"})


@pytest.mark.parametrize(("column", "typed", "right"), rows("phrases.csv"))
def test_phrases(column: str, typed: str, right: str) -> None:
    assert read(column, typed) == right
