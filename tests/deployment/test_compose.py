"""The files for docker compose: what they name exists, and they hold no secret. Docker itself is not run."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.settings.environment import unknown_variables
from tests.deployment.compose_files import ENVIRONMENT, dockerfile_words, read_compose_file

SCALE = "docker-compose.scale.yml"
REPLICAS = ("afterword-1", "afterword-2")


@pytest.fixture(scope="module")
def compose() -> Any:
    return read_compose_file(SCALE, ENVIRONMENT)


@pytest.fixture(scope="module")
def nginx_configuration(compose: Any) -> str:
    return str(compose["configs"]["nginx"]["content"])


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_setting_without_a_default_is_needed(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        read_compose_file(SCALE, {key: value for key, value in ENVIRONMENT.items() if key != name})


def test_file_holds_no_secret() -> None:
    lines = Path(SCALE).read_text(encoding="utf-8").splitlines()
    secrets = [line for line in lines if re.search(r"^ +\w*(PASSWORD|TOKEN|SECRET|STORE)\w*:", line)]
    assert secrets
    assert all("${POSTGRES_PASSWORD:?" in line for line in secrets)


def test_replicas_are_alike_and_wait_for_the_database(compose: Any) -> None:
    first, second = (compose["services"][name] for name in REPLICAS)
    assert first == second
    assert first["build"] == "."
    assert first["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in compose["services"]["database"]
    assert compose["services"]["nginx"]["depends_on"].keys() == set(REPLICAS)
    assert dockerfile_words("HEALTHCHECK")  # which nginx waits for


def test_settings_are_known(compose: Any) -> None:
    variables = compose["services"]["afterword-1"]["environment"]
    assert unknown_variables(variables) == []


def test_database_is_the_one_of_the_store(compose: Any) -> None:
    database = compose["services"]["database"]["environment"]
    store = compose["services"]["afterword-1"]["environment"]["AFTERWORD_STORE"]
    user, password, name = (database[f"POSTGRES_{key}"] for key in ("USER", "PASSWORD", "DB"))
    assert store == f"postgresql://{user}:{password}@database:5432/{name}"


def test_named_volumes_and_configurations_exist(compose: Any) -> None:
    mounts = [mount.split(":")[0] for service in compose["services"].values() for mount in service.get("volumes", [])]
    assert sorted(mounts) == sorted(compose["volumes"])
    assert [entry["source"] for entry in compose["services"]["nginx"]["configs"]] == list(compose["configs"])


def test_nginx_reaches_the_port_of_the_image(nginx_configuration: str) -> None:
    servers = re.findall(r"server ([\w-]+):(\d+) resolve ", nginx_configuration)
    assert servers == [(name, port) for name in REPLICAS for port in dockerfile_words("EXPOSE")]


def test_nginx_reads_its_configuration(nginx_configuration: str, tmp_path: Path) -> None:
    text = nginx_configuration.replace(" resolve ", " ").replace("/var/cache/nginx", str(tmp_path))
    for name in REPLICAS:  # as names of containers, they are known to Docker only; so is an older nginx's `resolve`
        text = text.replace(f"{name}:", "127.0.0.1:")
    text = text.replace("listen 80;", "listen 127.0.0.1:8;").replace("resolver 127.0.0.11 valid=10s;", "")
    file = tmp_path / "nginx.conf"
    file.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;\n{text} }}")
    result = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(file)], stderr=subprocess.PIPE, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
