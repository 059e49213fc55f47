"""Acts from a page: sent by a form of ours, by the account that it was made for, about what it showed.

An act on Airflow's own things goes to Airflow's own API, in this process, by the credentials of the request itself: no
account of ours has rights that the person has not, and Airflow's locks, permissions and audit log are what they are.
"""

from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.configuration import conf
from fastapi import Depends, Request
from itsdangerous import BadSignature, URLSafeSerializer

from tiendo.model.register import Register
from tiendo.pages.frame import Refusal

# Ten thousand letters of Vietnamese, as a browser writes them, and the rest of a form.
LONGEST_FORM = 200_000
_STRANGE = "Biểu mẫu không gửi từ trang này của hệ thống, nên không thực hiện gì. Mở lại trang và nhập lại."


async def read_form(request: Request) -> dict[str, str]:
    """Returns the fields of a form that a page of ours has sent; kept for the page that tells of an ended session.

    Raises:
        Refusal: 403 from another site, 413 too long, 422 no form.
    """
    check_sent(request, LONGEST_FORM, "application/x-www-form-urlencoded")
    fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    request.state.typed = "\n".join(value for name, value in fields.items() if value and name not in {"token", "act"})
    return fields


Form = Annotated[dict[str, str], Depends(read_form)]


def check_sent(request: Request, longest: int, kind: str) -> None:
    """Makes sure that a form comes from a page of ours, before any of it is read.

    Args:
        longest: in bytes.
        kind: its content type.

    Raises:
        Refusal: 403 from another site, 413 too long, 422 of another kind.
    """
    # SameSite lets sister sites of one domain through; where a form came from a browser says truly.
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    address = urlsplit(conf.get("api", "base_url", fallback=""))
    ours = {f"{request.url.scheme}://{request.headers.get('host', '')}", f"{address.scheme}://{address.netloc}"}
    if (site is None and origin is None) or site not in (None, "same-origin") or not ({origin} <= ours | {None}):
        raise Refusal(403, f"The form comes from {origin or site or 'nowhere'}.", _STRANGE)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > longest:
        raise Refusal(413, "too long", "Nội dung gửi quá dài.")
    if request.headers.get("content-type", "").partition(";")[0] != kind:
        raise Refusal(422, "no form", _STRANGE)


def form_token(user: BaseUser, register: Register, *about: str | int) -> str:
    """Returns what makes a form this account's, about this and nothing else: a site that cannot read it cannot post."""
    return str(signer("forms").dumps([str(user.get_id()), register.code, *about]))


def read_token(user: BaseUser, register: Register, token: str) -> list[Any]:
    """Returns what a form is about.

    Raises:
        Refusal: 403, it was not made by us for this account and this plan.
    """
    try:
        account, plan_code, *about = signer("forms").loads(token)
    except (BadSignature, ValueError) as error:
        raise Refusal(403, "The form's token is not ours.", _STRANGE) from error
    if account != str(user.get_id()):
        raise Refusal(
            403,
            "The form was made for another account.",
            "Biểu mẫu được mở bằng tài khoản khác, nên không thực hiện gì. Mở lại trang bằng tài khoản đang đăng nhập.",
        )
    if plan_code != register.code:
        raise Refusal(
            403,
            f"The form was made for another plan, {plan_code}.",
            "Biểu mẫu này là của kế hoạch khác, nên không thực hiện gì. Mở lại trang của kế hoạch và nhập lại.",
        )
    return list(about)


def signer(purpose: str) -> URLSafeSerializer:
    """Returns what signs texts by the key of this installation; what is signed for one purpose is no other's."""
    return URLSafeSerializer(get_signing_key("api", "secret_key"), salt=f"tiendo.pages.{purpose}")


async def ask_airflow(request: Request, method: str, path: str, body: Any = None) -> httpx.Response:
    """Calls Airflow's API (``/api/v2/...``) as the account of a request, with that request's own credentials."""
    headers = {"accept": "application/json"}
    if bearer := request.headers.get("authorization"):
        headers["authorization"] = bearer
    if cookie := request.cookies.get(COOKIE_NAME_JWT_TOKEN):
        headers["cookie"] = f"{COOKIE_NAME_JWT_TOKEN}={cookie}"
    client = (request.client.host, request.client.port) if request.client else ("127.0.0.1", 0)
    # Airflow's app itself: no address, proxy or certificate stands in between. A fault of its own is its 500.
    transport = httpx.ASGITransport(request.scope["tiendo.airflow"], raise_app_exceptions=False, client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://airflow", headers=headers) as api:
        return await api.request(method, path, json=body)
