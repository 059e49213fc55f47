"""Which of the states that a register lists a text is."""

from collections.abc import Sequence

from tiendo.model.register import ListedState
from tiendo.vietnamese.text import fold


def listed_state(states: Sequence[ListedState], text: str) -> ListedState | None:
    """Returns the state whose words a text is, but for capitals, blanks and the like; None where it is none."""
    folded = fold(text)
    return next((state for state in states if fold(state.text) == folded), None)


def state_list(states: Sequence[ListedState]) -> str:
    """Returns the words of a list in its order, ``Chưa triển khai; Đang triển khai; Hoàn thành``."""
    return "; ".join(state.text for state in states)
