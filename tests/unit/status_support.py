"""A small plan to grade: indicators of any nature and target, thresholds as in the real plan."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tiendo.model.register import (
    Agency,
    Comparator,
    Direction,
    Indicator,
    Nature,
    Register,
    RowKind,
    Thresholds,
    Unit,
)

THRESHOLDS = Thresholds(on_track=Decimal("0.95"), at_risk=Decimal("0.60"), approximate_tolerance_pct=Decimal("0.5"))
AS_OF = datetime(2023, 4, 1, tzinfo=UTC)
PERCENT = Unit("percent", "%", "share", 2)
MILLION_USD = Unit("million_usd", "Triệu USD", "money", 1)
BILLION_VND = Unit("billion_vnd", "Tỷ đồng", "money", 0)
ENTERPRISE = Unit("enterprise", "Doanh nghiệp", "count", 0)
BOYS = Unit("boys_per_100_girls", "Số bé trai so với 100 bé gái", "measure", 1)
RANK = Unit("rank", "Hạng", "rank", 0)


def dec(text: str | None) -> Decimal | None:
    """Reads a cell of a table of cases: "-" and None stand for nothing."""
    return None if text is None or text == "-" else Decimal(text)


def make_indicator(nature: str, target: str, baseline: str = "-", **changes: Any) -> Indicator:
    """Makes an indicator from a target written ``ge 100``, ``range 9 10``, ``none``."""
    comparator, *bounds = target.split()
    numbers = [Decimal(bound) for bound in bounds]
    low = high = None
    if comparator in ("ge", "gt"):
        low = numbers[0]
    elif comparator in ("le", "lt"):
        high = numbers[0]
    elif comparator != "none":
        low, high = numbers
    fields: dict[str, Any] = {
        "code": "chi-tieu",
        "row_order": 1,
        "row_kind": RowKind.INDICATOR,
        "parent_code": None,
        "section_no": "I",
        "section_title": "Kinh tế",
        "printed_no": "1",
        "name": "Chỉ tiêu",
        "label": "Chỉ tiêu",
        "unit_as_printed": "%",
        "unit": PERCENT,
        "target_text": " ".join(bounds),
        "comparator": Comparator(comparator),
        "low": low,
        "high": high,
        "direction": Direction.LOWER_BETTER if comparator in ("le", "lt") else Direction.HIGHER_BETTER,
        "nature": Nature(nature),
        "reporters": ("so-a",),
        "has_precedence": False,
        "published_in": (1, 2, 3, 4),
        "publication_note": "",
        "baseline": dec(baseline),
        "baseline_on": None,
        "baseline_source": "",
        "profile": None,
        "tolerance": Decimal(0),
        "minimum": None,
        "maximum": None,
        "decision": "",
    }
    return Indicator(**(fields | changes))


def make_register(*indicators: Indicator) -> Register:
    """Makes a plan of 2023 with three agencies."""
    agencies = tuple(
        Agency(code, name, name, "department", True, order)
        for order, (code, name) in enumerate(
            [("so-a", "Sở Công Thương"), ("so-b", "Cục Thống kê"), ("so-c", "Sở Tài chính")], start=1
        )
    )
    return Register(
        code="thu",
        title="Kế hoạch thử",
        short_title="Kế hoạch thử",
        province="Bình Dương",
        issued_by="UBND tỉnh",
        issued_on=date(2023, 1, 19),
        year=2023,
        rule_version="1",
        sha256="0" * 64,
        thresholds=THRESHOLDS,
        report={},
        units={},
        agencies=agencies,
        indicators=indicators,
        tasks=(),
        calendar=(),
        own_plan_task="",
    )


def observation(value: str | None, **changes: Any) -> dict[str, Any]:
    """Makes one year-to-date observation of the first quarter by the first agency."""
    fields: dict[str, Any] = {
        "observation_id": 1,
        "indicator_code": "chi-tieu",
        "period": "2023-Q1",
        "agency_code": "so-a",
        "basis": "year_to_date",
        "kind": "actual",
        "answer": "not_available" if value is None else "value",
        "value": dec(value),
        "value_text": "" if value is None else value,
        "is_approximate": False,
        "is_illustrative": False,
        "note": "",
    }
    return fields | changes
