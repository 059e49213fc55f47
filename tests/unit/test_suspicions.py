"""What a flow's cells, a sheet's rows and the words beside a rate give away; and that honest figures do not."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fixtures.submissions import change_indicator, clean_content, known_figure, typed_number
from tiendo.model.period import Period
from tiendo.model.register import Indicator, Nature, Register
from tiendo.validation.check import BatchFile, check_batch
from tiendo.validation.facts import RegisterFacts
from tiendo.validation.slips import Nearness, PlacedFigure, find_moved, is_sign_denied, judge_flow
from tiendo.validation.suites import get_suite

ROWS = get_suite("indicator_row")
DAYS = {1: date(2023, 3, 14), 2: date(2023, 6, 14), 3: date(2023, 9, 14), 4: date(2023, 12, 14)}


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    ("quarter", "year_to_date", "last", "last_quarter", "expected", "mistake", "meant"),
    [
        # FDI of 2023: 437 by March, 967,3 by June, of 1.800 in the year
        ("530.3", "967.3", "437", "437", "900", "", None),
        ("530.3", "530.3", "437", "437", "900", "quarter_in_both", ("530.3", "967.3")),
        ("967.3", "967.3", "437", "437", "900", "cumulative_in_both", ("530.3", "967.3")),
        ("967.3", "530.3", "437", "437", "900", "swapped", ("530.3", "967.3")),
        (None, "400", "437", "437", "900", "quarter_in_both", ("400", "837")),
        ("430", "430", "437", "437", None, "quarter_in_both", ("430", "867")),
        # The last figures again, in whole or in half
        ("437", "437", "437", "437", "900", "repeated", (None, None)),
        (None, "437", "437", "437", "900", "repeated", (None, None)),
        ("530.3", "437", "437", "437", "900", "repeated", ("530.3", "967.3")),
        # Nothing happened in the quarter, and it says so
        ("0", "437", "437", "437", "900", "", None),
        # A slow quarter, a fast one, a first one after nothing
        ("40", "477", "437", "437", "900", "", None),
        ("1000", "1437", "437", "437", "900", "", None),
        ("15", "15", "0", "0", "4000", "", None),
        # A fall that no exchange explains is told as a fall
        ("50", "430", "437", "437", "900", "", None),
    ],
)
def test_flow_cells(
    quarter: str | None, year_to_date: str, last: str, last_quarter: str, *, expected: str | None, mistake: str,
    meant: tuple[str | None, str | None] | None,
) -> None:  # fmt: skip
    found = judge_flow(
        number(quarter), Decimal(year_to_date), last=Decimal(last), last_quarter=Decimal(last_quarter),
        expected=number(expected), rounding_share=Decimal(str(ROWS.parameters["rounding_share"])),
    )  # fmt: skip
    assert found.mistake == mistake
    if meant is not None:
        assert (found.quarter, found.year_to_date) == tuple(number(text) for text in meant)


# FDI, enterprises, new enterprises, capital of new ones, as the first quarter lets expect them
REFERENCES = ("450", "59484", "1657.5", "10497.25")


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        (("437", "60748", "1420", "8950"), {}),
        (("60748", "437", "1420", "8950"), {0: 1, 1: 0}),
        (("437", "60748", "8950", "1420"), {}),  # six times: not for certain
        (("437", "1420", "60748", "8950"), {1: 2, 2: 1}),
        (("60748", "1420", "8950", None), {1: 0, 2: 1, 3: 2}),
        ((None, "437", "60748", "1420"), {0: 1, 1: 2, 2: 3}),
        (("43700", "60748", "1420", "8950"), {}),  # a slip in one figure is no shift
        (("437000", "6074", "1420", "8950"), {}),  # nor are two
    ],
)
def test_shifted_rows(values: tuple[str | None, ...], moved: dict[int, int]) -> None:
    figures = [PlacedFigure(number(v), Decimal(r)) for v, r in zip(values, REFERENCES, strict=True)]
    kwargs = ROWS.kwargs_of("figure-of-another-row")
    assert find_moved(figures, Nearness(kwargs["at_home"], kwargs["stranger"], kwargs["fewest"])) == moved


@pytest.mark.parametrize(
    ("rate", "text", "is_denied"),
    [
        ("18.7", "Giảm 18,7% so với cùng kỳ", True),
        ("18.7", "kim ngạch ước giảm khoảng 18.7 %", True),
        ("18.7", "âm 18,7%", True),
        ("18.7", "-18,7%", True),
        ("18.7", "Tăng trưởng âm 18,7", True),
        ("18.7", "giảm mạnh 18,7 %", True),
        ("18.7", "Giảm so với cùng kỳ năm 2022: 18,7%", True),
        ("18.7", "tiếp tục giảm sâu, ở mức 18,7%", True),
        ("-18.7", "Tăng 18,7% so với cùng kỳ", True),
        # Another figure fell; the rate rises; the turn is told; by how much the rate moved
        ("18.7", "Nhập khẩu giảm 5,2%", False),
        ("18.7", "Tăng 18,7% nhờ giảm thuế", False),
        ("3", "Tăng trở lại sau khi giảm 18,7% ở quý I", False),
        ("18.7", "Tuy giảm ở quý I nhưng tăng 18,7% lũy kế", False),
        ("18.7", "giảm 18,7 điểm phần trăm so với quý I", False),
        ("18.7", "giảm 118,7%", False),
        ("18.7", "Tốc độ tăng giảm còn 18,7%", False),
        ("18.7", "giảm từ 20% xuống 18,7%", False),
        ("-18.7", "Giảm 18,7% do đơn hàng không tăng", False),
        ("-18.7", "Tăng trưởng âm 18,7%", False),
        ("18.7", "quý 1-18,7%", False),
        ("0", "không tăng, không giảm", False),
        # Words of any length are looked through in one go
        ("18.7", "giảm " + "a" * 30_000, False),
        ("18.7", "giảm " * 6_000 + "(" * 6_000, False),
        ("18.7", "", False),
    ],
)
def test_words_that_deny_a_sign(rate: str, text: str, *, is_denied: bool) -> None:
    assert is_sign_denied(Decimal(rate), ("", text)) is is_denied


def _value(indicator: Indicator, pace: float, expected: Decimal | None) -> int | float:
    whole = indicator.unit is not None and indicator.unit.family in ("count", "rank")
    value = (expected or Decimal(10)) * Decimal(str(pace))
    if indicator.unit is not None and indicator.unit.family == "share":
        value = min(value, Decimal(100))
    if indicator.maximum is not None:
        value = min(value, indicator.maximum)
    return typed_number(value.to_integral_value() if whole else value.quantize(Decimal("0.1")))


@pytest.mark.slow
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(data=st.data())
def test_plausible_files_are_never_suspected(register: Register, data: st.DataObject) -> None:
    """Flows between a third and half as much again of their pace, levels near their targets, rates of up to 15."""
    facts = RegisterFacts(register)
    bodies = [agency.code for agency in register.obliged if register.indicators_of(agency.code)]
    body = data.draw(st.sampled_from(bodies))
    known: dict[str, Decimal] = {}
    for quarter in (1, 2, 3, 4):
        content = clean_content(register, body, f"2023-Q{quarter}")
        period = Period(2023, quarter)
        told: dict[str, Decimal] = {}
        for indicator in register.indicators_of(body):
            if quarter not in indicator.published_in:
                continue
            fact = facts.indicators[indicator.code]
            if indicator.nature is Nature.FLOW:
                # A sum grows by the quarter's share, at its own pace.
                first = facts.indicators[indicator.code].expected(Period(2023, 1)) or Decimal(10)
                part = Decimal(str(_value(indicator, data.draw(st.floats(0.35, 1.5)), first)))
                whole = known.get(indicator.code, Decimal(0)) + part
                typed = {"quarter": typed_number(part), "year_to_date": typed_number(whole)}
            elif indicator.nature is Nature.GROWTH:
                # A turn of the sign and a leap may be asked about.
                whole = Decimal(str(round(data.draw(st.floats(0.5, 15)), 1))).copy_sign(
                    known.get(indicator.code, Decimal(data.draw(st.sampled_from((-1, 1)))))
                )
                typed = {"year_to_date": typed_number(whole)}
            else:
                # A stock that stands at its target to the last digit may be asked about.
                pace = data.draw(st.floats(0.85, 1.1).filter(lambda pace: abs(pace - 1) > 0.001))
                whole = Decimal(str(_value(indicator, pace, fact.expected(period))))
                typed = {"year_to_date": typed_number(whole)}
            told[indicator.code] = whole
            content = change_indicator(content, indicator.code, **typed)
        content = change_indicator(content, "tu-vong-duoi-1-tuoi", year_to_date=3)
        told |= {code: Decimal(3) for code in told if code == "tu-vong-duoi-1-tuoi"}
        history = [known_figure(i, body, f"2023-Q{quarter - 1}", v) for i, v in known.items()]
        (outcome,) = check_batch(register, [BatchFile(1, "bc.xlsx", body, content)], history, today=DAYS[quarter])
        # Draws may repeat: levels that are all the same as last quarter are told, and rightly.
        found = [finding for finding in outcome.findings if finding.rule != "figures-new"]
        assert found == [], (body, quarter)
        known |= told
