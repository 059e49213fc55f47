"""Plans side by side: what two must not share, which one is meant, and whose an address is."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from fixtures.amended import PLAN_DIR
from fixtures.side_by_side import NEXT, next_plan, next_plan_dir
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.plans import NotInHandError, PlanPeriod, Plans, meant_by
from tiendo.model.register import Register
from tiendo.plan import side_by_side
from tiendo.plan.register import RegisterError, load_register
from tiendo.plan.side_by_side import clashes, get_plans
from tiendo.settings import Settings

PROVINCE = Path(__file__).parents[1] / "fixtures" / "plans" / "45-kh-ubnd-2025"
YTE, TAICHINH = "so-y-te", "so-tai-chinh"


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Register:
    return next_plan(tmp_path_factory.mktemp("next"))


def having(plan: Register, code: str, field: str, value: str) -> Register:
    """The plan with an address, or a domain, of a body."""
    bodies = (replace(each, **{field: (value,)}) if each.code == code else each for each in plan.agencies)
    return replace(plan, agencies=tuple(bodies))


def with_address(register: Register, code: str, address: str) -> Register:
    return having(register, code, "mail_addresses", address)


def test_the_next_year_of_a_province_shares_its_bodies(register: Register, following: Register) -> None:
    assert list(clashes(register, following)) == []
    plans = Plans((register, following))
    assert [body.code for body in plans.obliged] == [body.code for body in register.obliged]


def test_another_province_needs_codes_of_its_own(register: Register) -> None:
    faults = [str(fault) for fault in clashes(register, load_register(PROVINCE))]
    assert faults == [
        f"agencies.csv, row {row}, column code: '{code}' is a body of 282-kh-ubnd-2023 "
        "(Ủy ban nhân dân tỉnh Bình Dương), too: give this plan's a code of its own"
        for row, code in ((2, TAICHINH), (4, YTE))
    ]


def test_an_address_is_one_body_s_in_all_plans(register: Register, following: Register) -> None:
    mine, other = "syt@binhduong.gov.vn", with_address(following, TAICHINH, "syt@binhduong.gov.vn")
    (fault,) = clashes(with_address(register, YTE, mine), other)
    assert (fault.file, fault.column) == ("agencies.csv", "mail_addresses")
    assert fault.what == f"'{mine}' is an address of {YTE} in 282-kh-ubnd-2023"
    assert list(clashes(with_address(register, YTE, mine), with_address(following, YTE, mine))) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "column"),
    [
        (("mail_domains", "x.gov.vn"), ("mail_addresses", "y@x.gov.vn"), "mail_addresses"),
        (("mail_addresses", "y@x.gov.vn"), ("mail_domains", "x.gov.vn"), "mail_domains"),
        (("mail_domains", "x.gov.vn"), ("mail_domains", "x.gov.vn"), "mail_addresses"),
    ],
)
def test_nor_is_an_address_in_a_domain_of_another_body(
    register: Register, following: Register, mine: tuple[str, str], theirs: tuple[str, str], column: str
) -> None:
    (fault,) = clashes(having(register, YTE, *mine), having(following, TAICHINH, *theirs))
    assert fault.column == column
    assert YTE in fault.what
    assert list(clashes(having(register, YTE, *mine), having(following, YTE, *theirs))) == []


def test_two_folders_of_one_plan_are_refused(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fault,) = clashes(register, register)
    assert (fault.file, fault.column) == ("plan.yaml", "code")
    plan_dirs = (PLAN_DIR, PROVINCE)
    monkeypatch.setattr(side_by_side, "get_settings", lambda: Settings(tmp_path, plan_dirs, None))
    with pytest.raises(RegisterError, match=f"{PROVINCE}: 2 faults in the register"):
        get_plans()
    good = (PLAN_DIR, next_plan_dir(tmp_path))
    monkeypatch.setattr(side_by_side, "get_settings", lambda: Settings(tmp_path, good, None))
    assert list(get_plans().by_code) == ["282-kh-ubnd-2023", NEXT]


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (datetime(2023, 12, 25, 23, 59, tzinfo=HANOI), "282-kh-ubnd-2023"),
        (datetime(2023, 12, 26, tzinfo=HANOI), NEXT),
        (datetime(2025, 1, 1, tzinfo=HANOI), NEXT),
    ],
)
def test_the_current_plan_is_the_first_that_is_not_over(
    register: Register, following: Register, now: datetime, code: str
) -> None:
    assert Plans((register, following)).current(now).code == code


def test_a_plan_that_is_not_in_hand_is_named(register: Register) -> None:
    with pytest.raises(NotInHandError, match=r"'x' is not in hand \(TIENDO_PLAN\); there are 282-kh-ubnd-2023\."):
        Plans((register,)).of_code("x")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("a:2023-Q1", ["a:2023-Q1"]), ("2023-Q1", ["a:2023-Q1", "b:2023-Q1"]), ("2024-Q1", ["b:2024-Q1"]),
        ("c:2023-Q1", []), ("a", []), ("", []),
    ],
)  # fmt: skip
def test_a_bare_period_means_every_plan_that_has_it(key: str, meant: list[str]) -> None:
    assert meant_by(key, ["a:2023-Q1", "b:2023-Q1", "b:2024-Q1"]) == meant
    assert PlanPeriod("a", str(Period(2023, 1))).key == "a:2023-Q1"
