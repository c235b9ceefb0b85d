"""Audit and sealed secrets on a whole platform, with kubectl and the command."""

import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.e2e.platform.conftest import Platform, until

WORD = "hunter2-of-the-platform"


def kubectl(platform: Platform, *words: str, given: str = "", check: bool = True) -> str:
    done = subprocess.run(
        ["kubectl", f"--kubeconfig={platform.data}/kubeconfig", *words],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def lines(platform: Platform) -> str:
    folder = platform.data / "audit"
    return "".join(file.read_text() for file in sorted(folder.iterdir()))


def test_what_people_do_is_on_record(platform: Platform) -> None:
    """The command tells who changed what; the log holds no content, and little of the platform's own."""
    kubectl(platform, "create", "deployment", "audited", "--image=bouvier/sample:1")
    kubectl(platform, "create", "secret", "generic", "kept", f"--from-literal=p={WORD}")
    kubectl(platform, "get", "secret", "kept")
    kubectl(platform, "rollout", "status", "deployment/audited", "--timeout=60s")
    kubectl(platform, "--as=mallory", "delete", "deployment", "audited", check=False)
    kubectl(platform, "delete", "deployment", "audited")
    events = platform.data_of("audit", "--name", "audited", "--resource", "deployments", "--limit", "10")["items"]
    done = [e for e in events if e["user"]["username"] == "admin"]
    assert [e["verb"] for e in done[:2]] == ["delete", "delete"]
    assert [e["responseStatus"]["code"] for e in done[:2]] == [200, 403]
    assert done[1]["impersonatedUser"]["username"] == "mallory"
    assert done[-1]["verb"] == "create"
    assert done[-1]["objectRef"]["uid"]
    shown = platform.run("audit", "--user", "admin", "--resource", "secrets")
    assert "secrets/kept" in shown
    assert "get" in shown
    assert "auditevents" not in shown
    text = lines(platform)
    assert WORD not in text
    assert base64.b64encode(WORD.encode()).decode() not in text
    assert '"resource":"leases"' not in text
    assert '"verb":"watch"' not in text.replace('"resource":"secrets"', "")
    assert "configmaps" not in kubectl(platform, "get", "auditevents", "--field-selector=verb=get")


def test_the_key_is_rotated_although_the_server_is_killed(platform: Platform) -> None:
    """Secrets stay readable, pods see them, and the old key is gone at the end."""
    kubectl(platform, "create", "secret", "generic", "lasting", f"--from-literal=p={WORD}")
    before = platform.data_of("secrets", "status")["keys"]
    rotating = subprocess.Popen(
        [sys.executable, "-m", "bouvier", "secrets", "rotate-key", "--data-dir", str(platform.data)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until(lambda: key_names(platform) != before, "the new key is there")
    os.kill(platform.pids()["apiserver"], signal.SIGKILL)
    rotating.communicate()
    until(lambda: len(key_names(platform)) == 1 and key_names(platform) != before, "the old key is gone")
    until(lambda: "lasting" in kubectl(platform, "get", "secret", "lasting", check=False), "the API serves")
    secret = json.loads(kubectl(platform, "get", "secret", "lasting", "-o", "json"))
    assert base64.b64decode(secret["data"]["p"]).decode() == WORD
    again = platform.run("secrets", "rotate-key")
    assert "objects written anew" in again
    assert key_names(platform)[0] in again


def key_names(platform: Platform) -> list[str]:
    return [key["name"] for key in json.loads((platform.data / "pki" / "seal.keys").read_text())["keys"]]


def test_wrong_files_are_refused_and_good_ones_are_used(platform: Platform, tmp_path: Path) -> None:
    """A mistake is named before anything changes; an own policy and configuration hold after a restart."""
    policy, sealing = tmp_path / "policy.yaml", tmp_path / "sealing.yaml"
    policy.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: All}]\n")
    platform.run("down")
    refusal = platform.run("up", "--detach", "--audit-policy-file", str(policy), code=1)
    assert "rules[0].level" in refusal
    policy.write_text(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\n"
        "rules: [{level: Request, verbs: [create], resources: [{resources: [configmaps]}]}]\n"
    )
    key = base64.b64encode(os.urandom(32)).decode()
    sealing.write_text(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
        "- resources: [configmaps]\n  providers:\n"
        f"  - secretbox: {{keys: [{{name: k1, secret: {key}}}]}}\n  - identity: {{}}\n"
    )
    platform.up("--audit-policy-file", str(policy), "--encryption-provider-config", str(sealing))
    kubectl(platform, "create", "configmap", "c", "--from-literal=word=seen")
    [event] = platform.data_of("audit", "--resource", "configmaps", "--name", "c")["items"]
    assert event["requestObject"]["data"] == {"word": "seen"}
    text = kubectl(platform, "get", "configmaps,secrets", "-A", "-o", "json")
    kubectl(platform, "replace", "-f", "-", given=text)
    assert "seen" in kubectl(platform, "get", "configmap", "c", "-o", "yaml")
    stored = b"".join(path.read_bytes() for path in (platform.data / "store").iterdir())
    assert b"secretbox:k1:" in stored
