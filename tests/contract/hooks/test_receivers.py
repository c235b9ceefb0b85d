"""Calling a hook does what it says, once, and nothing else."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

from bouvier.kinds.catalog_v1 import releases
from bouvier.kinds.hooks_v1 import receivercalls, receivers
from bouvier.meta.resources import EVENTS, SECRETS
from tests.contract.hooks.conftest import NAMESPACE, SECRET, Hooks, scaling

UPGRADE = {"action": "upgrade", "target": {"kind": "Deployment", "name": "web"}}


async def test_a_call_scales_by_what_the_hook_says(hooks: Hooks) -> None:
    """Up and down, within bounds; a call that would leave them is refused and changes nothing."""
    await hooks.deploy(replicas=1)
    await hooks.make("up", **scaling(2, max=4))
    await hooks.make("down", **scaling(-1))

    first = await hooks.call("up")
    beyond = await hooks.call("up")
    assert (first.status, first.body["result"]) == (200, "Done")
    assert "1 -> 3" in first.body["message"]
    assert (beyond.status, beyond.body["result"]) == (409, "Refused")
    assert "5 are not between 1 and 4" in beyond.body["message"]
    assert await hooks.replicas() == 3
    assert (await hooks.call("down")).status == 200
    assert await hooks.replicas() == 2


async def test_the_same_delivery_is_carried_out_once(hooks: Hooks) -> None:
    """A second call with the same id gets the first one's answer; without an id every call counts."""
    await hooks.deploy(replicas=1)
    await hooks.make("up", **scaling(1))

    first = await hooks.call("up", Idempotency_Key="a")
    again = await hooks.call("up", Idempotency_Key="a")
    github = [await hooks.call("up", X_GitHub_Delivery="7") for _ in range(2)]
    assert await hooks.replicas() == 3
    assert first.body["call"] == again.body["call"]
    assert (again.status, again.body["message"]) == (first.status, first.body["message"])
    assert [again.body["replayed"], github[0].body["replayed"], github[1].body["replayed"]] == [True, False, True]
    await hooks.call("up")
    await hooks.call("up")
    assert await hooks.replicas() == 5


async def test_calls_at_the_same_moment_all_count(hooks: Hooks) -> None:
    """Twenty senders at once: each different call counts once, however often it is sent."""
    await hooks.deploy(replicas=1)
    await hooks.make("up", **scaling(1))

    answers = await asyncio.gather(*(hooks.call("up", Idempotency_Key=str(n % 10)) for n in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert await hooks.replicas() == 11
    assert (await hooks.get("up"))["status"]["calls"] == 10


async def test_the_call_is_on_record(hooks: Hooks) -> None:
    """Who called when, as whom it was done and what it changed stand on the call, the hook and the target's events."""
    await hooks.deploy(replicas=1)
    await hooks.make("up", **scaling(1))
    name = (await hooks.call("up")).body["call"]

    call = await hooks.admin.get(receivercalls.RESOURCE, name, NAMESPACE)
    assert call["status"]["actor"] == "admin"
    assert call["status"]["changes"] == [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "from": "1", "to": "2"}
    ]
    status = (await hooks.get("up"))["status"]
    assert (status["calls"], status["lastCall"]["call"], status["lastCall"]["result"]) == (1, name, "Done")
    assert status["path"] == "/hooks/local/default/up"
    async with asyncio.timeout(60):
        while not any(
            event["reason"] == "ReceiverCalled" and event["involvedObject"]["kind"] == "Deployment"
            for event in (await hooks.admin.list(EVENTS, NAMESPACE)).items
        ):
            await asyncio.sleep(0.02)


async def test_strangers_learn_nothing(hooks: Hooks) -> None:
    """A wrong secret, an unknown hook and an unknown cluster are the same to a caller; GET does nothing."""
    await hooks.deploy()
    await hooks.make("up", **scaling(1))

    wrong = [
        await hooks.call("up", secret="wrong"),
        await hooks.call("none"),
        await hooks.call("up", secret=f"{SECRET}/x"),
    ]
    assert {(answer.status, answer.body["message"]) for answer in wrong} == {(404, wrong[0].body["message"])}
    assert (await hooks.call("up", method="GET")).status == 405
    assert await hooks.replicas() == 1
    assert await hooks.calls() == []


async def test_a_hook_is_closed_by_rotation_disabling_and_time(hooks: Hooks) -> None:
    """The former URL is void at once; disabled and expired hooks say so."""
    await hooks.deploy()
    await hooks.make("up", **scaling(1))
    change = {"spec": {"secretHash": "sha256:" + hashlib.sha256(b"new").hexdigest()}}
    await hooks.admin.patch(receivers.RESOURCE, "up", change, namespace=NAMESPACE)
    assert (await hooks.call("up")).status == 404
    assert (await hooks.call("up", secret="new")).status == 200
    await hooks.admin.patch(receivers.RESOURCE, "up", {"spec": {"disabled": True}}, namespace=NAMESPACE)
    assert (await hooks.call("up", secret="new")).status == 403
    over = {"spec": {"disabled": None, "expires": "2020-01-01T00:00:00Z"}}
    await hooks.admin.patch(receivers.RESOURCE, "up", over, namespace=NAMESPACE)
    expired = await hooks.call("up", secret="new")
    assert expired.status == 410
    assert "expired at 2020-01-01" in expired.body["message"]


async def test_too_many_calls_are_put_off(hooks: Hooks) -> None:
    """Beyond the rate a call is refused with the time to wait, and does nothing."""
    await hooks.deploy()
    await hooks.make("up", **scaling(1), callsPerMinute=2)

    codes = [(await hooks.call("up")).status for _ in range(4)]
    assert codes == [200, 200, 429, 429]
    assert int((await hooks.call("up")).headers["Retry-After"]) > 0
    assert await hooks.replicas() == 3


async def test_a_push_upgrades_what_runs_that_image(hooks: Hooks) -> None:
    """Three forms of notification lead to the pushed tag; other images and tags lead nowhere."""
    await hooks.deploy(image="registry.example:5000/team/web:1")
    await hooks.make("deploy", **UPGRADE, upgrade={"tags": "[0-9]*"})

    answer = await hooks.call("deploy", {"image": "registry.example:5000/team/web", "tag": "2"})
    assert (answer.status, await hooks.image()) == (200, "registry.example:5000/team/web:2")
    target = {"repository": "team/web", "tag": "3", "digest": "sha256:" + "a" * 64}
    event = {"id": "e1", "action": "push", "target": target, "request": {"host": "registry.example:5000"}}
    answer = await hooks.call("deploy", {"events": [event]})
    assert await hooks.image() == "registry.example:5000/team/web:3@sha256:" + "a" * 64
    other = await hooks.call("deploy", {"image": "stranger/miner:9"})
    assert (other.status, other.body["result"]) == (200, "Unchanged")
    assert (await hooks.call("deploy", {"image": "registry.example:5000/team/web:latest"})).body[
        "result"
    ] == "Unchanged"
    assert (await hooks.call("deploy", {"events": [event | {"action": "pull"}]})).body["result"] == "Unchanged"
    assert (await hooks.image()).startswith("registry.example:5000/team/web:3@")


async def test_docker_hub_sends_twice_and_late(hooks: Hooks) -> None:
    """Docker Hub names no delivery; repository, tag and time do: an old notification does not bring an old tag back."""
    await hooks.deploy(image="team/web:1")
    await hooks.make("deploy", **UPGRADE)

    def pushed(tag: str, at: int) -> dict:
        return {"push_data": {"tag": tag, "pushed_at": at}, "repository": {"repo_name": "team/web"}}

    await hooks.call("deploy", pushed("2", 1))
    await hooks.call("deploy", pushed("3", 2))
    assert (await hooks.call("deploy", pushed("2", 1))).body["replayed"]
    assert await hooks.image() == "team/web:3"


async def test_the_same_tag_again_replaces_the_pods(hooks: Hooks) -> None:
    """A tag that was pushed anew changes the template, so that a rollout follows."""
    await hooks.deploy(image="team/web:latest")
    await hooks.make("deploy", **UPGRADE)
    before = (await hooks.deployment())["metadata"]["generation"]

    assert (await hooks.call("deploy", {"image": "team/web:latest"})).body["result"] == "Done"
    assert (await hooks.deployment())["metadata"]["generation"] == before + 1


async def test_an_upgrade_by_labels_reaches_every_workload(hooks: Hooks) -> None:
    """All workloads with the labels that run the image get it, others do not."""
    for name, image in (("one", "web:1"), ("two", "web:1"), ("db", "postgres:15")):
        await hooks.deploy(name, image=image, labels={"team": "a"})
    await hooks.make("deploy", action="upgrade", selector={"matchLabels": {"team": "a"}})

    answer = await hooks.call("deploy", {"image": "web:2"})
    assert answer.status == 200
    assert [await hooks.image(name) for name in ("one", "two", "db")] == ["web:2", "web:2", "postgres:15"]


async def test_what_cannot_be_read_is_refused_with_the_forms(hooks: Hooks) -> None:
    """A body that is no notification changes nothing and is answered with what to send."""
    await hooks.deploy()
    await hooks.make("deploy", **UPGRADE)

    bad = [b"{", b"[]", b'{"ref": "x"}', b'{"image": "Bad Name"}', b'{"events": 3}', b'{"image": ["x"]}']
    answers = [await hooks.call("deploy", data=body) for body in bad]
    assert [answer.status for answer in answers] == [400] * len(bad)
    assert "send {" in answers[0].body["message"]
    assert await hooks.calls() == []
    assert (await hooks.call("deploy", data=b"x" * 300_000)).status == 413


async def test_an_install_hook_starts_releases(hooks: Hooks) -> None:
    """Each different call makes one release, up to the number that the hook allows."""
    await hooks.make("demo", action="install", install={"catalog": "library", "entry": "redis", "most": 2})

    answers = [await hooks.call("demo", Idempotency_Key=key) for key in ("a", "a", "b", "c")]
    made = (await hooks.admin.list(releases.RESOURCE, NAMESPACE)).items
    assert [answer.status for answer in answers] == [200, 200, 200, 409]
    assert {(each["spec"]["catalog"], each["spec"]["entry"]) for each in made} == {("library", "redis")}
    assert len(made) == 2


async def test_signed_calls_are_checked_and_never_repeated(hooks: Hooks) -> None:
    """With a signature secret, unsigned, old and copied calls do nothing."""
    await hooks.deploy()
    data = {"key": base64.b64encode(b"shared").decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sign", "namespace": NAMESPACE}, "data": data}
    await hooks.admin.create(SECRETS, secret)
    await hooks.make("up", **scaling(1), signatureSecret="sign")

    def standard(identifier: str, at: float, body: bytes) -> dict[str, str]:
        signed = hmac.new(b"shared", f"{identifier}.{int(at)}.".encode() + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(signed).decode()
        return {"Webhook_Id": identifier, "Webhook_Timestamp": str(int(at)), "Webhook_Signature": signature}

    now, body = time.time(), json.dumps({"a": 1}).encode()
    assert (await hooks.call("up", data=body)).status == 401
    assert (await hooks.call("up", data=body, **standard("m1", now - 900, body))).status == 401
    assert (await hooks.call("up", data=body + b" ", **standard("m1", now, body))).status == 401
    for key in ("1", "2"):
        answer = await hooks.call("up", data=body, **standard("m1", now, body), Idempotency_Key=key)
        assert answer.status == 200
    github = "sha256=" + hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    for key in ("1", "2"):
        await hooks.call("up", data=body, X_Hub_Signature_256=github, X_GitHub_Delivery=key)
    assert await hooks.replicas() == 3
