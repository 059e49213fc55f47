"""What a period, and what is of it alone, is called in the messages of the suites."""

from tiendo.model.period import Period
from tiendo.vietnamese.text import capital


def period_words(period: Period) -> dict[str, str]:
    """Returns the words that messages are filled with, for a period of any kind.

    ``in_period`` is "trong quý", ``In_period`` the same at the head of a sentence, ``period_noun`` "quý",
    ``Period_short`` "Quý I"; ``adding_up`` and ``difference`` say how the two figures of a sum hang together.
    """
    kind, first = period.kind, period.of_year[0].short
    words = {
        "in_period": kind.in_it,
        "In_period": capital(kind.in_it),
        "period_noun": kind.noun,
        "Period_short": capital(period.short),
        "adding_up": f"{first} hai số bằng nhau, các {kind.noun} sau số {kind.in_it} là phần tăng thêm của số lũy kế",
        "difference": "hiệu của số lũy kế kỳ này và kỳ trước",
    }
    if kind.runs_from_start:
        return words | {"adding_up": "hai số tính từ đầu năm nên bằng nhau", "difference": "số lũy kế từ đầu năm"}
    return words
