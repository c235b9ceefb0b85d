"""Applications from catalogs by the command alone: installed with answers, upgraded under load, rolled back, removed."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.platform.conftest import Platform, until
from tests.e2e.platform.traffic import Traffic

HOST = "shop.example"
COMPOSE = """
version: "2"
services:
  web:
    image: bouvier/sample:{version}
    expose: ["8080"]
    environment: {{COLOUR: "${{COLOUR}}"}}
    stop_grace_period: 1s
  balancer:
    image: rancher/lb-service-haproxy
"""
RANCHER = """
version: "2"
.catalog:
  name: Shop
  version: "{version}.0"
  questions:
  - {{variable: COLOUR, type: enum, options: [red, blue], default: red, required: true}}
  - {{variable: SCALE, type: int, default: 2, min: 1, max: 5}}
services:
  web:
    scale: ${{SCALE}}
    upgrade_strategy: {{batch_size: 1, interval_millis: 500, start_first: true}}
    health_check: {{port: 8080, request_line: GET /healthz HTTP/1.0, interval: 1000}}
  balancer:
    lb_config:
      port_rules: [{{source_port: 80, target_port: 8080, hostname: shop.example, service: web}}]
"""


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def farm(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Git catalog with one entry in two versions, added to the platform."""
    folder = tmp_path_factory.mktemp("farm") / "repository"
    for index, version in enumerate((1, 2)):
        files = folder / "templates" / "shop" / str(index)
        files.mkdir(parents=True)
        (files / "docker-compose.yml").write_text(COMPOSE.format(version=version))
        (files / "rancher-compose.yml").write_text(RANCHER.format(version=version))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    platform.run("catalog", "add", "farm", str(folder), "--branch", "main")
    return folder


def releases(platform: Platform) -> dict[str, Any]:
    return {one["name"]: one for one in platform.data_of("catalog", "ls")["releases"]}


def kubectl(platform: Platform, *words: str, given: str = "") -> str:
    done = subprocess.run(
        ["kubectl", "--kubeconfig", str(platform.data / "kubeconfig"), *words],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.usefixtures("farm")
def test_answers_that_do_not_fit_are_refused_by_name(platform: Platform) -> None:
    """Every variable is named with what it may be, and nothing was made."""
    wrong = ("--set", "COLOUR=green", "--set", "SCALE=9", "--set", "COLOR=red")
    said = platform.run("catalog", "install", "farm/shop", "--name", "bad", *wrong, code=1)

    assert "COLOUR: expected one of red, blue, got 'green'" in said
    assert "SCALE: must be at most 5, got 9" in said
    assert "COLOR: nothing asks for it; did you mean COLOUR?" in said
    assert releases(platform) == {}


@pytest.mark.usefixtures("farm")
def test_a_git_entry_is_upgraded_and_rolled_back_without_a_failed_request(platform: Platform) -> None:
    """The balancer answers every request while versions change, though the controllers are killed in the midst of it."""
    platform.run(
        "catalog", "install", "farm/shop", "--name", "shop", "--version", "1.0", "--set", "COLOUR=blue", "--wait"
    )
    port = urlsplit(platform.data_of("status")["balancer"]["http"]).port or 80
    with Traffic(port, HOST, threads=1) as first:
        until(lambda: first.answers, "served by the balancer")
    assert "COLOUR" in platform.run("catalog", "show", "farm/shop")

    said = platform.run("catalog", "install", "farm/shop", "--name", "twin", code=1)
    assert "Deployment web exists in namespace default and belongs to the Stack shop" in said
    assert "--namespace twin --create-namespace" in said

    with Traffic(port, HOST) as traffic:
        platform.run("catalog", "upgrade", "shop", "--version", "2.0")
        until(lambda: releases(platform)["shop"]["revision"] == 2, "the upgrade begins")
        os.kill(platform.pids()["controllers"], signal.SIGKILL)
        until(lambda: traffic.answers[-1].startswith("sample 2") and releases(platform)["shop"]["ready"], "upgraded")
        platform.run("catalog", "rollback", "shop", "--wait", "--timeout", "60")
        until(lambda: traffic.answers[-1].startswith("sample 1"), "the old version")

    assert traffic.failures == []
    lines = platform.data_of("catalog", "history", "shop")
    assert [(one["revision"], one["version"], one["status"]) for one in lines] == [
        (1, "1.0", "superseded"),
        (2, "2.0", "superseded"),
        (3, "1.0", "deployed"),
    ]


def test_a_catalog_out_of_reach_goes_on_offering(platform: Platform, farm: Path) -> None:
    """Its condition names the trouble, and its entries are installed from what was fetched before."""
    moved = farm.rename(farm.with_name("elsewhere"))
    said = platform.run("catalog", "refresh", "farm", code=1)
    assert "its entries are those of the last reading" in said
    try:
        changes = platform.data_of("catalog", "diff", "shop", "--version", "2.0")["changes"]
        assert [one["kind"] for one in changes if one["action"] == "change"] == ["Stack"]
    finally:
        moved.rename(farm)
    platform.run("catalog", "refresh", "farm")


def test_an_uninstalled_release_leaves_nothing(platform: Platform) -> None:
    """Pods, services and records are gone when the command returns."""
    platform.run("catalog", "uninstall", "shop", "--wait", "--timeout", "60")

    assert releases(platform) == {}
    assert platform.data_of("ps", "-A")["workloads"] == []
    assert kubectl(platform, "get", "secrets", "-A", "-l", "owner=helm", "-o", "name") == ""


def needs_debian(folder: Path) -> None:
    """Skip where packages can neither be downloaded nor are there."""
    done = subprocess.run(["apt-get", "download", "redis-tools"], cwd=folder, capture_output=True, check=False)
    if done.returncode and shutil.which("redis-server") is None:
        pytest.skip("needs Debian's archive, or Debian's redis-server")


def test_redis_of_the_library_answers(platform: Platform, tmp_path: Path) -> None:
    """Made by kubectl alone: the host makes the image, the drawn password opens it, and an upgrade keeps it."""
    needs_debian(tmp_path)
    spec = '{"catalog": "library", "entry": "redis"}'
    body = (
        f'{{"apiVersion": "catalog.bouvier.io/v1", "kind": "Release", "metadata": {{"name": "cache"}}, "spec": {spec}}}'
    )
    kubectl(platform, "create", "-f", "-", given=body)
    kubectl(platform, "wait", "--for=condition=Ready", "--timeout=120s", "release/cache")
    client = 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli'
    assert platform.run("exec", "cache", "--", "sh", "-c", f"{client} set greeting hello && {client} get greeting") == (
        "OK\nhello\n"
    )
    assert "NOAUTH" in platform.run("exec", "cache", "--", "redis-cli", "ping", code=None)

    secret = ("get", "secret", "cache", "-o", "jsonpath={.data.password}")
    before = kubectl(platform, *secret)
    platform.run("catalog", "upgrade", "cache", "--set", "memory=160Mi", "--wait", "--timeout", "60")
    assert before
    assert kubectl(platform, *secret) == before
    platform.run("catalog", "uninstall", "cache", "--wait", "--timeout", "60")


def test_a_removed_library_stays_removed(platform: Platform) -> None:
    """Its maker does not contradict the user at the next start; asked for, it comes back."""
    platform.run("catalog", "rm", "library")
    before = platform.pids()["controllers"]
    os.kill(before, signal.SIGKILL)
    until(
        lambda: platform.pids().get("controllers", before) != before and platform.data_of("status")["ready"], "restart"
    )
    platform.run("catalog", "refresh", "farm")
    assert [one["name"] for one in platform.data_of("catalog", "ls")["catalogs"]] == ["farm"]

    assert platform.data_of("catalog", "add", "library", "builtin")["entries"] == 4
