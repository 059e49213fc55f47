from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiendo.clock import HANOI
from tiendo.model.content import RawCell
from tiendo.model.period import Period, PeriodKind
from tiendo.vietnamese.dates import (
    QUARTER,
    YEAR_TO_DATE,
    find_periods,
    format_date,
    format_instant,
    long_date,
    read_date,
    read_period,
)

PI_DAY = date(2023, 3, 14)


@pytest.mark.parametrize(
    "cell",
    [
        PI_DAY,
        datetime.fromisoformat("2023-03-14T23:59"),
        RawCell(datetime.fromisoformat("2023-03-14")),
        RawCell("14/03/2023"),
        "14/03/2023",
        "14/3/2023",
        "'14/3/2023",
        " 14 / 3 / 2023 ",
        "14-3-2023",
        "14–3–2023",
        "14.3.2023",
        "14/3/23",
        "14/3",
        "ngày 14/3/2023",
        "Ngày 14 tháng 3 năm 2023",
        "ngày 14 tháng 03, năm 2023",
        "14 tháng 3",
        "2023-03-14",
        "2023-03-14 00:00:00",
        "2023-03-14T16:30:00+07:00",
    ],
)
def test_reads_date(cell: Any) -> None:
    assert read_date(cell, year=2023) == PI_DAY


@pytest.mark.parametrize(
    "cell",
    [None, "", "03/14/2023", "31/2/2023", "14/3/203", "14-3/2023", "14.617", "45000", 45000, 45000.0, True, "quý I",
     "14/03/1623", date(1900, 1, 1), "1" * 500, "ngày", "14/03/2023 và 15/03/2023", "１４/03/2023"],
)  # fmt: skip
def test_nonsense_is_no_date(cell: Any) -> None:
    assert read_date(cell, year=2023) is None


def test_day_without_year_needs_one() -> None:
    assert read_date("14/3") is None


def test_day_comes_first() -> None:
    assert read_date("03/04/2023") == date(2023, 4, 3)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)))
def test_written_dates_are_read_again(day: date) -> None:
    assert read_date(format_date(day)) == day
    assert read_date(long_date(day)) == day
    assert read_date(day.isoformat()) == day


@given(st.text() | st.integers() | st.floats() | st.datetimes() | st.none())
def test_never_fails(cell: Any) -> None:
    assert read_date(cell, year=2023) is None or isinstance(cell, str | datetime)
    if isinstance(cell, str):
        read_period(cell, year=2023)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        # The plan itself is dated "ngày 19 tháng 01 năm 2023".
        (date(2023, 1, 19), "ngày 19 tháng 01 năm 2023"),
        (date(2023, 2, 5), "ngày 05 tháng 02 năm 2023"),
        (date(2023, 3, 9), "ngày 09 tháng 3 năm 2023"),
        (date(2023, 12, 10), "ngày 10 tháng 12 năm 2023"),
    ],
)
def test_long_date(day: date, text: str) -> None:
    assert long_date(day) == text


def test_format_instant_is_local_time() -> None:
    assert format_instant(datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)) == "16:30 ngày 14/03/2023"
    assert format_instant(datetime(2023, 3, 14, 17, 5, tzinfo=UTC)) == "00:05 ngày 15/03/2023"
    with pytest.raises(ValueError, match="offset"):
        format_instant(datetime.fromisoformat("2023-03-14T16:30"))


@pytest.mark.parametrize(
    ("text", "quarter", "basis"),
    [
        ("Quý I", 1, QUARTER),
        ("quý 1/2023", 1, QUARTER),
        ("Quý I năm 2023", 1, QUARTER),
        ("QUÝ II/2023", 2, QUARTER),
        ("Quí III-2023", 3, QUARTER),
        ("qúy IV.2023", 4, QUARTER),
        ("Q.I-2023", 1, QUARTER),
        ("Q. II 2023", 2, QUARTER),
        ("q1/2023", 1, QUARTER),
        ("Q1", 1, QUARTER),
        ("I/2023", 1, QUARTER),
        ("IV/2023", 4, QUARTER),
        ("2023-Q1", 1, QUARTER),
        ("2023Q3", 3, QUARTER),
        ("quý l", 1, QUARTER),
        ("quý ll/2023", 2, QUARTER),
        ("quý lV", 4, QUARTER),
        ("quý một", 1, QUARTER),
        ("quý tư năm 2023", 4, QUARTER),
        ("Kỳ báo cáo: quý I năm 2023", 1, QUARTER),
        ("3 tháng đầu năm", 1, YEAR_TO_DATE),
        ("03 tháng đầu năm 2023", 1, YEAR_TO_DATE),
        ("6 tháng", 2, YEAR_TO_DATE),
        ("sáu tháng đầu năm", 2, YEAR_TO_DATE),
        ("9 tháng đầu năm 2023", 3, YEAR_TO_DATE),
        ("lũy kế 9 tháng", 3, YEAR_TO_DATE),
        ("luỹ kế 9 tháng/2023", 3, YEAR_TO_DATE),
        ("12 tháng", 4, YEAR_TO_DATE),
        ("cả năm 2023", 4, YEAR_TO_DATE),
        ("năm 2023", 4, YEAR_TO_DATE),
    ],
)
def test_reads_period(text: str, quarter: int, basis: str) -> None:
    assert read_period(text, year=2023) == (Period(2023, quarter), basis)


@pytest.mark.parametrize(
    "text",
    [None, "", "quý", "quý V", "quý 5", "quý 0/2023", "quý 11", "quý IIII", "I", "1", "6 tháng cuối năm", "7 tháng",
     "tháng 3", "quý I/23", "quý I/1623", "quý trước", "quý I và quý II", "2023-Q5", "2023"],
)  # fmt: skip
def test_nonsense_is_no_period(text: str | None) -> None:
    assert read_period(text, year=2023) is None


def test_period_without_year_needs_one() -> None:
    assert read_period("Quý I") is None
    assert read_period("quý I/2022", year=2023) == (Period(2022, 1), QUARTER)


MONTH, HALF_YEAR, SO_FAR, YEAR = (
    PeriodKind.MONTH, PeriodKind.HALF_YEAR, PeriodKind.YEAR_TO_DATE, PeriodKind.YEAR,
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "period", "basis"),
    [
        (MONTH, "tháng 4", "2023-M04", QUARTER),
        (MONTH, "Tháng 04/2023", "2023-M04", QUARTER),
        (MONTH, "T4/2023", "2023-M04", QUARTER),
        (MONTH, "T12", "2023-M12", QUARTER),
        (MONTH, "tháng tư năm 2023", "2023-M04", QUARTER),
        (MONTH, "tháng năm năm 2023", "2023-M05", QUARTER),
        (MONTH, "tháng mười một", "2023-M11", QUARTER),
        (MONTH, "2023-M04", "2023-M04", QUARTER),
        (MONTH, "4/2023", "2023-M04", QUARTER),
        (MONTH, "04-2022", "2022-M04", QUARTER),
        (MONTH, "Kỳ báo cáo: tháng 4 năm 2023", "2023-M04", QUARTER),
        (MONTH, "4 tháng đầu năm", "2023-M04", YEAR_TO_DATE),
        (MONTH, "bốn tháng đầu năm 2023", "2023-M04", YEAR_TO_DATE),
        (MONTH, "6 tháng", "2023-M06", YEAR_TO_DATE),
        (HALF_YEAR, "6 tháng đầu năm 2023", "2023-H1", QUARTER),
        (HALF_YEAR, "sáu tháng đầu năm", "2023-H1", QUARTER),
        (HALF_YEAR, "nửa đầu năm", "2023-H1", QUARTER),
        (HALF_YEAR, "6 tháng cuối năm", "2023-H2", QUARTER),
        (HALF_YEAR, "nửa cuối năm 2022", "2022-H2", QUARTER),
        (HALF_YEAR, "2023-H2", "2023-H2", QUARTER),
        (HALF_YEAR, "cả năm", "2023-H2", YEAR_TO_DATE),
        (HALF_YEAR, "năm 2023", "2023-H2", YEAR_TO_DATE),
        (HALF_YEAR, "12 tháng", "2023-H2", YEAR_TO_DATE),
        (SO_FAR, "6 tháng", "2023-YTD06", YEAR_TO_DATE),
        (SO_FAR, "9 tháng đầu năm 2023", "2023-YTD09", YEAR_TO_DATE),
        (SO_FAR, "cả năm", "2023-YTD12", YEAR_TO_DATE),
        (SO_FAR, "năm 2023", "2023-YTD12", YEAR_TO_DATE),
        (SO_FAR, "12 tháng", "2023-YTD12", YEAR_TO_DATE),
        (YEAR, "năm 2023", "2023", YEAR_TO_DATE),
        (YEAR, "cả năm 2022", "2022", YEAR_TO_DATE),
        (YEAR, "12 tháng năm 2023", "2023", YEAR_TO_DATE),
        (YEAR, "2023", "2023", QUARTER),
    ],
)
def test_reads_period_of_a_kind(kind: PeriodKind, text: str, period: str, basis: str) -> None:
    assert read_period(text, year=2023, kind=kind) == (Period.parse(period), basis)


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (MONTH, ["quý I", "2023-Q1", "6 tháng cuối năm", "năm 2023", "2023", "4", "13/2023", "14/4/2023", "tháng 13",
                 "tháng năm 2023", "tháng … năm 2023", "tháng 3 và 4"]),
        (HALF_YEAR, ["quý I", "tháng 6", "9 tháng", "3 tháng đầu năm", "2023", "2023-M06", "nửa năm"]),
        (SO_FAR, ["quý III", "tháng 9", "3 tháng", "6 tháng cuối năm", "2023"]),
        (YEAR, ["9 tháng", "tháng 12", "quý IV", "6 tháng cuối năm", "2023-Q4"]),
        (PeriodKind.QUARTER, ["tháng 3", "4 tháng", "2023-M03", "3/2023", "nửa đầu năm", "2023"]),
    ],
)  # fmt: skip
def test_other_lengths_are_no_period_of_the_plan(kind: PeriodKind, texts: list[str]) -> None:
    assert {text: read_period(text, year=2023, kind=kind) for text in texts} == dict.fromkeys(texts)


@pytest.mark.parametrize(
    ("kind", "text", "periods"),
    [
        (MONTH, "Kỳ báo cáo: tháng 4 năm 2023   ·   Thời hạn: trước ngày 15 tháng 5 năm 2023", ["2023-M04"]),
        (MONTH, "BÁO CÁO THÁNG 4, NHIỆM VỤ TRỌNG TÂM THÁNG 5 NĂM 2023", ["2023-M04"]),
        (MONTH, "KẾT QUẢ THỰC HIỆN NHIỆM VỤ THÁNG 4 NĂM 2023", ["2023-M04"]),
        (MONTH, "Báo cáo tháng 4 và kế hoạch tháng 5", ["2023-M04"]),
        (MONTH, "Báo cáo tháng 6 và 6 tháng đầu năm 2023", ["2023-M06"]),
        (MONTH, "Báo cáo tháng 5, 6 tháng đầu năm 2023", ["2023-M05", "2023-M06"]),
        (MONTH, "bc_thang 4_2022", ["2022-M04"]),
        (MONTH, "2023-M04_so-y-te", ["2023-M04"]),
        (MONTH, "BC T4-2023", ["2023-M04"]),
        (MONTH, "Ước thực hiện tháng 4", ["2023-M04"]),
        (MONTH, "Lũy kế 4 tháng", ["2023-M04"]),
        (MONTH, "Bình Dương, ngày 14 tháng 4 năm 2023", []),
        (MONTH, "Bình Dương, ngày     tháng 4 năm 2023", []),
        (MONTH, "14 tháng 4 năm 2023", []),
        (MONTH, "Báo cáo tháng … năm 2023", []),
        (MONTH, "Kết quả tháng 3 và 4 năm 2023", []),
        (MONTH, "Báo cáo quý I năm 2023", []),
        (MONTH, "BC T4 gửi Sở", []),
        (MONTH, "Báo cáo hàng tháng một lần", []),
        (MONTH, "NĂM 2023", []),
        (HALF_YEAR, "BÁO CÁO 6 THÁNG ĐẦU NĂM, NHIỆM VỤ 6 THÁNG CUỐI NĂM 2023", ["2023-H1"]),
        (HALF_YEAR, "Báo cáo 6 tháng cuối năm 2023", ["2023-H2"]),
        (HALF_YEAR, "bao cao 6 thang dau nam 2023", ["2023-H1"]),
        (HALF_YEAR, "2023-H2_so-y-te", ["2023-H2"]),
        (HALF_YEAR, "Báo cáo kết quả năm 2023", ["2023-H2"]),
        (HALF_YEAR, "Báo cáo tháng 6 năm 2023", []),
        (SO_FAR, "Báo cáo 9 tháng đầu năm 2023, phương hướng 3 tháng cuối năm", ["2023-YTD09"]),
        (SO_FAR, "2023-YTD09_so-y-te", ["2023-YTD09"]),
        (SO_FAR, "Báo cáo năm 2023", ["2023-YTD12"]),
        (SO_FAR, "9 tháng đầu năm, ước cả năm 2023", ["2023-YTD09"]),
        (SO_FAR, "Báo cáo 9 tháng, ước cả năm 2023", ["2023-YTD09"]),
        (SO_FAR, "bao cao 9 thang uoc ca nam 2023", ["2023-YTD09"]),
        (SO_FAR, "9T-2023", ["2023-YTD09"]),
        (SO_FAR, "BC 12T 2022", ["2022-YTD12"]),
        (SO_FAR, "T9-2023", []),
        (SO_FAR, "BÁO CÁO TỔNG KẾT NĂM 2023", ["2023-YTD12"]),
        (SO_FAR, "Báo cáo kết quả thực hiện kế hoạch năm 2023", []),
        (HALF_YEAR, "6T2023", ["2023-H1"]),
        (HALF_YEAR, "Báo cáo 6T đầu năm 2023", ["2023-H1"]),
        (HALF_YEAR, "9T2023", []),
        (HALF_YEAR, "Báo cáo tình hình thực hiện kế hoạch năm 2023", []),
        (MONTH, "BÁO CÁO TỔNG KẾT NĂM 2023", []),
        (MONTH, "6T2023", []),
        (YEAR, "Kỳ báo cáo: năm 2023   ·   Thời hạn: trước ngày 15 tháng 1 năm 2024", ["2023"]),
        (YEAR, "BÁO CÁO NĂM 2023", ["2023"]),
        (YEAR, "Kết quả thực hiện cả năm 2023, nhiệm vụ năm 2024", ["2023"]),
        (YEAR, "BÁO CÁO TỔNG KẾT NĂM 2023", ["2023"]),
        (YEAR, "TỔNG KẾT CÔNG TÁC NĂM 2023", ["2023"]),
        (YEAR, "bao cao tong ket nam 2022", ["2022"]),
        (YEAR, "Báo cáo kết quả thực hiện kế hoạch năm 2023", ["2023"]),
        (YEAR, "Báo cáo kết quả thực hiện nhiệm vụ năm 2023, phương hướng, nhiệm vụ năm 2024", ["2023"]),
        (YEAR, "Báo cáo tình hình thực hiện các chỉ tiêu năm 2023", ["2023"]),
        (YEAR, "TÌNH HÌNH THỰC HIỆN KẾ HOẠCH PHÁT TRIỂN KINH TẾ - XÃ HỘI NĂM 2023 VÀ KẾ HOẠCH NĂM 2024", ["2023"]),
        (YEAR, "bao_cao_tinh_hinh_thuc_hien_ke_hoach_nam_2023", ["2023"]),
        (YEAR, "Báo cáo kết quả thực hiện kế hoạch 5 năm 2021-2025", []),
        (YEAR, "Báo cáo kết quả thực hiện kế hoạch phát triển năm 2021-2025", []),
        (YEAR, "Báo cáo tình hình thực hiện kế hoạch 6 tháng đầu năm 2023", []),
        (YEAR, "Báo cáo tình hình thực hiện kế hoạch quý I năm 2023", []),
        (YEAR, "Theo kết luận tại hội nghị tổng kết năm 2022", []),
        (YEAR, "Triển khai thực hiện kế hoạch năm 2023", []),
        (YEAR, "Kế hoạch phát triển kinh tế - xã hội năm 2023", []),
        (YEAR, "NĂM 2023", []),
        (YEAR, "2023", []),
    ],
)
def test_finds_periods_of_a_kind(kind: PeriodKind, text: str, periods: list[str]) -> None:
    assert find_periods(text, year=2023, kind=kind) == set(map(Period.parse, periods))


@pytest.mark.parametrize("kind", PeriodKind)
def test_each_period_is_read_by_its_own_names(kind: PeriodKind) -> None:
    for month in range(1, 13):
        if month in kind.ends:
            period = Period(2023, kind.ends.index(month) + 1, kind)
            for text in (str(period), period.vietnamese, period.vietnamese.capitalize()):
                assert (read_period(text, kind=kind) or [None])[0] == period
            assert find_periods(f"BÁO CÁO {period.vietnamese.upper()}", kind=kind) == {period}
