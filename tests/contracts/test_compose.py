"""docker-compose.yaml, held against the Compose specification and against what production must not lack.

No engine is needed: variables are filled in by podman-compose's own code, the result is read by compose-spec's strict
parser, which refuses every key that the specification does not know.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from podman_compose import rec_subs

from tiendo.local.environment import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = {
    "POSTGRES_PASSWORD",
    "AIRFLOW_DB_PASSWORD",
    "TIENDO_DB_PASSWORD",
    "REDIS_PASSWORD",
    "FERNET_KEY",
    "API_SECRET_KEY",
    "JWT_SECRET",
    "ADMIN_USERNAME",
    "ADMIN_PASSWORD",
    "ADMIN_EMAIL",
}
# Mail is an option; where it is not configured, the connections are not there.
MAIL = {"AIRFLOW_CONN_TIENDO_IMAP", "AIRFLOW_CONN_TIENDO_SMTP"}
ONE_SHOT = {"init"}
AIRFLOW = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker", "cleanup", "watch"}


def _environment(without: str = "") -> dict[str, str]:
    return {name: f"given-{name.lower()}" for name in REQUIRED if name != without}


def _load(environment: dict[str, str]) -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    filled: dict[str, Any] = rec_subs(document, environment)
    worker = filled["services"]["worker"]
    worker["scale"] = int(worker["scale"])  # Compose reads a number from a variable where it wants one
    PyCompose.from_json(json.dumps(filled))
    return filled


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return _load(_environment())


def test_the_parser_refuses_what_the_specification_does_not_know() -> None:
    with pytest.raises(ValueError, match="helthcheck"):
        PyCompose.from_json(json.dumps({"services": {"web": {"image": "a:1", "helthcheck": {}}}}))


def test_topology(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == AIRFLOW | {"postgres", "redis"}
    executor = compose["services"]["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"]
    assert executor == "CeleryExecutor"


def test_a_busy_server_is_given_the_time_that_one_machine_is(compose: dict[str, Any]) -> None:
    for name in AIRFLOW:
        assert compose["services"][name]["environment"].items() >= PATIENCE.items()


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_stops_with_the_name_of_a_missing_secret(name: str) -> None:
    with pytest.raises(ValueError, match=f"thiếu .* set {name} in .env"):
        _load(_environment(without=name))


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_stops_on_an_empty_secret(name: str) -> None:
    with pytest.raises(ValueError, match=f"set {name} in .env"):
        _load({**_environment(), name: ""})


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    defaults = set(re.findall(r"\$\{(\w+):?-", text))
    assert defaults == {
        "CLAMAV",
        "COLLECT_MINUTES",
        "WATCH_SECONDS",
        "KEEP_DAYS",
        "WORKERS",
        "WORKER_CONCURRENCY",
        "TIENDO_VERSION",
        "TIENDO_PLAN",
        "PUBLIC_URL",
        "HTTP_BIND",
        "HTTP_PORT",
        "REVIEWERS",
        "MAIL_IMAP_CONN",
        "MAIL_SMTP_CONN",
    }
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", text)) == REQUIRED | defaults


def test_one_service_builds_the_image_and_nobody_looks_for_it_in_a_registry(compose: dict[str, Any]) -> None:
    assert {name for name, service in compose["services"].items() if "build" in service} == {"init"}
    assert {name for name, service in compose["services"].items() if service.get("pull_policy") == "never"} == AIRFLOW


def test_every_secret_comes_from_the_environment(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|FERNET|CONN|URL|BROKER|BACKEND", key) and "://localhost" not in value:
                is_internal_address = re.fullmatch(r"http://api-server:8080/\w+/", value)
                is_optional = key in MAIL and value == ""
                assert "given-" in value or is_internal_address or is_optional, f"{name}: {key} is written out"


def test_the_example_names_every_variable_and_fills_in_none() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {line.partition("=")[0] for line in lines if re.match(r"[A-Z]", line)} == REQUIRED
    assert all(line.endswith("=") for line in lines if re.match(r"[A-Z]", line))


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert re.search(r":\d+\.\d+", service["image"]), f"{name}: {service['image']}"
    base = re.search(
        r"^ARG BASE=(\S+)\nFROM \$\{BASE\}$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert base
    assert re.fullmatch(r"python:3\.1[1-3]\.\d+-slim-\w+", base[1])


def test_our_image_is_tagged_by_the_version(compose: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {compose["services"][name]["image"] for name in AIRFLOW} == {f"tiendo:{project['version']}"}


def test_no_secret_stands_among_the_arguments_of_a_process(compose: dict[str, Any]) -> None:
    """What compose fills in, everybody on the host reads in a list of processes; what a shell does, too."""
    for name, service in compose["services"].items():
        for command in (service.get("command", []), service.get("healthcheck", {}).get("test", [])):
            assert not [word for word in command if "given-" in word], name
            used = [
                line for word in command for line in word.splitlines() if re.search(r"\$\$?\w*(PASSWORD|SECRET)", line)
            ]
            assert all(re.match(r"printf |REDISCLI_AUTH=", line.strip()) for line in used), used


def test_every_service_is_watched(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name in ONE_SHOT:
            assert service["restart"] == "no"
        else:
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_every_service_is_confined(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not str(service["user"]).startswith(("0", "root")), name
        limits = service["deploy"]["resources"]["limits"]
        assert limits["cpus"], name
        assert limits["memory"], name
        # Beside these limits the engine takes no pids_limit of the service.
        assert limits["pids"], name
        assert "pids_limit" not in service, name


def test_only_init_knows_the_administrator_of_the_database(compose: dict[str, Any]) -> None:
    password = _environment()["POSTGRES_PASSWORD"]
    knows = {name for name, service in compose["services"].items() if password in str(service["environment"])}
    assert knows == {"postgres", "init"}


def test_only_the_api_server_is_reached_from_outside_and_on_loopback(compose: dict[str, Any]) -> None:
    published = {name: s["ports"] for name, s in compose["services"].items() if s.get("ports")}
    assert published == {"api-server": ["127.0.0.1:8080:8080"]}
    assert compose["networks"]["back"]["internal"] is True


def test_mail_comes_from_the_environment_and_only_who_mails_reaches_out() -> None:
    compose = _load(_environment() | {"MAIL_IMAP_CONN": "given-imap", "MAIL_SMTP_CONN": "given-smtp"})
    services = compose["services"]
    for name in ("worker", "watch"):
        assert {services[name]["environment"][key] for key in MAIL} == {"given-imap", "given-smtp"}
    assert {name for name, service in services.items() if "out" in service["networks"]} == {
        "worker", "watch", "triggerer",
    }  # fmt: skip


def test_who_looks_out_for_files_changes_none(compose: dict[str, Any]) -> None:
    assert compose["services"]["triggerer"]["volumes"] == ["var:/var/lib/tiendo:ro", "logs:/var/log/airflow"]


@pytest.mark.parametrize("name", ["worker", "triggerer"])
def test_what_runs_tasks_is_stopped_before_whom_it_tells_of_them(compose: dict[str, Any], name: str) -> None:
    """Compose stops a service before those it depends on; a task that ends otherwise finds nobody to tell."""
    depends_on = compose["services"][name]["depends_on"]
    assert depends_on["api-server"] == {"condition": "service_started"}
    assert depends_on.keys() > compose["services"]["scheduler"]["depends_on"].keys()


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://localhost:8080"),
        ({"HTTP_PORT": "18090"}, "http://localhost:18090"),
        ({"HTTP_PORT": "18090", "PUBLIC_URL": "https://tiendo.example.gov.vn"}, "https://tiendo.example.gov.vn"),
    ],
)
def test_redirects_go_to_where_people_are(given: dict[str, str], address: str) -> None:
    filled = _load(_environment() | given)
    assert filled["services"]["api-server"]["environment"]["AIRFLOW__API__BASE_URL"] == address


def test_nothing_starts_before_the_databases_are_migrated(compose: dict[str, Any]) -> None:
    for name in AIRFLOW - ONE_SHOT:
        assert compose["services"][name]["depends_on"]["init"]["condition"] == "service_completed_successfully"
    command = compose["services"]["init"]["command"][-1]
    assert command.index("tiendo init") < command.index("airflow db migrate") < command.index("airflow users create")


def test_data_outlives_the_containers(compose: dict[str, Any]) -> None:
    for name in AIRFLOW - {"triggerer"}:
        assert "var:/var/lib/tiendo" in compose["services"][name]["volumes"]
    assert compose["services"]["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert set(compose["volumes"]) == {"var", "postgres", "logs"}


def test_code_and_data_of_the_plan_are_in_the_image() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for folder in ("dags", "plugins", "include"):
        assert re.search(rf"^COPY {folder} {folder}$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER tiendo$", dockerfile, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert "*" in ignored
    assert "!.env" not in ignored
