"""From sources to served applications: builds on a real engine, pushed to a real registry, under faults."""

import hashlib
import hmac
import json
import os
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.platform.conftest import Platform, until
from tests.e2e.platform.sources import NODE, PAGE, PYTHON, Repository
from tests.e2e.platform.traffic import Traffic

BUILD_SECONDS = "180"
SLOW = "FROM bouvier/busybox:1\nRUN sleep 4\nADD index.html /www/\nEXPOSE 8080\nCMD httpd -f -p 8080 -h /www\n"


def insecure() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def post(url: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    """Call a hook without credentials."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=named, method="POST")
    try:
        with urllib.request.urlopen(request, context=insecure(), timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def says(platform: Platform, host: str) -> str:
    address = platform.data_of("status", code=None)["balancer"]["http"]
    request = urllib.request.Request(address, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError) as error:
        return f"{error}"


def new_app(platform: Platform, source: Path, name: str, *more: str) -> Any:
    return platform.data_of("new-app", str(source), "--name", name, "--wait", "--timeout", BUILD_SECONDS, *more)


def build(platform: Platform, name: str) -> Any:
    listed = platform.data_of("build", "ls")["builds"]
    return next((one for one in listed if one["name"] == name), {"phase": ""})


def ended(platform: Platform, name: str) -> Any:
    return until(
        lambda: (one := build(platform, name))["phase"] in ("Complete", "Failed", "Cancelled") and one, f"end of {name}"
    )


@pytest.fixture(scope="module")
def python_app(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> tuple[Repository, Any]:
    """A Python application, built from its source and running."""
    repository = Repository(tmp_path_factory.mktemp("python"))
    repository.push(main_py=PYTHON, requirements_txt="# none\n", said="one")
    return repository, new_app(platform, repository.bare, "py")


def test_python_source_is_built_and_served(platform: Platform, python_app: tuple[Repository, Any]) -> None:
    """Requirements say Python; the builder image is made, the source assembled, the route answers."""
    _, app = python_app

    assert (app["strategy"], app["language"]) == ("Source", "python")
    until(lambda: says(platform, app["route"]["host"]) == "one", "the first version")
    stages = [stage["name"] for stage in build(platform, "py-1")["stages"]]
    assert stages == ["FetchInputs", "PullImages", "Build", "PushImage"]
    assert "Installing application source" in platform.run("build", "logs", "py-1")


def test_hooks_build_and_roll_out_without_a_failed_request(
    platform: Platform, python_app: tuple[Repository, Any]
) -> None:
    """A signed push from GitHub builds its commit; every request during build and roll-out is answered."""
    repository, app = python_app
    hooks, host = app["webhooks"], app["route"]["host"]
    secret = hooks["github"].rpartition("/")[0].rpartition("/")[2].encode()
    commit = repository.push(said="two")
    push = json.dumps({"ref": "refs/heads/main", "after": commit, "head_commit": {"id": commit}}).encode()
    signature = "sha256=" + hmac.new(secret, push, hashlib.sha256).hexdigest()

    assert post(hooks["github"], b"{}", X_GitHub_Event="ping")[0] == 200
    wrong = post(hooks["github"], push, X_GitHub_Event="push", X_Hub_Signature_256="sha256=00")
    assert wrong[0] == 401
    other = json.dumps({"ref": "refs/heads/other", "after": commit}).encode()
    assert post(hooks["github"], other, X_GitHub_Event="push")[1].get("kind") == "Status"
    port = urlsplit(platform.data_of("status")["balancer"]["http"]).port or 80
    with Traffic(port, host, threads=2) as asking:
        started = post(hooks["github"], push, X_GitHub_Event="push", X_Hub_Signature_256=signature)
        assert started[0] == 200
        assert started[1]["metadata"]["name"] == "py-2"
        until(lambda: asking.answers[-1:] == ["two"], "the second version")
        until(lambda: "one" not in asking.answers[-50:], "the end of the first version")
    assert asking.failures == []
    assert build(platform, "py-2")["commit"] == commit


def test_a_failing_test_leaves_the_running_version_alone(
    platform: Platform, python_app: tuple[Repository, Any], kubectl: Callable[..., str]
) -> None:
    """GitLab's hook builds; the post-commit hook fails; stream and application stay as they were."""
    repository, app = python_app
    before = kubectl("get", "is", "py", "-o", "jsonpath={.status.tags[0].items[0].image}")
    hook = {"spec": {"postCommit": {"script": "grep -q good said"}}}
    kubectl("patch", "bc", "py", "--type=merge", "-p", json.dumps(hook))
    repository.push(said="bad")
    url = app["webhooks"]["gitlab"]
    body = json.dumps({"ref": "refs/heads/main"}).encode()

    assert post(url, body, X_Gitlab_Event="Push Hook", X_Gitlab_Token="wrong")[0] == 401
    name = post(url, body, X_Gitlab_Event="Push Hook")[1]["metadata"]["name"]
    failed = ended(platform, name)
    assert (failed["phase"], failed["reason"]) == ("Failed", "PostCommitHookFailed")
    assert kubectl("get", "is", "py", "-o", "jsonpath={.status.tags[0].items[0].image}") == before
    assert says(platform, app["route"]["host"]) == "two"
    kubectl("patch", "bc", "py", "--type=merge", "-p", '{"spec":{"postCommit":null}}')


def test_node_source_from_a_folder(platform: Platform, tmp_path: Path) -> None:
    """A folder without a repository is uploaded; package.json says Node."""
    (tmp_path / "package.json").write_text('{"name": "shop", "scripts": {"start": "node server.js"}}')
    (tmp_path / "server.js").write_text(NODE)
    (tmp_path / "said").write_text("node")
    app = new_app(platform, tmp_path, "js", "--project", "web")

    assert app["language"] == "nodejs"
    until(lambda: says(platform, app["route"]["host"]) == "node", "the application")


def test_killed_processes_never_leave_a_build_stuck(
    platform: Platform, tmp_path: Path, kubectl: Callable[..., str]
) -> None:
    """Whatever is killed in the middle of a build, the build begins again or goes on, and completes."""
    repository = Repository(tmp_path)
    repository.push(Dockerfile=PAGE, index_html="first")
    app = new_app(platform, repository.bare, "page")
    for number, names in enumerate((("node",), ("engine",), ("apiserver", "controllers", "registry")), start=2):
        repository.push(Dockerfile=SLOW, index_html=f"version {number}")
        kubectl(
            "patch", "bc", "page", "--type=merge", "-p", '{"spec":{"strategy":{"dockerStrategy":{"noCache":true}}}}'
        )
        assert post(app["webhooks"]["generic"])[0] == 200
        until(lambda n=number: "sleep 4" in platform.run("build", "logs", f"page-{n}", code=None), "the slow step")
        pids = platform.pids()
        for name in names:
            if name in pids:
                os.kill(pids[name], signal.SIGKILL)
        until(
            lambda n=number: (
                platform.run("build", "ls", code=None) and build(platform, f"page-{n}")["phase"] == "Complete"
            ),
            f"build {number}",
        )
        until(lambda n=number: says(platform, app["route"]["host"]) == f"version {n}", f"version {number}")


def test_a_killed_supervisor_leaves_no_registry_behind(platform: Platform) -> None:
    """The next up starts everything anew, the registry too, and builds go on."""
    os.kill(platform.supervisor(), signal.SIGKILL)
    until(lambda: not platform.data_of("status", code=None)["ready"], "gone")
    platform.up()
    until(lambda: platform.pids().get("registry"), "the registry")
    started = platform.run("build", "start", "py").split()[0].removeprefix("build/")
    assert ended(platform, started)["phase"] == "Complete"


def test_only_who_may_pulls_and_pushes(platform: Platform, kubectl: Callable[..., str]) -> None:
    """A pod of another project is refused; a role opens the stream to it."""
    image = kubectl("get", "deploy", "py", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    kubectl("create", "namespace", "other")
    kubectl("run", "taker", "-n", "other", f"--image={image}", "--image-pull-policy=Always")

    def state() -> str:
        return kubectl("get", "pod", "taker", "-n", "other", "-o", "jsonpath={.status.containerStatuses[0].state}")

    until(lambda: "may not get imagestreams/layers of default/py" in state(), "the refusal")
    until(lambda: "ImagePullBackOff" in state(), "a pause before the next try")
    kubectl("create", "rolebinding", "takers", "--clusterrole=view", "--serviceaccount=other:default")
    kubectl("delete", "pod", "taker", "-n", "other", "--now")
    kubectl("run", "taker", "-n", "other", f"--image={image}", "--image-pull-policy=Always")
    until(lambda: "running" in state(), "the pod")


def test_a_cancelled_build_ends_and_frees_the_next(platform: Platform, kubectl: Callable[..., str]) -> None:
    """Cancelling ends a running build at once; what waits behind it runs; a history limit removes old ones."""
    first = platform.run("build", "start", "page").split()[0].removeprefix("build/")
    until(lambda: build(platform, first)["phase"] == "Running", "the build")
    second = platform.run("build", "start", "page").split()[0].removeprefix("build/")
    assert build(platform, second)["phase"] == "New"
    platform.run("build", "cancel", first)
    assert ended(platform, first)["phase"] == "Cancelled"
    assert ended(platform, second)["phase"] == "Complete"
    kubectl("patch", "bc", "page", "--type=merge", "-p", '{"spec":{"successfulBuildsHistoryLimit":1}}')
    until(
        lambda: (
            [
                one["name"]
                for one in platform.data_of("build", "ls")["builds"]
                if one["config"] == "page" and one["phase"] == "Complete"
            ]
            == [second]
        ),
        "the history",
    )


def test_sources_that_cannot_be_built_are_refused(platform: Platform, tmp_path: Path) -> None:
    """An empty repository, a missing branch, and nothing to build are told, with the way out, and nothing is made."""
    empty = Repository(tmp_path)
    assert "has no commit yet" in platform.run("new-app", str(empty.bare), "--name", "none", code=1)
    empty.push(readme="nothing here")
    assert "add a Dockerfile" in platform.run("new-app", str(empty.bare), "--name", "none", code=1)
    assert "no branch, tag or commit gone" in platform.run("new-app", f"{empty.bare}#gone", "--name", "none", code=1)
    assert "cannot be reached" in platform.run("new-app", "http://127.0.0.1:9/x.git", "--name", "none", code=1)
    assert "there is no build none" in platform.run("build", "logs", "none", code=1)


@pytest.fixture(scope="module")
def kubectl(platform: Platform) -> Callable[..., str]:
    """The real kubectl as the administrator."""

    def run(*words: str) -> str:
        command = ["kubectl", f"--kubeconfig={platform.data / 'kubeconfig'}", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
