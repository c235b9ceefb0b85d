"""A workload's life by the command alone: run, look, scale, upgrade, roll back, remove."""

import urllib.request
from typing import Any

from tests.e2e.platform.conftest import Platform, until


def fetch(platform: Platform, host: str) -> str:
    address = platform.data_of("status")["balancer"]["http"]
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=3) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def line_of(platform: Platform, name: str) -> dict[str, Any]:
    return next(line for line in platform.data_of("ps", "-a")["workloads"] if line["name"] == name)


def test_a_workload_from_run_to_removal(platform: Platform) -> None:
    """An image is served by name, changes version and back, and leaves nothing behind."""
    run = ("run", "--name", "web", "--replicas", "2", "--expose", "8080", "--expose", "web.example", "--wait")
    platform.run(*run, "bouvier/sample:1")
    assert line_of(platform, "web")["ready"] == 2
    until(lambda: fetch(platform, "web.example").startswith("sample 1 on web-"), "served by the balancer")

    platform.run("upgrade", "web", "--image", "bouvier/sample:2", "--wait")
    assert fetch(platform, "web.example").startswith("sample 2 on web-")
    platform.run("rollback", "web", "--wait")
    assert fetch(platform, "web.example").startswith("sample 1 on web-")
    platform.run("scale", "web", "1", "--wait")
    assert "GET /" in platform.run("logs", "web")

    platform.run("rm", "web", "--wait")
    assert platform.data_of("ps")["workloads"] == []


def test_a_run_that_ends_gives_its_output_and_exit_code(platform: Platform) -> None:
    """--rm shows what the command wrote, returns its code, and removes the pod."""
    assert platform.run("run", "--rm", "--name", "once", "bouvier/busybox:1", "echo", "hello") == "hello\n"
    platform.run("run", "--rm", "--name", "bad", "bouvier/busybox:1", "sh", "-c", "exit 3", code=3)

    until(lambda: platform.data_of("ps", "-a")["workloads"] == [], "pods removed")


def test_a_command_in_a_container(platform: Platform) -> None:
    """exec runs beside the program, with its output and its exit code."""
    platform.run("run", "--name", "box", "--stop-timeout", "1", "--wait", "bouvier/busybox:1", "sleep", "1000")

    assert platform.run("exec", "box", "hostname").startswith("box-")
    platform.run("exec", "box", "sh", "-c", "exit 5", code=5)
    platform.run("rm", "box", "--wait")


def test_a_shell_on_a_terminal(platform: Platform) -> None:
    """-it gives a terminal of the user's size, takes keys, ends with the shell's code and removes the pod."""
    words = ("run", "--rm", "-it", "--name", "shell", "bouvier/busybox:1", "sh")
    shown, code = platform.type_in(*words, prompt=b"# ", keys=b"stty size; exit 3\r")

    assert code == 3
    assert "24 80" in shown
    until(lambda: platform.data_of("ps", "-a")["workloads"] == [], "pod removed")


def test_why_something_does_not_run(platform: Platform) -> None:
    """A missing image and an impossible demand are said in a sentence with a way out."""
    said = platform.run("run", "--name", "none", "--pull", "never", "--wait", "--timeout", "20", "no/such:1", code=1)
    assert "no/such:1" in said
    platform.run("run", "--name", "huge", "--cpus", "500", "bouvier/sample:1")

    troubles = until(lambda: line_of(platform, "huge")["troubles"], "a reason")
    assert "no host takes it" in troubles[0]["what"]
    assert "--cpus" in troubles[0]["advice"]
    platform.run("rm", "none", "huge", "--wait")
