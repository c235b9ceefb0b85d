"""The audit log: writing, rotation, and reading it backwards."""

import asyncio
import time
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.audit import log_file, reading
from bouvier.apiserver.audit.batching import Batcher
from bouvier.apiserver.audit.log_file import AuditLog, Rotation, backups, to_remove
from bouvier.apiserver.audit.query import Query, parse_query
from bouvier.apiserver.audit.reading import PositionLostError, find, lines_backwards
from bouvier.meta.errors import ApiError


def event(number: int, **fields) -> dict:
    reference = {"resource": "pods", "namespace": "shop", "name": f"p{number}"}
    made = {"stage": "ResponseComplete", "verb": "create", "user": {"username": "alice"}, "objectRef": reference}
    return made | {"stageTimestamp": f"2026-03-01T10:00:{number:02d}.000000Z"} | fields


def write(path: Path, *events: dict) -> None:
    with path.open("ab") as file:
        file.writelines(orjson.dumps(each) + b"\n" for each in events)


def names(found: reading.Found) -> list[str]:
    return [each["objectRef"]["name"] for each in found.events]


async def test_lines_arrive_in_order_and_survive_a_restart(tmp_path: Path):
    """What was taken is in the file after closing; a torn last line is ended, and skipped by readers."""
    path = tmp_path / "audit.log"
    for number in (1, 2):
        log = AuditLog(path, Rotation())
        log.put(orjson.dumps(event(number)))
        await log.close()
        with path.open("ab") as file:
            file.write(b'{"torn":')
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert names(find(path, Query(), 10, None)) == ["p2", "p1"]


async def test_a_full_file_is_rotated_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Rotation begins a new file, and keeps as many as it was told."""
    monkeypatch.setattr(log_file, "MEGABYTE", 500)
    path = tmp_path / "audit.log"
    log = AuditLog(path, Rotation(max_megabytes=1, max_backups=2))
    for number in range(8):
        log.put(orjson.dumps(event(number)) + b" " * 200)
        await log.batcher.flush()
        await asyncio.sleep(0.002)  # rotated files are named by the millisecond
    await log.close()
    assert len(backups(path)) == 2
    assert names(find(path, Query(), 10, None))[0] == "p7"


def test_backups_go_by_number_and_age():
    """The oldest beyond the number go, and all beyond the age."""
    files = [Path(f"audit-2026-0{month}-01T00-00-00.000.log") for month in (5, 4, 3, 2)]
    now = time.mktime((2026, 5, 2, 0, 0, 0, 0, 0, 0))
    assert to_remove(files, Rotation(max_backups=3, max_age_days=0), now) == files[3:]
    assert to_remove(files, Rotation(max_backups=0, max_age_days=40), now) == files[2:]
    assert to_remove(files, Rotation(max_backups=0, max_age_days=0), now) == []


async def test_a_backlog_is_dropped_and_counted():
    """A place that takes nothing costs events, never memory; what it takes later arrives."""
    gate, sent = asyncio.Event(), []

    async def send(lines: list[bytes]) -> None:
        await gate.wait()
        sent.extend(lines)

    batcher = Batcher(send, name="t", wait_seconds=0, batch_lines=1, waiting_bytes=10)
    for letter in (b"a" * 6, b"b" * 6, b"c" * 4):
        batcher.put(letter)
    assert batcher.dropped == 1
    gate.set()
    await batcher.flush()
    assert sent == [b"a" * 6, b"c" * 4]


async def test_a_batch_that_cannot_be_sent_is_counted():
    """A full disk loses a batch; the next one is tried."""
    sent = []

    async def send(lines: list[bytes]) -> None:
        if lines == [b"a"]:
            raise OSError(28, "No space left on device")
        sent.extend(lines)

    batcher = Batcher(send, name="t", wait_seconds=0, batch_lines=1, waiting_bytes=10)
    batcher.put(b"a")
    batcher.put(b"b")
    await batcher.flush()
    assert (batcher.dropped, sent) == (1, [b"b"])


@given(
    lines=st.lists(st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line)), block=st.integers(1, 50)
)
def test_backwards_is_the_reverse(lines, block, tmp_path_factory):
    """Whatever the size of blocks, every line is read once, last first, with its place."""
    path = tmp_path_factory.mktemp("b") / "f"
    content = b"".join(line + b"\n" for line in lines)
    path.write_bytes(content)
    before, reading.BLOCK_BYTES = reading.BLOCK_BYTES, block
    try:
        with path.open("rb") as file:
            found = list(lines_backwards(file, len(content)))
    finally:
        reading.BLOCK_BYTES = before
    assert [line for _, line in found] == lines[::-1]
    assert all(content[place : place + len(line)] == line for place, line in found)


def test_pages_lead_through_rotated_files(tmp_path: Path):
    """A page ends at its limit or when enough was read, and the next goes on there, also after a rotation."""
    path = tmp_path / "audit.log"
    write(tmp_path / "audit-2026-01-01T00-00-00.000.log", event(1), event(2))
    write(path, event(3), event(4))
    first = find(path, Query(), 1, None)
    path.rename(tmp_path / "audit-2026-02-01T00-00-00.000.log")
    write(path, event(5))
    seen, rest = names(first), first.rest
    while rest is not None:
        page = find(path, Query(), 1, rest)
        seen, rest = seen + names(page), page.rest
    assert seen == ["p4", "p3", "p2", "p1"]
    little = find(path, Query(name="p1"), 10, None, scan_bytes=1)
    assert (little.events, little.rest is not None) == ([], True)
    with pytest.raises(PositionLostError):
        find(path, Query(), 1, reading.Position(1, 5))


def test_a_query_chooses(tmp_path: Path):
    """Every field limits; times stop the reading; stages of the middle are shown when asked for."""
    path = tmp_path / "audit.log"
    acting = event(2, user={"username": "root"}, impersonatedUser={"username": "bob"})
    started = event(3, stage="ResponseStarted", verb="watch")
    deployment = {"resource": "deployments", "apiGroup": "apps", "name": "web"}
    other = event(4, objectRef=deployment, verb="delete", annotations={"audit.bouvier.io/cluster": "second"})
    write(path, event(1), acting, started, other, event(5, objectRef=deployment, verb="delete"))

    def count(**fields) -> int:
        return len(find(path, Query(**fields), 10, None).events)

    assert count() == 3
    assert count(user="bob") == count(user="root") == 1
    assert count(verb="delete", resource="deployments.apps") == 1
    assert count(resource="deployments.other") == 0
    assert count(namespace="shop") == 2
    assert count(stage="ResponseStarted") == 1
    assert count(cluster="second") == 1
    assert count(begin="2026-03-01T10:00:02.000000Z") == 2
    assert count(end="2026-03-01T10:00:02.000000Z") == 2


def test_parameters_and_field_selectors_are_checked():
    """Both spell the same question; what is wrong is named."""
    query = parse_query(
        {"fieldSelector": "user=alice,metadata.namespace=shop", "from": "2026-03-01T00:00:00Z"}, "local", ""
    )
    assert (query.user, query.namespace, query.begin) == ("alice", "shop", "2026-03-01T00:00:00.000000Z")
    for parameters, word in (
        ({"from": "yesterday"}, "from"),
        ({"fieldSelector": "color=red"}, "fieldSelector"),
        ({"stage": "Middle"}, "stage"),
    ):
        with pytest.raises(ApiError, match=word):
            parse_query(parameters, "local", "")
