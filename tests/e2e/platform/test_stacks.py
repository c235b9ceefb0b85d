"""A stack's life by the command alone: up, upgrade under load, pause, cancel, roll back, export, remove."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.platform.conftest import Platform, until
from tests.e2e.platform.traffic import Traffic

COMPOSE = """
services:
  web:
    image: bouvier/sample:{version}
    expose: ["8080"]
    links: ["db:store"]
    labels: {{io.rancher.sidekicks: helper}}
  helper:
    image: bouvier/busybox:1
    command: sleep 3600
    init: true
    stop_grace_period: 1s
  db:
    image: bouvier/busybox:1
    command: httpd -f -p 5000
    stop_grace_period: 1s
  balancer:
    image: rancher/lb-service-haproxy
"""
RANCHER = """
services:
  web:
    scale: 2
    upgrade_strategy: {batch_size: 1, interval_millis: 1000, start_first: true}
    health_check: {port: 8080, request_line: GET /healthz HTTP/1.0, interval: 1000}
  balancer:
    lb_config:
      port_rules: [{source_port: 80, target_port: 8080, hostname: shop.example, service: web}]
"""


def write(folder: Path, version: int) -> str:
    (folder / "rancher-compose.yml").write_text(RANCHER)
    file = folder / "docker-compose.yml"
    file.write_text(COMPOSE.format(version=version))
    return str(file)


def kubectl(platform: Platform, *words: str) -> str:
    command = ["kubectl", "--kubeconfig", str(platform.data / "kubeconfig"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def services(platform: Platform) -> dict[str, Any]:
    return {one["name"]: one for one in platform.data_of("stack", "ps", "shop")["services"]}


def test_a_stack_is_upgraded_and_rolled_back_without_a_failed_request(platform: Platform, tmp_path: Path) -> None:
    """Both directions replace every replica while the balancer answers every request; the links' names work."""
    platform.run("stack", "up", "--name", "shop", "--file", write(tmp_path, 1), "--wait")
    port = urlsplit(platform.data_of("status")["balancer"]["http"]).port or 80
    with Traffic(port, "shop.example", threads=1) as first:
        until(lambda: first.answers, "served by the balancer")
    with Traffic(port, "shop.example") as traffic:
        platform.run("stack", "up", "--name", "shop", "--file", write(tmp_path, 2), "--wait")
        until(lambda: traffic.answers[-1].startswith("sample 2"), "the new version")
        platform.run("stack", "rollback", "shop", "--wait")
        until(lambda: traffic.answers[-1].startswith("sample 1"), "the old version")

    assert traffic.failures == []
    assert [row["revision"] for row in platform.data_of("stack", "history", "shop")] == [2, 3]
    asked = platform.run(
        "exec", "--namespace", "shop", "-c", "helper", "web", "nslookup", "store.shop.svc.cluster.local"
    )
    assert "Address" in asked


def test_an_upgrade_is_paused_survives_a_restart_and_is_cancelled(platform: Platform, tmp_path: Path) -> None:
    """A broken image harms nobody: the upgrade is held, the controllers die, and cancel returns to what was good."""
    (tmp_path / "rancher-compose.yml").write_text(RANCHER)
    file = tmp_path / "docker-compose.yml"
    file.write_text(COMPOSE.format(version=1).replace("bouvier/sample:1", "bouvier/absent:9"))
    platform.run("stack", "up", "--name", "shop", "--file", str(file))
    until(lambda: services(platform)["web"]["state"] == "upgrading", "the upgrade begins")
    platform.run("stack", "pause", "shop")
    until(lambda: services(platform)["web"]["state"] == "paused", "paused")

    os.kill(platform.pids()["controllers"], signal.SIGKILL)
    platform.run("stack", "cancel", "shop", "--wait")

    assert services(platform)["web"]["images"] == ["bouvier/sample:1", "bouvier/busybox:1"]
    assert services(platform)["web"]["ready"] == 2


def test_an_exported_stack_is_removed_and_made_again(platform: Platform, tmp_path: Path) -> None:
    """The files that export writes need nothing beside them; removal leaves no pod and no namespace."""
    platform.run("stack", "export", "shop", "--output", str(tmp_path))
    platform.run("stack", "rm", "shop", "--wait")
    assert platform.data_of("ps", "-A")["workloads"] == []

    platform.run("stack", "up", "--name", "again", "--file", str(tmp_path / "docker-compose.yml"), "--wait")
    assert [line["ready"] for line in platform.data_of("stack", "ls")] == ["2/2"]
    platform.run("stack", "rm", "again", "--wait")


def test_files_that_cannot_be_a_stack_are_refused_with_their_place(platform: Platform, tmp_path: Path) -> None:
    """Line and column stand in the error, and nothing is created."""
    file = tmp_path / "docker-compose.yml"
    file.write_text("services:\n  a:\n    image: x\n    comand: y\n")
    said = platform.run("stack", "up", "--name", "bad", "--file", str(file), code=1)
    assert "docker-compose.yml:4:" in said
    assert "did you mean command?" in said
    file.write_text("services:\n  a:\n    image: x\n    container_name: y\n")
    assert "container_name" in platform.run("stack", "up", "--name", "bad", "--strict", "--file", str(file), code=1)
    assert platform.data_of("stack", "ls") == []


NAMED = """
services:
  web:
    image: bouvier/sample:1
    expose: ["8080"]
    links: ["db:store"]
    labels: {io.rancher.sidekicks: helper}
  helper: {image: "bouvier/busybox:1", command: sleep 3600, init: true, stop_grace_period: 1s}
  db: {image: "bouvier/busybox:1", command: httpd -f -p 5000, stop_grace_period: 1s}
  away: {image: rancher/external-service}
"""
NAMED_RANCHER = """
services:
  web: {scale: 2, metadata: {colour: blue}}
  away: {external_ips: [192.0.2.7]}
"""


def test_ranchers_names_and_metadata(platform: Platform, tmp_path: Path) -> None:
    """A container finds services as `service.stack` and `sidekick.primary`, and is told about itself alone."""
    (tmp_path / "docker-compose.yml").write_text(NAMED)
    (tmp_path / "rancher-compose.yml").write_text(NAMED_RANCHER)
    file = str(tmp_path / "docker-compose.yml")
    platform.run("stack", "up", "--name", "known", "--namespace", "default", "--file", file, "--wait")
    pods = kubectl(platform, "get", "pods", "-l", "stacks.bouvier.io/service=web", "-o", "name").split()

    def inside(pod: str, *words: str) -> str:
        return kubectl(platform, "exec", pod, "-c", "web", "--", *words)

    def address(name: str) -> str:
        return inside(pods[0], "ping", "-c1", "-W1", name).partition("(")[2].partition(")")[0]

    database = kubectl(
        platform, "get", "pods", "-l", "stacks.bouvier.io/service=db", "-o", "jsonpath={.items[0].status.podIP}"
    )
    for name in ("db", "db.known", "store.known", "db.known.rancher.internal"):
        until(lambda name=name: address(name) == database, name)
    assert address("helper.web") == address("helper.web.known") != ""
    assert address("away.known") == "192.0.2.7"
    assert address("nobody.known") == ""
    for pod in pods:
        told = inside(pod, "wget", "-qO-", "http://rancher-metadata/latest/self/container/name")
        assert f"pod/{told}" == pod
    assert inside(pods[0], "wget", "-qO-", "http://169.254.169.250/latest/self/service/metadata/colour") == "blue"
    assert inside(pods[0], "wget", "-qO-", "http://rancher-metadata/latest/services/web/scale") == "2"
    assert inside(pods[0], "wget", "-qO-", "http://rancher-metadata/latest/containers/coredns") == ""
    platform.run("stack", "rm", "known", "--namespace", "default", "--wait")


def test_services_are_built_from_folders(platform: Platform, tmp_path: Path) -> None:
    """What the folder says runs; a changed folder is built again, a broken one harms nothing, and rollback goes back."""
    source = tmp_path / "page"
    source.mkdir()
    (source / "Containerfile").write_text(
        'FROM bouvier/busybox:1\nARG WORD\nRUN mkdir /www && echo "$WORD" >/www/index.html\n'
        'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]\n'
    )
    file = tmp_path / "docker-compose.yml"

    def up(word: str, code: int = 0) -> str:
        build = f"{{context: page, dockerfile: Containerfile, args: {{WORD: {word}}}}}"
        file.write_text(f"services:\n  page:\n    build: {build}\n    init: true\n    expose: ['8080']\n")
        return platform.run("stack", "up", "--name", "made", "--file", str(file), "--wait", code=code)

    def served() -> str:
        return platform.run("exec", "--namespace", "made", "page", "wget", "-qO-", "http://127.0.0.1:8080/").strip()

    assert "ignored" not in up("one")
    assert served() == "one"
    up("two")
    assert served() == "two"
    (source / "Containerfile").write_text("FROM bouvier/busybox:1\nRUN false\n")
    assert "build made-page-3 failed" in up("three", code=1)
    assert served() == "two"
    platform.run("stack", "rollback", "made", "--wait")
    assert served() == "one"
    platform.run("stack", "rm", "made", "--wait")


def test_a_build_that_cannot_be_honoured_is_refused_with_its_place(platform: Platform, tmp_path: Path) -> None:
    """Folders that are not there and keys that would change the result are named."""
    file = tmp_path / "docker-compose.yml"
    for build, said in (("nowhere", "there is no folder"), ("{context: ., target: test}", "target is not honoured")):
        file.write_text(f"services:\n  page:\n    build: {build}\n")
        refused = platform.run("stack", "up", "--name", "bad", "--file", str(file), code=1)
        assert said in refused
        assert "docker-compose.yml:3:" in refused
