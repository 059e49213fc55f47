"""The lock files, held against pyproject.toml."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(
    r"^(?P<requirement>[A-Za-z0-9][^\\\n]*?)(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE
)


def _pins(name: str) -> dict[str, list[Requirement]]:
    pins: dict[str, list[Requirement]] = {}
    for match in PINNED.finditer((ROOT / name).read_text(encoding="utf-8")):
        requirement = Requirement(match["requirement"])
        pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


def _version(requirement: Requirement) -> Version:
    (pin,) = requirement.specifier
    assert pin.operator == "==", requirement
    return Version(pin.version)


def _wanted(group: str | None) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = project["project"]["dependencies"] if group is None else project["dependency-groups"][group]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_is_a_pin_with_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    heads = [line for line in text.splitlines() if line and line[0] not in "# "]
    assert len(heads) == sum(len(found) for found in _pins(name).values()) > 20
    assert all("==" in head for head in heads)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_no_address_of_a_registry(name: str) -> None:
    assert not re.search(r"https?://|--index-url|--find-links|--extra-index", (ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("group", "name"), [(None, "requirements.txt"), ("build", "requirements.txt"), ("dev", "requirements-dev.txt")]
)
def test_the_lock_fits_what_is_asked_for(group: str | None, name: str) -> None:
    pins = _pins(name)
    for wanted in _wanted(group):
        found = pins.get(canonicalize_name(wanted.name))
        assert found, f"{wanted} is not in {name}: run make lock"
        for pin in found:
            assert wanted.specifier.contains(_version(pin)), (
                f"{name} has {pin}, pyproject.toml asks {wanted}: make lock"
            )


def test_both_locks_agree() -> None:
    run, dev = _pins("requirements.txt"), _pins("requirements-dev.txt")
    shared = set(run) & set(dev)
    assert {"pydantic", "packaging"} <= shared
    for name in shared:
        assert {_version(pin) for pin in dev[name]} <= {_version(pin) for pin in run[name]}, name


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_one_version_for_each_python(python: str) -> None:
    environment = {**default_environment(), "python_version": python, "python_full_version": f"{python}.9"}
    for name, pins in _pins("requirements.txt").items():
        chosen = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
        assert len(chosen) <= 1, f"{name} on {python}: {chosen}"


def test_the_packages_the_project_is_built_on() -> None:
    pins = _pins("requirements.txt")
    assert {name: str(_version(pins[name][0])) for name in ("apache-airflow",)} == {"apache-airflow": "3.3.2"}
    for name, series in {"pandas": "3.1", "sqlalchemy": "2.1", "great-expectations": "1.24", "openpyxl": "3.1"}.items():
        assert str(_version(pins[name][0])).startswith(series), name


def test_the_bill_of_materials_names_what_is_installed_and_no_registry() -> None:
    text = (ROOT / "sbom.cdx.json").read_text(encoding="utf-8")
    named = [(canonicalize_name(part["name"]), Version(part["version"])) for part in json.loads(text)["components"]]
    pinned = [(name, _version(pin)) for name, pins in _pins("requirements.txt").items() for pin in pins]
    assert sorted(named) == sorted(pinned), "make lock"
    assert set(re.findall(r"https?://([^/\"]+)", text)) == {"cyclonedx.org"}
