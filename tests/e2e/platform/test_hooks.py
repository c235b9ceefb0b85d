"""Hooks called from outside, with nothing but their URL, on a running platform."""

import json
import os
import signal
import subprocess
import threading

from tests.e2e.platform.conftest import Platform, until


def call(url: str, body: object = None, *headers: str) -> tuple[int, dict]:
    """Call a hook with curl, as a build server does."""
    words = [word for header in headers for word in ("-H", header)]
    sent = ["-d", json.dumps(body)] if body is not None else []
    done = subprocess.run(
        ["curl", "-sk", "-m", "60", "-X", "POST", "-w", "\n%{http_code}", *words, *sent, url],
        capture_output=True,
        text=True,
        check=True,
    )
    text, _, code = done.stdout.rpartition("\n")
    return int(code), json.loads(text)


def kubectl(platform: Platform, *words: str) -> dict:
    """Return what kubectl reads, as the administrator."""
    command = ["kubectl", f"--kubeconfig={platform.data}/kubeconfig", *words, "-o", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def replicas(platform: Platform, name: str) -> int:
    return int(kubectl(platform, "get", "deployment", name)["spec"]["replicas"])


def ready(platform: Platform, name: str, image: str = "") -> int:
    """Count the pods that are ready, stay, and run an image."""
    return sum(
        any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))
        and image in pod["spec"]["containers"][0]["image"]
        and "deletionTimestamp" not in pod["metadata"]
        for pod in kubectl(platform, "get", "pods")["items"]
        if pod["metadata"]["name"].startswith(f"{name}-")
    )


def test_a_hook_scales_a_real_deployment_once(platform: Platform) -> None:
    """A call starts one more container; the same delivery again starts none."""
    platform.run("run", "--name", "web", "--wait", "bouvier/sample:1")
    url = platform.data_of("hook", "create", "scale", "--target", "deployment/web", "--by", "1", "--max", "3")["url"]

    code, answer = call(url, None, "Idempotency-Key: build-7")
    again = call(url, None, "Idempotency-Key: build-7")
    assert (code, answer["result"]) == (200, "Done")
    assert (again[0], again[1]["replayed"], again[1]["call"]) == (200, True, answer["call"])
    until(lambda: ready(platform, "web") == 2, "two pods ready")
    assert platform.data_of("hook", "show", "web-scale-up")["calls"] == 1
    assert call(url + "x")[0] == 404


def test_kill_in_the_path_loses_and_doubles_nothing(platform: Platform) -> None:
    """While the controllers and then the API server are killed, a call that is repeated until answered counts once."""
    url = platform.data_of("hook", "create", "scale", "--target", "deployment/web", "--name", "kill", "--by", "1")[
        "url"
    ]
    before = replicas(platform, "web")
    for victim in ("controllers", "apiserver"):
        codes: list[int] = []

        def sender(key: str, codes: list[int] = codes) -> None:
            def sent() -> bool:
                try:
                    codes.append(call(url, None, f"Idempotency-Key: {key}")[0])
                except (subprocess.CalledProcessError, ValueError):
                    return False
                return codes[-1] == 200

            until(sent, f"call {key} answered")

        threads = [threading.Thread(target=sender, args=(f"{victim}-{n}",)) for n in range(3)]
        pid = platform.pids()[victim]
        threads[0].start()
        os.kill(pid, signal.SIGKILL)
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes.count(200) == 3
    assert replicas(platform, "web") == before + 6


def test_a_push_rolls_out_and_a_hook_installs(platform: Platform) -> None:
    """A push notification replaces the containers; an install hook starts an entry of the catalog."""
    platform.run("run", "--name", "app", "--wait", "bouvier/sample:1")
    url = platform.data_of("hook", "create", "upgrade", "--target", "deployment/app", "--tags", "[0-9]*")["url"]
    tested = platform.data_of("hook", "test", "app-upgrade", "--image", "bouvier/sample:2")
    assert tested["message"] == "deployment/app: bouvier/sample:1 -> bouvier/sample:2"
    assert call(url, {"image": "bouvier/sample:nightly"})[1]["result"] == "Unchanged"

    assert call(url, {"image": "bouvier/sample", "tag": "2"})[0] == 200
    until(lambda: ready(platform, "app", "bouvier/sample:2") == 1, "the new image runs")
    made = platform.data_of("hook", "create", "install", "--target", "library/sample", "--release", "demo")
    code, answer = call(made["url"])
    assert (code, answer["message"]) == (200, "release/demo was started")
    until(
        lambda: (kubectl(platform, "get", "release", "demo").get("status") or {}).get("phase") == "Deployed",
        "the release is deployed",
    )
    until(lambda: ready(platform, "demo") > 0, "the release runs")
    assert call(made["url"])[1]["result"] == "Unchanged"
