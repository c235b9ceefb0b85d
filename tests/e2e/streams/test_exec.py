"""exec, cp, attach, run -i and logs with kubectl of several versions."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.streams.conftest import DEADLINE_SECONDS, Kubectl


def test_streams_and_exit_code(kubectl: Kubectl) -> None:
    """Output and errors stay apart, and the command's exit code is kubectl's."""
    done = kubectl.run("exec", "box", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.code, done.out) == (7, b"out\n")
    assert "err\n" in done.err
    assert "command terminated with exit code 7" in done.err


def test_the_end_of_the_input_reaches_the_process(kubectl: Kubectl) -> None:
    """A reader ends when what is piped into kubectl ends; all of it arrived."""
    data = os.urandom(1 << 20)
    assert kubectl.out("exec", "-i", "box", "--", "sh", "-c", "cat; echo end", stdin=data) == data + b"end\n"


def test_output_is_complete(kubectl: Kubectl) -> None:
    """The last bytes of a long output are not lost when the process ends."""
    assert len(kubectl.out("exec", "box", "--", "head", "-c", "5000000", "/dev/zero")) == 5_000_000


def test_a_terminal_has_the_size_of_the_users(kubectl: Kubectl) -> None:
    """With -it the process sees a terminal, as large as the user's."""
    wait = "until stty size | grep -q '^17 91$'; do sleep 0.05; done; tty"
    command = f'stty cols 91 rows 17; {kubectl.program} exec -it box -- sh -c "{wait}"'
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        env=kubectl.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert b"/dev/pts/" in done.stdout


def test_files_are_copied_both_ways(kubectl: Kubectl, tmp_path: Path) -> None:
    """A file survives the way into the container and back."""
    data = os.urandom(3_000_000)
    (tmp_path / "there").write_bytes(data)
    kubectl.out("cp", f"{tmp_path}/there", "box:/tmp/copied")
    kubectl.out("cp", "box:/tmp/copied", f"{tmp_path}/back")
    assert (tmp_path / "back").read_bytes() == data


def test_attach_to_a_container_that_reads(kubectl: Kubectl) -> None:
    """run -i attaches: what is typed reaches the first process, and its exit code is kubectl's."""
    script = "read line; echo got $line; exit 3"
    options = ("run", "typed", "--rm", "-i", "--restart=Never", "--image=bouvier/busybox:1", "--quiet")
    done = kubectl.run(*options, "--command", "--", "sh", "-c", script, stdin=b"word\n")
    assert b"got word\n" in done.out
    assert done.code == 3, done.err


def test_a_log_is_followed_to_its_end(kubectl: Kubectl) -> None:
    """logs -f shows what is written while it runs, and ends with the container."""
    script = "echo 1; until [ -e /go ]; do sleep 0.05; done; echo 2"
    kubectl.out("run", "talk", "--restart=Never", "--image=bouvier/busybox:1", "--command", "--", "sh", "-c", script)
    try:
        kubectl.out("wait", "--for=condition=Ready", "pod/talk", f"--timeout={DEADLINE_SECONDS:.0f}s")
        command = [kubectl.program, "logs", "-f", "talk"]
        with subprocess.Popen(command, env=kubectl.environment, stdout=subprocess.PIPE) as following:
            assert following.stdout is not None
            assert following.stdout.readline() == b"1\n"
            kubectl.out("exec", "talk", "--", "touch", "/go")
            assert following.communicate(timeout=DEADLINE_SECONDS)[0] == b"2\n"
        assert following.returncode == 0
    finally:
        kubectl.out("delete", "pod", "talk", "--grace-period=1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("broken", "-c", "app", "--", "ls"), 'container "app" of pod "broken" is not running'),
        (("box", "-c", "none", "--", "ls"), "container none is not valid for pod box"),
        (("nobody", "--", "ls"), 'pods "nobody" not found'),
        (("--as=reader", "box", "--", "ls"), 'cannot create resource "pods/exec"'),
    ],
)
def test_refusals_say_why(kubectl: Kubectl, words: tuple[str, ...], message: str) -> None:
    """What cannot be run is explained."""
    done = kubectl.run("exec", *words)
    assert done.code == 1
    assert message in done.err
