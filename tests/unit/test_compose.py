"""compose.yaml as the real docker compose reads it: both profiles, their rights, limits, secrets and health checks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
OURS = {"sqlite": ["watch"], "postgres": ["replica"]}


def compose(profile: str) -> dict[str, Any]:
    binary = Path(sys.executable).with_name("docker-compose")
    command = [str(binary), "-f", str(ROOT / "compose.yaml"), "--profile", profile, "config", "--format", "json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return dict(json.loads(result.stdout))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def services(profile: str) -> dict[str, dict[str, Any]]:
    return dict(compose(profile)["services"])


def image_steps() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_each_profile_starts_what_it_says(profile: str, services: dict[str, Any]) -> None:
    assert sorted(services) == sorted(OURS[profile] + (["postgres"] if profile == "postgres" else []))


def test_everything_is_small_in_rights_and_bounded(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {"memory", "pids"} <= service["deploy"]["resources"]["limits"].keys()
        assert service["restart"] == "unless-stopped"
        assert service["logging"]["options"]["max-size"]
        assert "ports" not in service
        assert "privileged" not in service


def test_health_is_that_of_the_image(profile: str, services: dict[str, dict[str, Any]]) -> None:
    for name in OURS[profile]:
        check = services[name]["healthcheck"]
        command = json.dumps(check["test"][1:])
        assert f"CMD {command}" in image_steps()
        assert (check["interval"], check["timeout"], check["start_period"]) == ("30s", "5s", "1m0s")
        assert services[name]["stop_grace_period"] == "15s"  # the program needs up to ten


def test_secrets_are_files_and_nothing_is_written_in_clear(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        given = {f"/run/secrets/{one['source']}" for one in service["secrets"]}
        for key, value in service["environment"].items():
            assert key.endswith("_FILE") or key in ("POSTGRES_USER", "POSTGRES_DB")
            assert not key.endswith("_FILE") or value in given


def test_every_setting_named_exists() -> None:
    from core.settings import Settings

    for profile, names in OURS.items():
        for name in names:
            for key in compose(profile)["services"][name]["environment"]:
                section, _, field = key.removeprefix("MINSK_").removesuffix("_FILE").lower().partition("__")
                assert hasattr(getattr(Settings(), section), field)


def test_replicas_wait_for_their_database_which_nobody_else_reaches() -> None:
    found = compose("postgres")
    replica, postgres = found["services"]["replica"], found["services"]["postgres"]
    assert replica["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert replica["deploy"]["replicas"] == 2
    assert list(postgres["networks"]) == ["database"]
    assert found["networks"]["database"]["internal"] is True
    assert {"default", "database"} == set(replica["networks"])


def test_what_is_kept_lies_in_volumes() -> None:
    (data,) = [one for one in compose("sqlite")["services"]["watch"]["volumes"] if one["type"] == "volume"]
    assert data["target"] == "/data"
    (database,) = compose("postgres")["services"]["postgres"]["volumes"]
    assert (database["type"], database["target"]) == ("volume", "/var/lib/postgresql/data")
