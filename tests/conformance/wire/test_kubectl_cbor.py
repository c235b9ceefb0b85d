"""Go's dynamic client, told to prefer CBOR, reads lists, watch events and refusals from this server."""

import asyncio

import pytest

from bouvier.apiserver.verbs import watching
from bouvier.client import MERGE, Client, Endpoint
from bouvier.meta.resources import CONFIGMAPS
from tests.conformance.wire.kubectl import needs_kubectl
from tests.support.apiserver import running_api

pytestmark = needs_kubectl


@pytest.fixture(autouse=True)
def prefer_cbor(monkeypatch):
    """Switch on what client-go has behind a feature gate."""
    for feature in ("ClientsAllowCBOR", "ClientsPreferCBOR"):
        monkeypatch.setenv(f"KUBE_FEATURE_{feature}", "true")


@pytest.fixture
async def api(tmp_path):
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
def sequences(monkeypatch):
    """Return an event that is set when a watch has been told something in CBOR."""
    told = asyncio.Event()
    plain = watching.cbor_sequence

    def telling(lines):
        told.set()
        return plain(lines)

    monkeypatch.setattr(watching, "cbor_sequence", telling)
    return told


async def test_wait_for_a_change(api, sequences):
    """`kubectl wait` lists and watches; it ends with the change that it waits for."""
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}}
    await client.create(CONFIGMAPS, obj)
    waiting = asyncio.create_task(api.kubectl("wait", "cm/x", "--for=jsonpath={.data.a}=ö", "--timeout=50s"))
    changes = 0
    async with asyncio.timeout(60):
        while not sequences.is_set():  # the watch may not be open yet: change until it has been told
            changes += 1
            await client.patch(CONFIGMAPS, "x", {"data": {"n": str(changes)}}, namespace="default", kind=MERGE)
            await asyncio.sleep(0.05)
        await client.patch(CONFIGMAPS, "x", {"data": {"a": "ö"}}, namespace="default", kind=MERGE)
        assert "condition met" in await waiting
    await client.close()


async def test_wait_for_what_is_not_there(api):
    """A refusal in CBOR is understood."""
    shown = await api.kubectl("wait", "cm/none", "--for=condition=Ready", "--timeout=1s", ok=False)
    assert 'configmaps "none" not found' in shown
