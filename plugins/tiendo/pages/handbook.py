"""The handbook: a part for each kind of people, and the steps for what the control room tells operations to do.

The part for who sends reports is also a file of its own, for bodies have no account here. Nothing of it needs the
warehouse.
"""

from base64 import b64encode
from functools import cache

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tiendo.feedback.receipt import VERDICT_NAMES
from tiendo.model.register import Register
from tiendo.pages.frame import PREFIX, OfPlan, Refusal, Viewer, page
from tiendo.settings import INCLUDE
from tiendo.vietnamese.dates import deadline_text, format_instant, last_moment_text, long_date

HERE = f"{PREFIX}/so-tay"
SENDING = "gui-bao-cao"
PARTS = {SENDING: "Gửi báo cáo", "van-hanh": "Vận hành", "phe-duyet": "Phê duyệt"}
router = APIRouter(prefix="/so-tay")


@router.get("")
def steps(user: Viewer, _: OfPlan) -> HTMLResponse:
    """Returns the steps for what operations are told to do."""
    return page("so_tay.html.j2", user=user.get_name(), parts=PARTS, here=HERE)


@router.get("/{part}")
def read(user: Viewer, register: OfPlan, part: str) -> HTMLResponse:
    """Returns a part."""
    if part not in PARTS:
        raise Refusal(404, "no such part", f"Sổ tay không có phần này; có: {', '.join(PARTS.values())}.")
    return _part(register, part, user.get_name())


@router.get(f"/{SENDING}/tep")
def sending_as_a_file(user: Viewer, register: OfPlan) -> HTMLResponse:
    """Returns the part for senders as one file, to be handed to the bodies."""
    file = _part(register, SENDING, is_file=True)
    file.headers["Content-Disposition"] = f'attachment; filename="huong-dan-{SENDING}.html"'
    return file


def _part(register: Register, part: str, user: str = "", *, is_file: bool = False) -> HTMLResponse:
    """Returns a part, its pictures in it; ``is_file`` leaves out what only the pages lead to."""
    return page(
        f"so_tay_{part.replace('-', '_')}.html.j2",
        user=user,
        here=HERE,
        part=part,
        parts=PARTS,
        is_file=is_file,
        register=register,
        picture=picture,
        verdicts=VERDICT_NAMES,
        deadline=deadline_text,
        last_moment=last_moment_text,
        day=long_date,
        instant=format_instant,
    )


@cache
def picture(name: str) -> str:
    """Returns a picture of ``include/handbook`` as the address that holds it."""
    return f"data:image/png;base64,{b64encode((INCLUDE / 'handbook' / f'{name}.png').read_bytes()).decode()}"
