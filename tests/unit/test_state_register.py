"""Registering an indicator whose target is words: what may be reported of it, and every fault with its cell."""

from pathlib import Path

import pytest

from fixtures.amended import PLAN_DIR, amendment
from fixtures.states import CODE, STATES, state_plan, state_register
from tiendo.model.register import ListedState, Register
from tiendo.plan.known import read_known
from tiendo.plan.new_plan import empty_target
from tiendo.plan.register import RegisterError, load_register
from tiendo.report.amendments import amendment_text, lines_of

SOUND = "Hoàn thành=achieved"
FAULTS = [
    ({"states": ""}, "states", "is empty for comparator state"),
    (
        {"states": "Xong=done"},
        "states",
        "'done' is no verdict; these are exceeded, achieved, on_track, at_risk, behind",
    ),
    ({"states": f"{SOUND};Chậm=missed"}, "states", "'missed' is no verdict"),
    ({"states": f"Đang làm=on_track;đang  LÀM=behind;{SOUND}"}, "states", "'đang  LÀM' is 'Đang làm' once more"),
    ({"states": "Chưa triển khai=behind;Đang triển khai=on_track"}, "states", "has no state that is achieved"),
    (
        {"states": f"Đang triển khai; chậm=behind;{SOUND}"},
        "states",
        "'Đang triển khai' must be a state and its verdict",
    ),
    ({"states": f"Chậm=behind,{SOUND}"}, "states", "'Chậm=behind,Hoàn thành=achieved' must be a state and its verdict"),
    ({"states": f"{SOUND};"}, "states", "'' must be a state and its verdict"),
    ({"states": f"=behind;{SOUND}"}, "states", "'=behind' must be a state and its verdict"),
    ({"states": f"100%=achieved;{SOUND}"}, "states", "'100%' has no letter; a state is words"),
    ({"states": f"Chưa có số liệu=behind;{SOUND}"}, "states", "would be read as the answer not_available"),
    ({"low": "30"}, "low", "must be empty for comparator state"),
    ({"high": "30"}, "high", "must be empty for comparator state"),
    ({"baseline": "3"}, "baseline", "must be empty for comparator state"),
    ({"profile": "0.25;0.5;0.75;1"}, "profile", "must be empty for comparator state"),
    ({"minimum": "0"}, "minimum", "must be empty for comparator state"),
    ({"maximum": "9"}, "maximum", "must be empty for comparator state"),
    ({"asked_beyond": "2"}, "asked_beyond", "must be empty for comparator state"),
    ({"tolerance": "1"}, "tolerance", "must be 0 for comparator state"),
    ({"unit": "percent"}, "unit", "must be empty: what is reported is words"),
    ({"nature": "ratio"}, "nature", "is state for comparator state, and for no other"),
    ({"direction": "higher_better", "direction_source": "evident"}, "direction", "does not go with comparator state"),
    ({"target_text": ""}, "target_text", "is empty; a target in words keeps them as printed"),
    ({"decision": ""}, "decision", "what may be reported of a target in words is in no print"),
    ({"comparator": "none"}, "states", "goes with comparator state"),
]


@pytest.mark.parametrize(("cells", "column", "what"), FAULTS, ids=[f"{column}-{what}" for _, column, what in FAULTS])
def test_what_cannot_be_is_told_with_its_cell(tmp_path: Path, cells: dict[str, str], column: str, what: str) -> None:
    with pytest.raises(RegisterError) as error:
        state_register(tmp_path, **cells)
    told = [fault for fault in error.value.faults if fault.column == column]
    row = (PLAN_DIR / "indicators.csv").read_text(encoding="utf-8").split(f",{CODE},")[0].count("\n") + 1
    assert {(fault.file, fault.row) for fault in told} == {("indicators.csv", row)}
    assert what in told[0].what


def test_states_are_kept_in_order_and_the_target_as_printed(tmp_path: Path) -> None:
    indicator = state_register(tmp_path).indicator_by_code[CODE]
    assert (indicator.target_text, indicator.unit, indicator.low) == ("Hoàn thành", None, None)
    assert indicator.states[1] == ListedState("Đang triển khai, chậm", "behind")
    assert len(indicator.states) == STATES.count(";") + 1


def test_a_target_in_words_may_be_another_than_the_states(tmp_path: Path) -> None:
    words = "Đạt mức tiên tiến của cả nước"
    assert state_register(tmp_path, target_text=words).indicator_by_code[CODE].target_text == words


def test_a_plan_without_states_keeps_its_hash_also_with_the_empty_column(register: Register, tmp_path: Path) -> None:
    plan_dir = state_plan(tmp_path, code="none")
    with_column = load_register(plan_dir)
    assert with_column.indicators == register.indicators
    assert with_column.version_sha256 == register.version_sha256
    assert state_register(tmp_path).version_sha256 != register.version_sha256
    assert register.version_sha256 == "eaca107c6deb1a64919739b36d1b9ef119d832752bd9dfd6410f522668910359"


def test_the_list_is_amended_and_the_words_too_but_no_number_becomes_words(tmp_path: Path) -> None:
    new = "Chưa xong=behind;Xong=achieved"
    register = state_register(
        tmp_path,
        amendment("2023-05-01", "indicator", CODE, "set", "states", new),
        amendment("2023-05-01", "indicator", CODE, "set", "target_text", "Xong trước tháng 12"),
    )
    later = register.versions[-1][1].indicator_by_code[CODE]
    assert (later.target_text, [state.text for state in later.states]) == ("Xong trước tháng 12", ["Chưa xong", "Xong"])
    told = [amendment_text(line) for line in lines_of(register, register.amendments)]
    assert "các trạng thái được báo cáo điều chỉnh từ “Chưa triển khai (Chậm); Đang" in told[0]
    assert "thành “Chưa xong (Chậm); Xong (Đạt)”" in told[0]
    with pytest.raises(RegisterError, match="column nature: is state for comparator state, and for no other"):
        state_register(tmp_path, amendment("2023-05-01", "indicator", "par-index", "set", "comparator", "state"))


def test_the_draft_of_the_next_year_asks_whether_the_list_stands(tmp_path: Path) -> None:
    known = read_known(state_plan(tmp_path), [])
    assert known is not None
    cells = next(cells for cells in known.indicators if cells["code"] == CODE)
    assert empty_target(cells, known)["states"] == f"??? {STATES}"
