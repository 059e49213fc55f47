"""What bodies say of their tasks, beside what is known: what contradicts it, each with a brother that does not."""

import pytest

from tiendo.validation.assertions import TaskAssertion, check_assertions

pytestmark = pytest.mark.slow

PLAN = {"own_plan": "lacking"}
OVERDUE = {"days_overdue": 1, "due": "hết quý I"}
FAILING = {"failing": ("IIP tăng", "Nhà ở xã hội")}


@pytest.mark.parametrize(
    ("state", "known", "against"),
    [
        ("done", PLAN, "chưa nhận được kế hoạch của đơn vị"),
        ("late", PLAN, ""),
        ("done", {}, ""),
        ("on_schedule", OVERDUE, "thời hạn hết quý I đã qua"),
        ("not_started", OVERDUE, "thời hạn hết quý I đã qua"),
        ("late", OVERDUE, ""),
        ("done", OVERDUE, ""),
        ("on_schedule", OVERDUE | {"days_overdue": 0}, ""),
        ("done", FAILING, "chỉ tiêu gắn với nhiệm vụ chậm hoặc không đạt: IIP tăng; Nhà ở xã hội"),
        ("on_schedule", FAILING, "chỉ tiêu gắn với nhiệm vụ chậm hoặc không đạt: IIP tăng; Nhà ở xã hội"),
        ("late", FAILING, ""),
        ("not_applicable", PLAN | OVERDUE | FAILING, ""),
        (
            "done", PLAN | FAILING,
            "chưa nhận được kế hoạch của đơn vị; chỉ tiêu gắn với nhiệm vụ chậm hoặc không đạt: IIP tăng; Nhà ở xã hội",
        ),
    ],
)  # fmt: skip
def test_an_assertion_is_set_against_what_is_known(state, known, against):
    nothing = {"own_plan": "", "days_overdue": 0, "due": "", "failing": ()}
    innocent = TaskAssertion("II.1", "so-y-te", "on_schedule", **nothing)
    told, run = check_assertions([innocent, TaskAssertion("II.2", "so-y-te", state, **(nothing | known))])
    assert told == ({("II.2", "so-y-te"): against} if against else {})
    assert run.row_count == 2


def test_no_assertions_contradict_nothing():
    told, run = check_assertions([])
    assert (told, run.row_count) == ({}, 0)
