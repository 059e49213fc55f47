"""The pages as people use them: Debian's Chromium before the running services, on a desk and on a phone.

Pictures of what was seen lie in ``var/screenshots/`` afterwards. Those of the handbook are kept in
``include/handbook/``, each beside what a reader of the screen is told of it: where a page has changed, its picture is
taken anew by ``make pictures``.
"""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from e2e.evening import DESK, EVENING, HEALTH, PERIOD, PHONE, TORN, Evening, evening
from fixtures.packages import needs
from tiendo.local.demo import Scenario
from tiendo.local.demo_files import make_file
from tiendo.local.environment import ADMIN, REVIEWER
from tiendo.local.replay import drop_files
from tiendo.settings import INCLUDE, PROJECT

pytestmark = pytest.mark.timeout(1800)
# A page tells the outcome once the services have done their part: on a machine that does other work, in its own time.
expect.set_options(timeout=120_000)
KEPT = INCLUDE / "handbook"
RECEIPT = {"width": 900, "height": 440}
AT_THE_EDGE = 4
SEEN = PROJECT / "var" / "screenshots"
IS_WRITING = os.environ.get("TIENDO_WRITE_PICTURES") == "1"
PAGES = {
    "phong-dieu-hanh": "/tiendo/",
    "tep": "/tiendo/tep/TN-000027",
    "don-vi": f"/tiendo/don-vi/{HEALTH}",
    "chi-tieu": "/tiendo/chi-tieu/thu-hut-fdi",
    "quy-tac": "/tiendo/quy-tac/magnitude",
    "tim": "/tiendo/tim?q=y+t%E1%BA%BF",
    "viec": "/tiendo/viec/",
    "so-lieu": "/tiendo/so-lieu",
    "phe-duyet": "/tiendo/duyet/",
    "so-tay": "/tiendo/so-tay",
    "so-tay-gui": "/tiendo/so-tay/gui-bao-cao",
    "so-tay-van-hanh": "/tiendo/so-tay/van-hanh",
    "so-tay-phe-duyet": "/tiendo/so-tay/phe-duyet",
    "khong-co": "/tiendo/tep/TN-999999",
}
# What passes with the hours and the machine.
PASSING = (
    (re.compile(r"còn trống [\d.,]+ \w+"), "còn trống …"),
    (re.compile(r"cách đây \d+ giây"), "cách đây … giây"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "…"),
)
WORDS_IN_VIEW = """part => {
  const found = [], walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (walker.nextNode()) {
    range.selectNodeContents(walker.currentNode);
    const at = range.getBoundingClientRect(), words = walker.currentNode.textContent.trim();
    if (words && at.width && at.top >= 0 && at.bottom <= innerHeight && at.left >= 0) found.push(words);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def here(scenario: Scenario) -> Iterator[Evening]:
    SEEN.mkdir(parents=True, exist_ok=True)
    with needs("chromium"), evening(scenario) as here:
        yield here


@pytest.fixture(autouse=True)
def nothing_is_wrong(here: Evening) -> Iterator[None]:
    """No page asks another host, breaks its own policy, or stumbles in its script."""
    yield
    assert here.complaints == []
    assert here.hosts <= {urlsplit(here.url).netloc}


def picture(page: Page, name: str, part: Locator | None = None) -> None:
    """Keeps what a screen, or a part of a page, shows, and holds the handbook's picture of that name against it."""
    content = part.screenshot() if part else page.screenshot()
    told = "\n".join((part or page.locator("body")).evaluate(WORDS_IN_VIEW))
    for passing, stand_in in PASSING:
        told = passing.sub(stand_in, told)
    (SEEN / f"{name}.png").write_bytes(content)
    if IS_WRITING:
        (KEPT / f"{name}.png").write_bytes(content)
        (KEPT / f"{name}.txt").write_text(f"{told}\n", encoding="utf-8")
    kept = (KEPT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    shown = told.splitlines()
    # Which of the last words are just in view is a matter of the machine's fonts.
    sure = max(len(kept), len(shown)) - AT_THE_EDGE
    assert shown[:sure] == kept[:sure], "make pictures takes it anew"


def test_without_a_login_nothing_is_seen_and_one_comes_back(here: Evening) -> None:
    with here.seen_by() as page:
        page.goto(f"/tiendo/don-vi/{HEALTH}")
        assert urlsplit(page.url).path.startswith("/auth/login")
        assert "Sở Y tế" not in page.content()
        here.log_in(page, REVIEWER)
        assert urlsplit(page.url).path == f"/tiendo/don-vi/{HEALTH}"
        expect(page.get_by_role("heading", level=1)).to_contain_text("Sở Y tế")


def test_the_room_is_found_in_airflows_own_navigation(here: Evening) -> None:
    with here.seen_by(ADMIN) as page:
        page.goto("/")
        page.get_by_role("button", name="Plugins").click()
        with page.expect_popup() as opened:
            page.get_by_role("menuitem", name="Điều hành").click()
        expect(opened.value.get_by_role("heading", level=1)).to_contain_text("Phòng điều hành")


def test_why_a_body_was_refused_is_one_click_away(here: Evening) -> None:
    with here.seen_by(ADMIN) as page:
        page.goto("/tiendo/")
        picture(page, "phong-dieu-hanh")
        row = page.get_by_role("row", name="Sở Y tế").filter(has_text="↺ Trả lại")
        expect(row).to_contain_text("Số liệu lệch khoảng 10, 100, 1.000 lần")
        row.get_by_role("link", name=re.compile("TN-")).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Trả lại")
        found = page.get_by_role("row").filter(has_text="Số giường bệnh").first
        expect(found).to_contain_text(re.compile(r"Chỉ tiêu!\w\d+"))
        picture(page, "tep-bi-tra-lai")
        page.get_by_role("link", name="Phiếu tiếp nhận đã gửi đơn vị").click()
        expect(page.locator("body")).to_contain_text("Sở Y tế")


def test_an_answer_is_read_without_an_account(here: Evening) -> None:
    """The answers as their bodies open them, from a folder."""
    with here.seen_by(size=RECEIPT) as page:
        for agency, verdict, name in (
            ("so-tai-chinh", "Đã tiếp nhận", "phieu-da-nhan"),
            (HEALTH, "Chưa tiếp nhận, đề nghị sửa và gửi lại", "phieu-tra-lai"),
        ):  # fmt: skip
            newest = max((here.settings.outbox / agency / PERIOD).glob("TN-*.html"))
            page.goto(newest.as_uri())
            expect(page.locator("body")).to_contain_text(verdict)
            assert serious(page) == []
            page.screenshot(path=SEEN / f"{name}-whole.png", full_page=True)
            picture(page, name)


def test_what_is_to_be_done_leads_to_its_steps(here: Evening) -> None:
    with here.seen_by(ADMIN) as page:
        page.goto("/tiendo/")
        held = page.get_by_role("listitem").filter(has_text="tạm giữ").first
        held.get_by_role("link", name="Các bước xử lý").click()
        assert page.url.endswith("/tiendo/so-tay#quarantine")
        expect(page.get_by_role("heading", name="Tệp bị tạm giữ")).to_be_in_viewport()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nobody_is_kept_out_by_how_a_page_is_made(here: Evening, size: dict[str, int]) -> None:
    """Axe finds nothing serious; nothing is wider than the screen."""
    wrong = {}
    with here.seen_by(ADMIN, size) as page:
        for name, path in PAGES.items():
            page.goto(path)
            page.screenshot(path=SEEN / f"{name}-{size['width']}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                wrong[name] = ["wider than the screen"]
            if found := serious(page):
                wrong[name] = [*wrong.get(name, []), *found]
    assert wrong == {}


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found if each["impact"] in {"serious", "critical"}
    ]


def test_a_draft_is_asked_for_returned_and_approved(here: Evening) -> None:
    """An operator asks for a draft; a director returns one body's report on a phone, and approves the next draft."""
    with here.seen_by(ADMIN) as operator, here.seen_by(REVIEWER, PHONE, scale=2) as director:
        ask_for_draft(operator)
        wait_for_question(director)
        picture(director, "phe-duyet-dien-thoai")
        assert serious(director) == []
        director.screenshot(path=SEEN / "phe-duyet-390.png", full_page=True)
        assert director.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

        # Who is not named as a reviewer sees the same, without a button.
        operator.goto(f"/tiendo/duyet/{PERIOD}")
        expect(operator.get_by_text(f"Tài khoản {ADMIN.title()} được xem, không được quyết định").first).to_be_visible()
        assert operator.locator("main form").count() == 0
        operator.screenshot(path=SEEN / "phe-duyet-1280.png", full_page=True)

        # A form with a mistake says so and stands as it was filled in.
        director.get_by_text("Trả lại báo cáo của một đơn vị…").click()
        director.get_by_label("Nội dung đề nghị điều chỉnh").fill("Đề nghị rà soát số vốn đăng ký mới.")
        director.get_by_role("button", name="Xác nhận trả lại, chưa ban hành").click()
        expect(director.get_by_role("alert")).to_contain_text("đơn vị")
        assert director.get_by_label("Nội dung đề nghị điều chỉnh").input_value().startswith("Đề nghị rà soát")
        returned = director.locator("#return")
        returned.get_by_role("combobox").select_option(label="Sở Kế hoạch và Đầu tư")
        picture(director, "phe-duyet-tra-lai", returned)
        returned.get_by_role("button", name="Xác nhận trả lại, chưa ban hành").click()
        expect(director.locator("main")).to_contain_text("Đã trả lại, chưa ban hành")
        expect(director.locator("main")).to_contain_text(re.compile(r"DC-\d{6} đã gửi Sở Kế hoạch và Đầu tư"))
        director.screenshot(path=SEEN / "phe-duyet-ket-qua-390.png", full_page=True)

        ask_for_draft(operator)
        wait_for_question(director)
        approve_by_keyboard(director)
        expect(director.locator("main")).to_contain_text("Đã ban hành")
        director.goto(f"/tiendo/published/282-kh-ubnd-2023/{PERIOD}/1/bao-cao.html")
        assert director.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        # These are served with all script forbidden, axe's too, which would wait for ever: the files are looked at.
        for path in (f"282-kh-ubnd-2023/{PERIOD}/1/bao-cao.html", "index.html"):
            director.goto((here.settings.published / path).as_uri())
            assert serious(director) == []


def ask_for_draft(page: Page) -> None:
    page.goto("/tiendo/viec/")
    form = page.locator("#du-thao")
    form.locator("summary").click()
    form.get_by_label("Kỳ báo cáo").select_option(PERIOD)
    form.get_by_role("button", name="Xác nhận lập dự thảo").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def wait_for_question(page: Page) -> None:
    """Looks at the approval page until it has its forms, as the page itself does."""
    for _ in range(300):
        page.goto(f"/tiendo/duyet/{PERIOD}")
        if page.locator("#quyet-dinh").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("main").inner_text())


def approve_by_keyboard(page: Page) -> None:
    """Goes from the page's head to the button by Tab and Enter alone."""
    page.keyboard.press("Tab")
    assert focused(page) == "Đến nội dung"
    page.keyboard.press("Enter")
    for wanted in ("Đến phần quyết định", "Phê duyệt, ban hành…", "Xác nhận phê duyệt, ban hành"):
        for _ in range(200):
            page.keyboard.press("Tab")
            if focused(page) == wanted:
                break
        else:
            raise AssertionError(f"{wanted!r} is not reached by the keyboard")
        page.keyboard.press("Enter")
        page.wait_for_timeout(100)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement?.textContent.trim()"))


def test_what_comes_in_shows_itself(here: Evening, scenario: Scenario) -> None:
    """A page that is left open renews itself, and keeps the reader's place."""
    sound = [one for step in scenario.steps for one in step.deliveries if one.agency == TORN]
    with here.seen_by(ADMIN) as page:
        page.goto("/tiendo/")
        link = page.get_by_role("row", name="Sở Y tế").get_by_role("link", name=re.compile("TN-")).first
        link.focus()
        assert page.get_by_role("row", name="Sở GD&ĐT").filter(has_text="Đã nhận").count() == 0
        drop_files(here.settings, [make_file(scenario, sound[0])._replace(sent_at=EVENING)])
        here.collect()
        came = page.get_by_role("row", name="Sở GD&ĐT").filter(has_text="Đã nhận")
        expect(came.first).to_be_visible()
        expect(link).to_be_focused()


@pytest.mark.parametrize("name", ["gui-bao-cao", "van-hanh", "phe-duyet"])
def test_a_part_of_the_handbook_is_two_printed_pages(here: Evening, name: str) -> None:
    with here.seen_by(ADMIN) as page:
        page.goto(f"/tiendo/so-tay/{name}")
        shown = page.locator("main img")
        assert shown.count() >= 2
        assert all(shown.nth(number).evaluate("each => each.naturalWidth > 0") for number in range(shown.count()))
        printed = page.pdf(path=SEEN / f"so-tay-{name}.pdf", format="A4", prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
