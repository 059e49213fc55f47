"""A small edition made by hand, with one of everything a renderer must cope with."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Thresholds
from tiendo.report.data import (
    Approval,
    EditionChange,
    EditionData,
    HistoryPoint,
    IndicatorLine,
    InputFile,
    LeadLine,
    Letterhead,
    Origin,
    PreviousEdition,
    RecordCard,
    Revision,
    Submission,
    TaskLine,
    TaskReport,
)

Q1 = Period(2023, 1)
Q2 = Period(2023, 2)
AS_OF = datetime(2023, 6, 14, 16, 30, tzinfo=HANOI)
HASH = "3f" * 32
APPROVAL = Approval("Nguyễn Thị Hòa", datetime(2023, 6, 14, 16, 45, tzinfo=HANOI))

ORIGIN = Origin(
    receipt_no="TN-000012",
    file_name="BC quý II (sửa) & bổ sung.xlsx",
    file_sha256=HASH,
    sheet="Chỉ tiêu",
    cell="G12",
    agency_name="Sở Kế hoạch và Đầu tư",
    received_at=datetime(2023, 6, 13, 9, 5, tzinfo=HANOI),
)

ECONOMY = ("I", "Một số chỉ tiêu về kinh tế")
NETWORKS = ("III", "Một số chỉ tiêu về phát triển hệ thống kết cấu hạ tầng")


def _line(code: str, section: tuple[str, str], *told: str, **more):
    no, name, unit, target, status = told
    values = {
        "code": code,
        "row_order": 0,
        "row_kind": "indicator",
        "section_no": section[0],
        "section_title": section[1],
        "printed_no": no,
        "name": name,
        "full_name": name,
        "unit": unit,
        "decimals": 1,
        "target_text": target,
        "target_low": None,
        "target_high": None,
        "agency_name": "Sở Kế hoạch và Đầu tư",
        "status": status,
        "value": None,
        "value_text": "",
        "value_kind": "",
        "value_basis": "",
        "expected": None,
        "ratio": None,
        "margin": None,
        "margin_up": None,
        "margin_down": None,
        "needed": None,
        "sentence": "",
        "rule_version": "1",
        "is_estimate": False,
        "is_approximate": False,
        "is_illustrative": False,
        "data_on": None,
        "note": "",
        "explanation": "",
        "origin": None,
        "series": Q2.of_year,
        "expected_path": (None, None, None, None),
        "history": (),
    }
    return IndicatorLine(**(values | more))


FDI = _line(
    "thu-hut-fdi",
    ECONOMY,
    "2",
    "Thu hút vốn đầu tư trực tiếp nước ngoài",
    "Triệu USD",
    "1.800",
    "on_track",
    decimals=1,
    target_low=Decimal(1800),
    value=Decimal("967.3"),
    value_text="967,3",
    value_kind="actual",
    value_basis="year_to_date",
    expected=Decimal(900),
    ratio=Decimal("1.0748"),
    ratio_text="107,5%",
    margin=Decimal("67.3"),
    needed=Decimal("832.7"),
    sentence="Đạt 967,3 triệu USD, bằng 107,5% mức phải đạt đến hết quý II (900,0); cần 832,7 triệu USD trong 2 quý.",
    data_on=date(2023, 6, 10),
    origin=ORIGIN,
    expected_path=(Decimal(450), Decimal(900), Decimal(1350), Decimal(1800)),
    expected_even=Decimal(900),
    previous_period=Q1,
    previous_value=Decimal(437),
    previous_status="on_track",
    trend="better",
    history=(
        HistoryPoint(Q1, Decimal(437), Decimal(450), "on_track"),
        HistoryPoint(Q2, Decimal("967.3"), Decimal(900), "on_track"),
    ),
)
EXPORTS = _line(
    "tang-xuat-khau",
    ECONOMY,
    "3",
    "Tốc độ tăng kim ngạch xuất khẩu",
    "%",
    "9 - 10",
    "behind",
    target_low=Decimal(9),
    target_high=Decimal(10),
    value=Decimal("-18.7"),
    value_text="-18,7",
    value_kind="estimate",
    value_basis="year_to_date",
    expected=Decimal(9),
    margin=Decimal("-27.7"),
    sentence="Giảm 18,7% so với cùng kỳ, thấp hơn mức sàn 9% của kế hoạch 27,7 điểm phần trăm.",
    is_estimate=True,
    explanation='=HYPERLINK("http://x") đơn hàng giảm <mạnh> & kéo dài\x0b',
    responsible=("Sở Công Thương",),
    origin=replace(ORIGIN, receipt_no="TN-000007", cell="G9", agency_name="Sở Công Thương"),
    expected_path=(Decimal(9), Decimal(9), Decimal(9), Decimal(9)),
    previous_period=Q1,
    previous_value=Decimal("-18.7"),
    previous_status="behind",
    trend="same",
    history=(
        HistoryPoint(Q1, Decimal("-18.7"), Decimal(9), "behind"),
        HistoryPoint(Q2, Decimal("-18.7"), Decimal(9), "behind"),
    ),
)
LINES = (
    FDI,
    EXPORTS,
    _line(
        "thu-ngan-sach",
        ECONOMY,
        "5",
        "Tổng thu ngân sách nhà nước trên địa bàn",
        "Tỷ đồng",
        "74.617",
        "at_risk",
        value=Decimal(31550),
        value_text="31.550",
        value_kind="estimate",
        value_basis="year_to_date",
        expected=Decimal("37308.5"),
        ratio=Decimal("0.8457"),
        ratio_text="84,6%",
        margin=Decimal("-5758.5"),
        needed=Decimal(43067),
        sentence="Đạt 31.550 tỷ đồng, bằng 84,6% mức phải đạt đến hết quý II; cần 43.067 tỷ đồng trong 2 quý.",
        is_estimate=True,
        is_illustrative=True,
        origin=replace(ORIGIN, receipt_no="TN-000003", cell="G7", agency_name="Sở Tài chính"),
        expected_path=(Decimal("18654.25"), Decimal("37308.5"), Decimal("55962.75"), Decimal(74617)),
        expected_even=Decimal(36000),
        previous_period=Q1,
        previous_value=Decimal(17300),
        previous_status="at_risk",
        trend="worse",
        history=(HistoryPoint(Q2, Decimal(31550), Decimal("37308.5"), "at_risk"),),
    ),
    _line("so-thue-bao", NETWORKS, "18", "Số thuê bao điện thoại", "", "", "", row_kind="group"),
    _line(
        "thue-bao-di-dong",
        NETWORKS,
        "",
        "- Di động",
        "Thuê bao",
        "3.800.000",
        "no_data",
        row_kind="sub_indicator",
        full_name="Số thuê bao điện thoại: Di động",
        agency_name="Sở Thông tin và Truyền thông",
        sentence="Chưa có số liệu: Sở Thông tin và Truyền thông chưa báo cáo.",
    ),
    _line(
        "doanh-nghiep-hoat-dong",
        NETWORKS,
        "18",
        "Số doanh nghiệp đang hoạt động lũy kế",
        "Doanh nghiệp",
        "65.762",
        "undecidable",
        decimals=0,
        value=Decimal(65600),
        value_text="gần 65.600",
        value_kind="actual",
        value_basis="year_to_date",
        is_approximate=True,
        sentence="Số liệu làm tròn (gần 65.600), chưa đủ để kết luận.",
        origin=replace(ORIGIN, cell="G14"),
    ),
    _line(
        "pci", ("V", "Một số chỉ tiêu về cải cách hành chính"), "32", "Thứ hạng PCI", "", "< 10", "not_yet_published"
    ),
)
BODY = (
    _line(
        "bao-hiem-y-te",
        ("II.2", "Chỉ tiêu nêu trong nội dung Kế hoạch"),
        "",
        "Tỷ lệ người dân tham gia bảo hiểm y tế",
        "%",
        "> 92",
        "achieved",
        row_kind="body_target",
        value=Decimal("92.5"),
        value_text="92,5",
        value_kind="actual",
        value_basis="year_to_date",
        margin=Decimal("0.5"),
        is_illustrative=True,
        note="Số liệu minh họa",
        origin=replace(ORIGIN, receipt_no="TN-000020", agency_name="Sở Y tế"),
    ),
)
SUBMISSIONS = (
    Submission(
        "so-ke-hoach-va-dau-tu",
        "Sở Kế hoạch và Đầu tư",
        "accepted",
        ORIGIN.received_at,
        True,
        0,
        2,
        0,
        "TN-000012",
    ),
    Submission(
        "so-tai-chinh",
        "Sở Tài chính",
        "accepted_with_warnings",
        datetime(2023, 6, 16, 8, tzinfo=HANOI),
        False,
        2,
        1,
        3,
        "TN-000003",
    ),
    Submission(
        "so-y-te", "Sở Y tế", "rejected", datetime(2023, 6, 12, 8, tzinfo=HANOI), None, None, None, 4, "TN-000020"
    ),
    Submission(
        "so-thong-tin-va-truyen-thong", "Sở Thông tin và Truyền thông", "missing", None, None, None, None, 0, ""
    ),
)


def _report(agency: int, state: str, **more) -> TaskReport:
    row = SUBMISSIONS[agency]
    values = {"completion_pct": None, "result": "", "difficulty": "", "proposal": "", "origin": None}
    if state != "not_reported":
        values["origin"] = replace(ORIGIN, sheet="Nhiệm vụ", cell="D8", agency_name=row.agency_name)
    return TaskReport(row.agency_code, row.agency_name, state, **(values | more))


TASKS = (
    TaskLine(
        "II.1.a",
        "II.1",
        "Tiếp tục ưu tiên giữ vững ổn định kinh tế vĩ mô",
        "Điều hành thu - chi ngân sách",
        False,
        None,
        "",
        (
            _report(
                1,
                "late",
                completion_pct=Decimal("37.5"),
                result="+ Thu nội địa 22.000 tỷ đồng\n- Thu xuất nhập khẩu <9.500> tỷ đồng",
                difficulty="=1+1 Thu từ đất chậm & chưa đấu giá được",
                proposal="@UBND tỉnh chỉ đạo sớm phê duyệt giá đất",
            ),
        ),
    ),
    TaskLine("II.2", "II.2", "Y tế", "Phòng, chống dịch bệnh", False, None, "", (_report(2, "not_reported"),)),
    TaskLine(
        "III.3",
        "III",
        "Tổ chức thực hiện",
        "Gửi kế hoạch thực hiện của đơn vị",
        True,
        date(2023, 2, 28),
        "trong tháng 02/2023",
        (
            _report(0, "done"),
            _report(1, "late", difficulty="=1+1 Thu từ đất chậm & chưa đấu giá được"),
            _report(2, "not_reported"),
            _report(3, "not_reported"),
        ),
    ),
)

DRAFT = EditionData(
    plan_code="282-kh-ubnd-2023",
    plan_title="Triển khai thực hiện Nghị quyết số 01/NQ-CP ngày 06/01/2023 của Chính phủ",
    plan_short_title="Kế hoạch số 282/KH-UBND",
    province="Bình Dương",
    plan_issued_by="Ủy ban nhân dân tỉnh Bình Dương",
    plan_issued_on=date(2023, 1, 19),
    register_sha256="ab" * 32,
    rule_version="1",
    letterhead=Letterhead(
        parent_body="Ủy ban nhân dân tỉnh Bình Dương",
        issuing_body="Sở Kế hoạch và Đầu tư",
        symbol="BC-SKHĐT",
        place="Bình Dương",
        addressee="Ủy ban nhân dân tỉnh",
        signing_office=("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
        signer="",
        recipients=("Như trên;", "Các sở, ban, ngành;", "Lưu: VT, TH."),
        annex="Phụ lục II",
    ),
    period=Q2,
    edition=2,
    as_of=AS_OF,
    cut_off_on=date(2023, 6, 14),
    due_at=datetime(2023, 6, 15, tzinfo=HANOI),
    closing_at=datetime(2023, 6, 26, tzinfo=HANOI),
    next_due_at=datetime(2023, 9, 15, tzinfo=HANOI),
    thresholds=Thresholds(Decimal("0.95"), Decimal("0.60"), Decimal("0.5")),
    approval=None,
    submissions=SUBMISSIONS,
    indicators=LINES,
    body_targets=BODY,
    tasks=TASKS,
    revisions=(
        Revision(
            "thu-hut-fdi",
            "Thu hút vốn đầu tư trực tiếp nước ngoài",
            "Triệu USD",
            1,
            Q1,
            "year_to_date",
            Decimal(437),
            Decimal("440.2"),
            "Cập nhật dự án cấp phép ngày 31/3",
            replace(ORIGIN, sheet="Sửa số kỳ trước", cell="F6"),
        ),
    ),
    previous=PreviousEdition(
        1,
        datetime(2023, 6, 14, 8, tzinfo=HANOI),
        (
            EditionChange(
                "thu-hut-fdi",
                "Thu hút vốn đầu tư trực tiếp nước ngoài",
                "Triệu USD",
                1,
                "at_risk",
                "on_track",
                Decimal(700),
                Decimal("967.3"),
                "Đạt 700 triệu USD.",
                "Đạt 967,3 triệu USD.",
                ORIGIN,
            ),
        ),
        ("Sở Tài chính",),
    ),
    leads=(
        LeadLine(
            "so-ke-hoach-va-dau-tu",
            "Sở Kế hoạch và Đầu tư",
            (("not_yet_published", 1), ("on_track", 1), ("undecidable", 1)),
            (("late", 1), ("not_reported", 2)),
        ),
        LeadLine("so-y-te", "Sở Y tế", (), (("not_reported", 3),)),
    ),
    records=(
        RecordCard(
            "so-tai-chinh", "Sở Tài chính", 2, 2, 1, 1, 0, Decimal("1.5"), 3, 1, 1, 0, "accepted",
            datetime(2023, 3, 6, 10, tzinfo=HANOI), 6, (("Giá trị lệch nghìn lần <so> với kế hoạch", 1),),
        ),
        RecordCard("so-y-te", "Sở Y tế", 2, 0, 0, 0, 2, None, None, 0, 0, 1, "missing", None, None),
    ),
    inputs=(
        InputFile(
            "TN-000003", "bao cao.xlsx", "aa" * 32, 9000, "Sở Tài chính", "2023-Q2", "accepted_with_warnings",
            datetime(2023, 6, 16, 8, tzinfo=HANOI), True,
        ),
        InputFile(
            "TN-000012", ORIGIN.file_name, HASH, 12345, "Sở Kế hoạch và Đầu tư", "2023-Q2", "accepted",
            ORIGIN.received_at, True,
        ),
    ),
)  # fmt: skip
PUBLISHED = replace(DRAFT, approval=APPROVAL)
FIRST = replace(DRAFT, edition=1, previous=None, revisions=(), approval=APPROVAL)
