"""The year after the replayed one: an illustration that says so everywhere, and the same each time."""

from pathlib import Path

import pytest

from fixtures.amended import PLAN_DIR
from tiendo.local.demo import build_scenario
from tiendo.local.demo_files import files_of
from tiendo.local.next_year import NextYear, prepare
from tiendo.model.register import Register
from tiendo.plan.side_by_side import load_plans


@pytest.fixture(scope="module")
def following(register: Register, tmp_path_factory: pytest.TempPathFactory) -> NextYear:
    return prepare(build_scenario(register), PLAN_DIR, tmp_path_factory.mktemp("plans"))


def test_it_stands_beside_the_replayed_year(following: NextYear) -> None:
    plans = load_plans((PLAN_DIR, following.plan_dir))
    assert list(plans.by_code) == ["282-kh-ubnd-2023", "minh-hoa-2024"]
    steps = [(step.action, str(step.period)) for part in (following.closing, following.opening) for step in part.steps]
    assert steps == [
        ("collect", "2023-Q4"), ("publish", "2023-Q4"),
        ("remind", "2024-Q1"), ("collect", "2024-Q1"), ("publish", "2024-Q1"),
    ]  # fmt: skip


def test_every_target_is_the_old_one_and_says_that_it_is_an_illustration(
    register: Register, following: NextYear
) -> None:
    plan = following.opening.register
    assert "không phải văn bản của cơ quan có thẩm quyền" in plan.title
    assert "minh họa" in plan.short_title
    for indicator in plan.indicators:
        old = register.indicator_by_code[indicator.code]
        assert (indicator.target_text, indicator.low, indicator.high) == (old.target_text, old.low, old.high)
        if indicator.is_leaf:
            assert indicator.decision.startswith("Minh họa, chỉ tiêu lấy theo năm 2023."), indicator.code
    (amendment,) = plan.amendments
    assert amendment.is_illustrative


def test_all_its_figures_are_illustrative_and_of_its_year(following: NextYear) -> None:
    figures = following.opening.figures
    assert figures
    assert {(figure.period, figure.origin, figure.source_url) for figure in figures} == {
        ("2024-Q1", "illustrative", "")
    }
    assert all("minh họa" in figure.note for figure in figures)
    assert {figure.data_on[:4] for figure in figures} == {"2024", ""}


def test_it_is_made_once_and_its_files_are_the_same_each_time(register: Register, following: NextYear) -> None:
    again = prepare(build_scenario(register), PLAN_DIR, following.plan_dir.parent)
    assert again.opening.register.sha256 == following.opening.register.sha256
    for one, other in ((following.closing, again.closing), (following.opening, again.opening)):
        for step, same in zip(one.steps, other.steps, strict=True):
            assert list(files_of(one, step)) == list(files_of(other, same))


def test_a_plan_that_was_left_half_made_is_made_anew(register: Register, tmp_path: Path) -> None:
    half = tmp_path / "minh-hoa-2024"
    half.mkdir()
    (half / "plan.yaml").write_text("code: ???", encoding="utf-8")
    assert prepare(build_scenario(register), PLAN_DIR, tmp_path).opening.register.year == 2024
