from bouvier.client import Client, Endpoint
from bouvier.client import events as events_module
from bouvier.client.events import Recorder
from tests.support.small_api import SmallApi

PATH = "api/v1/events"
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "x", "uid": "u1"}}
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "uid": "u2"}}


async def test_event_as_kubectl_expects_it(client: Client, api: SmallApi) -> None:
    """An event names its object, source and times, and lies in the object's namespace."""
    recorder = Recorder(client, "scheduler", host="h1")
    recorder.event(POD, "Warning", "Failed", "no room", field_path="spec.containers{a}")
    recorder.event(NODE, "Normal", "Ready", "is ready")
    await recorder.flush()
    of_pod, of_node = api.all(PATH)
    assert of_pod["metadata"]["namespace"] == "x"
    assert of_pod["metadata"]["name"].startswith("p.")
    assert of_pod["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": "x",
        "name": "p",
        "uid": "u1",
        "fieldPath": "spec.containers{a}",
    }
    assert (of_pod["type"], of_pod["reason"], of_pod["message"], of_pod["count"]) == ("Warning", "Failed", "no room", 1)
    assert of_pod["source"] == {"component": "scheduler", "host": "h1"}
    assert of_pod["firstTimestamp"] == of_pod["lastTimestamp"]
    assert of_node["metadata"]["namespace"] == "default"


async def test_repeats_are_counted(client: Client, api: SmallApi) -> None:
    """The same again raises the count of the one event, whether it still waits or was sent."""
    recorder = Recorder(client, "scheduler")
    for _ in range(5):
        recorder.event(POD, "Warning", "Failed", "no room")
    await recorder.flush()
    recorder.event(POD, "Warning", "Failed", "no room")
    recorder.event(POD, "Warning", "Failed", "something else")
    await recorder.flush()
    assert sorted(event["count"] for event in api.all(PATH)) == [1, 6]
    assert [method for method, _ in api.requests] == ["POST", "PATCH", "POST"]


async def test_expired_event_is_made_anew(client: Client, api: SmallApi) -> None:
    """When the server has dropped the old event a repeat makes a new one."""
    recorder = Recorder(client, "scheduler")
    recorder.event(POD, "Warning", "Failed", "no room")
    await recorder.flush()
    api.objects.clear()
    recorder.event(POD, "Warning", "Failed", "no room")
    await recorder.flush()
    assert [event["count"] for event in api.all(PATH)] == [2]


async def test_never_raises(tmp_path) -> None:
    """Neither a missing server, nor too many events, nor a strange object disturb the caller."""
    recorder = Recorder(Client.connect(Endpoint(unix_socket=str(tmp_path / "none.sock"))), "scheduler")
    for number in range(events_module.QUEUED + 10):
        recorder.event(POD, "Normal", "Counted", f"number {number}")
    assert recorder.dropped == 10
    recorder.event({}, "Normal", "Odd", "no metadata")
    await recorder.flush()
    assert recorder.dropped == events_module.QUEUED + 11


async def test_long_message_is_cut(client: Client, api: SmallApi) -> None:
    """A message beyond the API's limit is cut, at a whole character."""
    recorder = Recorder(client, "scheduler")
    recorder.event(POD, "Normal", "Long", "é" * 2000)
    await recorder.flush()
    message = api.all(PATH)[0]["message"]
    assert len(message.encode()) <= 1024
    assert message.endswith("é...")
