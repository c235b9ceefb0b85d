"""Understanding what the API server asks."""

from __future__ import annotations

import pytest

from bouvier.engine.specs import LogOptions
from bouvier.engine.states import Phase
from bouvier.meta.errors import ApiError
from bouvier.node.tunnel.logs import log_options
from bouvier.node.tunnel.requests import TunnelRequest, check_pod, container_name, log_record, parse
from bouvier.node.tunnel.streams import final_status
from tests.support.pods import NOW, container, pod, record, records_of

APP = container()


def asking(**options: object) -> TunnelRequest:
    return TunnelRequest("1", "logs", "ns", "p", "uid-1", "", dict(options))


def test_parse() -> None:
    """A request needs an id and an operation."""
    assert parse(b'{"id":"1","op":"logs","pod":"p","extra":1}') == TunnelRequest("1", "logs", pod="p")
    for bad in (b"[]", b"{}", b"nonsense"):
        with pytest.raises(ValueError):  # noqa: PT011 - any text will do
            parse(bad)


def test_the_pod_must_be_the_one_meant() -> None:
    """A pod of the same name with another uid is not it."""
    assert check_pod(asking(), pod()) == pod()
    other = pod()
    other["metadata"]["uid"] = "other"
    for found in (None, other):
        with pytest.raises(ApiError, match='pods "p" not found'):
            check_pod(asking(), found)


def test_which_container() -> None:
    """The named one, else the annotated default, else the first."""
    of = pod(APP, container("b"))
    assert container_name(asking(), of) == "app"
    of["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "b"}
    assert container_name(asking(), of) == "b"
    with pytest.raises(ApiError, match="container x is not valid for pod p"):
        container_name(asking(container="x"), of)


def test_which_log() -> None:
    """The newest container's, or of the one before; one that never began has none."""
    dead, now = record(APP, Phase.EXITED), record(APP, Phase.RUNNING, attempt=1)
    assert log_record(asking(), "app", records_of(dead, now), "") is now
    assert log_record(asking(previous="true"), "app", records_of(dead, now), "") is dead
    with pytest.raises(ApiError, match="previous terminated container"):
        log_record(asking(previous="true"), "app", records_of(now), "")
    with pytest.raises(ApiError, match="is waiting to start: ErrImagePull"):
        log_record(asking(), "app", records_of(), "ErrImagePull")
    waiting = record(APP, Phase.CREATED, attempt=1)
    assert log_record(asking(), "app", records_of(dead, waiting), "") is dead


def test_log_options() -> None:
    """Options are read as Kubernetes writes them; nonsense is named."""
    assert log_options(asking(follow="true", tailLines="5", sinceSeconds="10"), NOW) == LogOptions(
        follow=True, tail=5, since=NOW - 10
    )
    assert log_options(asking(sinceTime="2027-01-15T08:00:00Z"), NOW).since == NOW
    assert not log_options(asking(stream="Stderr"), NOW).stdout
    for bad in ({"tailLines": "x"}, {"sinceTime": "x"}, {"stream": "x"}):
        with pytest.raises(ApiError, match=next(iter(bad))):
            log_options(asking(**bad), NOW)


def test_final_status() -> None:
    """Success, or the exit code as clients look for it."""
    assert final_status(0)["status"] == "Success"
    assert final_status(None)["status"] == "Success"
    assert final_status(3)["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
