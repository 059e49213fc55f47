"""The drafts' pages: which files are handed out, and how. The login in front of them is tested end to end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tiendo.pages import drafts as draft_pages
from tiendo.pages.app import app
from tiendo.pages.frame import viewer
from tiendo.settings import Settings


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser of somebody who may read, and a home with a draft, an edition and a secret."""
    settings = Settings(home=tmp_path, plan_dirs=(tmp_path,), database_url=None)
    monkeypatch.setattr(draft_pages, "get_settings", lambda: settings)
    for path in ("drafts/p-1/2023-Q1/2", "drafts/p-1/2023-Q1/latest", "published/p-1/2023-Q1/1"):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "bao-cao.html").write_text(f"<p>{path}</p>")
        (tmp_path / path / "bao-cao.docx").write_bytes(b"PK")
        (tmp_path / path / "data").mkdir()
        (tmp_path / path / "data" / "tasks.csv").write_bytes(b"a,b")
        (tmp_path / path / "phieu-ket-qua").mkdir()
        (tmp_path / path / "phieu-ket-qua" / "so-y-te.html").write_text("<p>Sở Y tế</p>")
    (tmp_path / "published" / "index.html").write_text("<p>all</p>")
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "passwords.json").write_text("secret")
    (tmp_path / "drafts" / "p-1" / "2023-Q1" / "2" / ".hidden").write_text("secret")
    app.dependency_overrides[viewer] = lambda: None
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/drafts/p-1/2023-Q1/2/bao-cao.html", "<p>drafts/p-1/2023-Q1/2</p>"),
        ("/drafts/p-1/2023-Q1/latest/bao-cao.html", "<p>drafts/p-1/2023-Q1/latest</p>"),
        ("/published/p-1/2023-Q1/1/bao-cao.html", "<p>published/p-1/2023-Q1/1</p>"),
        ("/drafts/p-1/2023-Q1/2/phieu-ket-qua/so-y-te.html", "<p>Sở Y tế</p>"),
        ("/published/index.html", "<p>all</p>"),
    ],
)
def test_pages_are_shown_and_run_nothing(browser: TestClient, path: str, text: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_before_the_first_edition_that_is_said(browser: TestClient, tmp_path: Path) -> None:
    (tmp_path / "published" / "index.html").unlink()
    answer = browser.get("/published/index.html", headers={"accept": "text/html"})
    assert (answer.status_code, "Chưa có báo cáo nào được ban hành." in answer.text) == (404, True)


def test_other_files_are_downloaded(browser: TestClient) -> None:
    for path, content in (("bao-cao.docx", b"PK"), ("data/tasks.csv", b"a,b")):
        answer = browser.get(f"/drafts/p-1/2023-Q1/2/{path}")
        assert answer.content == content
        assert answer.headers["content-disposition"] == f'attachment; filename="{path.rpartition("/")[2]}"'
        assert "allow-downloads" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "catalog.jsonld",
        "p-1/years/2023/datapackage.json",
        "p-1/years/2023/excel/tasks.csv",
        "p-1/2023-Q1/1/sdmx/structure.json",
    ],
)
def test_what_the_list_of_editions_links_to_is_handed_out(browser: TestClient, tmp_path: Path, path: str) -> None:
    (tmp_path / "published" / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "published" / path).write_bytes(b"{}")
    assert browser.get(f"/published/{path}").content == b"{}"
    assert browser.get(f"/drafts/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/published/p-1/years/2023/..%2f..%2f..%2f..%2fairflow%2fpasswords.json",
        "/published/p-1/years/bao-cao.html",
        "/drafts/p-1/2023-Q1/2/..%2f..%2f..%2fairflow%2fpasswords.json",
        "/drafts/p-1/2023-Q1/2/%2e%2e",
        "/drafts/p-1/2023-Q1/2/.hidden",
        "/drafts/p-1/2023-Q1/2/data/../../../../airflow/passwords.json",
        "/drafts/p-1/2023-Q1/2/data/%2e%2e/%2e%2e/%2e%2e/%2e%2e/airflow/passwords.json",
        "/drafts/p-1/2023-Q1/2/data/..%2f..%2f..%2f..%2fairflow%2fpasswords.json",
        "/drafts/p-1/2023-Q1/2/data",
        "/drafts/p-1/2023-Q1/%2e%2e/index.html",
        "/drafts/..%2fairflow/2/passwords.json",
        "/drafts/p-1/2023-Q1/3/bao-cao.html",
        "/published/p-1/2023-Q1/latest/bao-cao.html",
        f"/drafts/p-1/2023-Q1/2/{'a' * 5000}.html",
    ],
)
def test_nothing_else_is_handed_out(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code in (404, 422)
    assert "secret" not in answer.text
