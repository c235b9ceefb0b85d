"""An operator written with kopf runs unmodified: finalizers, status, events, its own peering-free loop."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bouvier.client import MERGE, Client, Resource, define, from_kubeconfig
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CONFIGMAPS, EVENTS, PERSISTENTVOLUMECLAIMS
from tests.support.apiserver import RunningApi

CLAIMS = Resource("example.dev", "v1", "temporaryclaims", "TemporaryClaim")
SPEC = {"type": "object", "properties": {"size": {"type": "string"}, "label": {"type": "string"}}}
OPERATOR = Path(__file__).with_name("operator_of_claims.py")
SECONDS = 90
Found = TypeVar("Found")


async def until(ask: Callable[[], Awaitable[Found]], fits: Callable[[Found], bool]) -> Found:
    """Ask until the answer fits."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                found = await ask()
                if fits(found):
                    return found
            except ApiError as error:
                assert error.reason == "NotFound"
            await asyncio.sleep(0.1)


async def test_an_operator_written_with_kopf_does_its_work(api: RunningApi) -> None:
    """Create, change and delete handlers run; the finalizer holds the object until they have; status and events come."""
    client = Client.connect(from_kubeconfig(api.kubeconfig))
    await define(client, CLAIMS, SPEC)
    words = [sys.executable, "-m", "kopf", "run", str(OPERATOR), "--standalone", "--namespace", "default"]
    environment = os.environ | {"KUBECONFIG": str(api.kubeconfig)}
    process = await asyncio.create_subprocess_exec(*words, env=environment)
    try:
        body = {"metadata": {"name": "data"}, "spec": {"size": "1Gi"}}
        full = {"apiVersion": CLAIMS.api_version, "kind": CLAIMS.kind, **body}
        await client.create(CLAIMS, full, namespace="default")

        async def claim() -> Obj:
            return await client.get(PERSISTENTVOLUMECLAIMS, "data", "default")

        async def own() -> Obj:
            return await client.get(CLAIMS, "data", "default")

        made = await until(claim, lambda _: True)
        assert made["metadata"]["ownerReferences"][0]["kind"] == "TemporaryClaim"
        known = await until(own, lambda obj: "made" in (obj.get("status") or {}))
        assert known["status"]["made"] == {"claim": "data"}
        assert known["metadata"]["finalizers"]
        await client.patch(CLAIMS, "data", {"spec": {"label": "blue"}}, namespace="default", kind=MERGE)
        await until(claim, lambda obj: (obj["metadata"].get("labels") or {}).get("label") == "blue")
        await client.delete(CLAIMS, "data", "default")
        note = await until(lambda: client.get(CONFIGMAPS, "data-gone", "default"), lambda _: True)
        assert note["data"] == {"by": "operator"}

        async def events() -> list[str]:
            found = await client.list(EVENTS, "default", field_selector="involvedObject.kind=TemporaryClaim")
            return [event["reason"] for event in found.items]

        assert "Claimed" in await until(events, bool)
    finally:
        process.terminate()
        await process.wait()
        await client.close()
