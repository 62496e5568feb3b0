"""What can be said of the containers without an engine to run them."""

import re
from typing import Any

import pytest
import yaml

from tests.house.source import ROOT

OURS = ("app", "worker", "migrate")
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|://[^/@]+:[^/@]+@")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_everything_the_product_needs_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, "postgres", "redis"}


def test_each_service_tells_whether_it_is_well(
    compose: dict[str, Any], instructions: list[tuple[str, str]]
) -> None:
    services = compose["services"]
    assert [word for word, _ in instructions].count("HEALTHCHECK") == 1
    assert "healthcheck" not in services["app"], "the image's own question serves"
    assert services["worker"]["healthcheck"]["test"][-1] == "doctor"
    assert services["migrate"]["healthcheck"] == {"disable": True}
    assert {"test", "interval"} <= services["postgres"]["healthcheck"].keys()
    assert {"test", "interval"} <= services["redis"]["healthcheck"].keys()


def test_the_schema_is_ready_before_anybody_uses_it(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name in ("app", "worker"):
        needs = services[name]["depends_on"]
        assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert needs["redis"]["condition"] == "service_healthy"
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == "no"


def test_no_secret_is_written_down(compose: dict[str, Any]) -> None:
    written = [
        f"{name}: {key}"
        for name, service in compose["services"].items()
        for key, value in service.get("environment", {}).items()
        if SECRET.search(key) or SECRET.search(value)
        if not re.search(r"\$\{\w+:[?-]", value)
    ]
    assert written == []


def test_only_the_application_can_be_reached_and_only_from_this_machine(
    compose: dict[str, Any],
) -> None:
    ports = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert {name: found for name, found in ports.items() if found} == {
        "app": ["127.0.0.1:${PORT:-8000}:8000"]
    }


def test_our_containers_have_no_power_they_do_not_need(compose: dict[str, Any]) -> None:
    for name in OURS:
        service = compose["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_applications_role_is_no_superuser(compose: dict[str, Any]) -> None:
    script = compose["configs"]["role"]["content"]
    assert "create role app login" in script
    assert "superuser" not in script
    url = compose["services"]["app"]["environment"]["CHATBOT_DATABASE_URL"]
    assert url.startswith("postgresql://app:${DATABASE_PASSWORD:?")


def test_the_image_does_not_run_as_root(instructions: list[tuple[str, str]]) -> None:
    last_stage = max(n for n, (word, _) in enumerate(instructions) if word == "FROM")
    users = [rest for word, rest in instructions[last_stage:] if word == "USER"]
    assert users == ["chatbot"]


def test_the_image_has_torch_without_cuda(instructions: list[tuple[str, str]]) -> None:
    assert any(word == "ENV" and "UV_TORCH_BACKEND=cpu" in rest for word, rest in instructions)


def test_what_the_image_copies_exists_and_is_let_through(
    instructions: list[tuple[str, str]],
) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        name
        for word, rest in instructions
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert copied == allowed
    assert [name for name in copied if not (ROOT / name).exists()] == []
