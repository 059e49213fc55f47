"""The bodies' own implementation plans in the replay: a Word file each that says what it stands for."""

import io

from tiendo.local.demo import DemoFile, OwnPlan
from tiendo.model.register import Register
from tiendo.ooxml.archive_bytes import repack


def make_own_plan(register: Register, own_plan: OwnPlan) -> DemoFile:
    """Makes one body's plan; the same body and instant give the same bytes."""
    from docx import Document

    agency = register.agency_by_code[own_plan.agency]
    document = Document()
    document.add_heading(f"Kế hoạch của {agency.name} thực hiện {register.short_title}", level=1)
    document.add_paragraph("Tệp minh họa, dùng cho bản chạy lại năm; không phải văn bản của cơ quan nêu trên.")
    buffer = io.BytesIO()
    document.save(buffer)
    name = f"KH thuc hien - {agency.short_name.replace('/', '-')}.docx"
    return DemoFile(agency.code, name, repack(buffer.getvalue(), own_plan.sent_at), own_plan.sent_at)
