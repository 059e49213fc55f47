"""The values for Kubernetes say what docker-compose.yaml says."""

from typing import Any

import yaml

from tiendo.settings import PROJECT

# What the chart sets from its own values and secrets, what is a place in the image, and what is optional.
BY_THE_CHART = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__CELERY__RESULT_BACKEND",
    "AIRFLOW__CELERY__BROKER_URL",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__CORE__EXECUTOR",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
}
OF_THE_PLACE = {
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "AIRFLOW__API__BASE_URL",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
}
OPTIONAL = {"TIENDO_CLAMAV", "TIENDO_PLAN"}


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / name).read_text(encoding="utf-8"))
    return loaded


def test_the_values_for_kubernetes_set_what_compose_sets() -> None:
    compose = read("docker-compose.yaml")["x-environment"]
    values = read("docs/deployment/kubernetes-values.yaml")
    plain = {entry["name"]: entry["value"] for entry in values["env"]}
    secret = {entry["envName"] for entry in values["secret"]}
    assert not plain.keys() & secret
    assert plain.keys() | secret == (compose.keys() - BY_THE_CHART - OPTIONAL) | {"AIRFLOW__LOGGING__BASE_LOG_FOLDER"}
    fixed = {name: value for name, value in compose.items() if "${" not in value}
    assert {name: plain[name] for name in fixed.keys() & plain.keys() - OF_THE_PLACE} == {
        name: fixed[name] for name in fixed.keys() & plain.keys() - OF_THE_PLACE
    }
    assert f"{values['executor']}" == compose["AIRFLOW__CORE__EXECUTOR"]
    kept = read("docker-compose.yaml")["services"]["cleanup"]["environment"]["TIENDO_KEEP_DAYS"]
    assert kept == f"${{KEEP_DAYS:-{values['databaseCleanup']['retentionDays']}}}"
    assert all("password" not in str(value).lower() for value in plain.values())
