"""The plan as a register: who owes what, against which target, by when. Plan data lives in include/plans/."""
