"""What every engine does, tried on the real one."""

from __future__ import annotations

import asyncio
import io
import tarfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bouvier.engine.docker.engine import DockerEngine
from bouvier.engine.errors import Conflict, ImageMissing, InvalidConfig, NotFound, Unreachable
from bouvier.engine.specs import (
    ContainerSpec,
    ExecSpec,
    LogOptions,
    Mount,
    MountKind,
    Resolver,
    Resources,
    SandboxSpec,
    Security,
)
from bouvier.engine.states import Phase
from tests.engines import BUSYBOX, PAUSE, archive_of, busybox_archive

KNOWN_TO_ALL_ENGINES = (1 << 38) - 1
LABEL = {"test.bouvier.io/contract": "yes"}


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def shell(script: str, **options: object) -> ContainerSpec:
    return ContainerSpec(unique("c"), BUSYBOX, LABEL, entrypoint=("sh", "-c", script), **options)  # type: ignore[arg-type]


async def wait_exit(engine: DockerEngine, container: str) -> int:
    async with asyncio.timeout(20):
        while (state := await engine.inspect(container)).phase is not Phase.EXITED:
            await asyncio.sleep(0.02)
    return state.exit_code


async def output_of(engine: DockerEngine, container: str, **options: object) -> dict[str, bytes]:
    seen = {"stdout": b"", "stderr": b""}
    async for piece in engine.logs(container, LogOptions(**options)):  # type: ignore[arg-type]
        seen[piece.stream] += piece.data
    return seen


async def run(engine: DockerEngine, spec: ContainerSpec) -> tuple[int, str]:
    container = await engine.create(spec)
    await engine.start(container)
    code = await wait_exit(engine, container)
    return code, (await output_of(engine, container))["stdout"].decode()


@asynccontextmanager
async def sandbox(engine: DockerEngine, **options: object) -> AsyncIterator[str]:
    container = await engine.create_sandbox(SandboxSpec(unique("s"), PAUSE, LABEL, **options))  # type: ignore[arg-type]
    await engine.start(container)
    yield container
    await engine.remove(container)


async def execute(
    engine: DockerEngine, container: str, command: str, stdin: bytes | None = None
) -> tuple[int | None, bytes]:
    spec = ExecSpec(("sh", "-c", command), stdin=stdin is not None)
    async with engine.execute(container, spec) as session:
        if stdin is not None:
            await session.send(stdin)
            await session.close_stdin()
        data = b""
        while piece := await session.receive():
            data += piece.data
        return await session.exit_code(), data


async def test_members_share_the_sandbox(engine: DockerEngine) -> None:
    """A member has the sandbox's name, resolver, network and memory; a second member sees the first one's files."""
    resolver = Resolver(("10.9.9.9",), ("a.svc", "svc"), ("ndots:5",))
    async with sandbox(engine, hostname="podname", resolver=resolver) as box:
        _, text = await run(engine, shell("hostname; cat /etc/resolv.conf; echo hi >/dev/shm/x", sandbox=box))
        lines = text.splitlines()
        assert lines[0] == "podname"
        assert set(lines[1:]) == {"search a.svc svc", "nameserver 10.9.9.9", "options ndots:5"}
        assert (await run(engine, shell("cat /dev/shm/x", sandbox=box))) == (0, "hi\n")


async def test_member_may_be_created_before_the_sandbox_runs(engine: DockerEngine) -> None:
    """Creating a member beside the start of its sandbox saves time at every pod start."""
    box = await engine.create_sandbox(SandboxSpec(unique("s"), PAUSE, LABEL))
    member = await engine.create(shell("echo ok", sandbox=box))
    await engine.start(box)
    await engine.start(member)
    assert await wait_exit(engine, member) == 0


async def test_shared_process_namespace(engine: DockerEngine) -> None:
    """With shared processes the pause program is process 1."""
    async with sandbox(engine) as box:
        _, text = await run(engine, shell("cat /proc/1/comm", sandbox=box, share_processes=True))
        assert text == "pause\n"


async def test_exit_code_and_times(engine: DockerEngine) -> None:
    """An ended container tells its code and when it ran, and stays listed by label."""
    container = await engine.create(shell("exit 3"))
    assert (await engine.inspect(container)).phase is Phase.CREATED
    await engine.start(container)
    assert await wait_exit(engine, container) == 3
    state = await engine.inspect(container)
    assert state.created_at <= state.started_at
    assert state.created_at <= state.finished_at
    assert [c.id for c in await engine.containers(LABEL) if c.phase is Phase.EXITED] == [container]


async def test_memory_limit_kills(engine: DockerEngine) -> None:
    """Too much memory ends the container, and it says so."""
    limited = shell("head -c 50m /dev/zero | tail", resources=Resources(memory_bytes=8 << 20))
    container = await engine.create(limited)
    await engine.start(container)
    assert await wait_exit(engine, container) == 137
    assert (await engine.inspect(container)).out_of_memory


async def test_streams_are_kept_apart(engine: DockerEngine) -> None:
    """Standard output and error come separately; either can be read alone."""
    container = await engine.create(shell("echo out; echo err >&2"))
    await engine.start(container)
    await wait_exit(engine, container)
    assert await output_of(engine, container) == {"stdout": b"out\n", "stderr": b"err\n"}
    assert await output_of(engine, container, stdout=False) == {"stdout": b"", "stderr": b"err\n"}


async def test_tail_timestamps_and_since(engine: DockerEngine) -> None:
    """The last lines, the time before each line, and only what is newer than a moment."""
    container = await engine.create(shell("echo a; echo b; echo c"))
    await engine.start(container)
    await wait_exit(engine, container)
    assert (await output_of(engine, container, tail=2))["stdout"] == b"b\nc\n"
    stamped = (await output_of(engine, container, timestamps=True))["stdout"].decode().splitlines()
    assert [line.split(" ", 1)[1] for line in stamped] == ["a", "b", "c"]
    assert (await output_of(engine, container, since=4e9))["stdout"] == b""


async def test_following_ends_with_the_container(engine: DockerEngine) -> None:
    """A follower sees lines as they are written and is released at the end."""
    container = await engine.create(shell("echo first; while [ ! -e /go ]; do sleep 0.1; done; echo last"))
    await engine.start(container)
    follower = engine.logs(container, LogOptions(follow=True))
    async with asyncio.timeout(20):
        assert (await anext(follower)).data == b"first\n"
        await execute(engine, container, "touch /go")
        assert [piece.data async for piece in follower] == [b"last\n"]


async def test_execute(engine: DockerEngine) -> None:
    """Input, half close, output and exit code of a process in a running container."""
    container = await engine.create(shell("sleep 1000"))
    await engine.start(container)
    assert await execute(engine, container, "cat; exit 7", b"typed") == (7, b"typed")
    assert await execute(engine, container, "cat", b"x" * 300_000) == (0, b"x" * 300_000)


async def test_execute_with_terminal(engine: DockerEngine) -> None:
    """A terminal has the size that was set."""
    container = await engine.create(shell("sleep 1000"))
    await engine.start(container)
    spec = ExecSpec(("sh", "-c", "read line; stty size"), stdin=True, terminal=True)
    async with asyncio.timeout(20), engine.execute(container, spec) as session:
        await session.resize(132, 43)
        await session.send(b"go\n")
        text = b""
        while piece := await session.receive():
            text += piece.data
    assert b"43 132" in text


async def test_execute_refusals(engine: DockerEngine) -> None:
    """A container that is gone or stopped is told apart from a bad program."""
    container = await engine.create(shell("sleep 1000"))
    with pytest.raises(Conflict):
        await execute(engine, container, "true")
    with pytest.raises(NotFound):
        await execute(engine, "nothing", "true")


async def test_attach(engine: DockerEngine) -> None:
    """Attaching reaches the first process."""
    container = await engine.create(shell("read line; echo got $line", stdin=True))
    await engine.start(container)
    async with asyncio.timeout(20), engine.attach(container, stdin=True) as session:
        await session.send(b"word\n")
        piece = await session.receive()
        assert piece is not None
        assert piece.data == b"got word\n"


async def test_stop_and_remove_are_repeatable(engine: DockerEngine) -> None:
    """Stopping honours the grace period, and asking again for what is so is no error."""
    container = await engine.create(shell("trap 'exit 5' TERM; echo up; while :; do sleep 0.1; done"))
    await engine.start(container)
    await engine.start(container)
    async with asyncio.timeout(60):
        async for _ in engine.logs(container, LogOptions(follow=True)):
            break  # the trap is set
    await engine.stop(container, 10)
    assert (await engine.inspect(container)).exit_code == 5
    await engine.stop(container, 0)
    await engine.kill(container)
    await engine.remove(container)
    await engine.remove(container)
    with pytest.raises(NotFound):
        await engine.inspect(container)


async def test_refusals_name_the_cause(engine: DockerEngine) -> None:
    """Missing image, taken name and unknown program each raise their own kind."""
    with pytest.raises(ImageMissing, match="nowhere/nothing:1"):
        await engine.create(ContainerSpec(unique("c"), "nowhere/nothing:1", LABEL))
    spec = shell("true")
    await engine.create(spec)
    with pytest.raises(Conflict, match=spec.name):
        await engine.create(spec)
    bad = await engine.create(ContainerSpec(unique("c"), BUSYBOX, LABEL, entrypoint=("/no/such",)))
    with pytest.raises(InvalidConfig, match="/no/such"):
        await engine.start(bad)
    state = await engine.inspect(bad)
    assert state.phase is Phase.EXITED
    assert "/no/such" in state.error


async def test_no_engine_is_unreachable() -> None:
    """A socket where nobody listens is named."""
    engine = DockerEngine("unix:///nonexistent.sock")
    with pytest.raises(Unreachable, match=r"/nonexistent\.sock"):
        await engine.info()
    await engine.close()


async def test_security(engine: DockerEngine) -> None:
    """User, groups, capabilities, read-only root and no-new-privileges reach the process."""
    script = "id -u; id -G; grep -E 'CapEff|NoNewPrivs' /proc/self/status; touch /x || echo read-only"
    security = Security(user="1000:2000", groups=("3000",), read_only_root=True, no_new_privileges=True)
    _, text = await run(engine, shell(script, security=security))
    lines = text.split("\n")
    assert lines[0] == "1000"
    assert set(lines[1].split()) == {"2000", "3000"}
    assert "read-only" in text
    assert "NoNewPrivs:\t1" in text
    dropped = Security(drop_capabilities=("ALL",), add_capabilities=("NET_ADMIN",))
    _, text = await run(engine, shell("grep CapEff /proc/self/status", security=dropped))
    assert text.split()[1] == f"{1 << 12:016x}"


async def test_privileged_works_where_the_host_lacks_capabilities(engine: DockerEngine) -> None:
    """A privileged container starts and has every capability that the host has."""
    code, text = await run(engine, shell("grep CapEff /proc/self/status", security=Security(privileged=True)))
    assert code == 0
    with Path("/proc/self/status").open() as status:
        host = next(int(line.split()[1], 16) for line in status if line.startswith("CapBnd"))
    assert int(text.split()[1], 16) & KNOWN_TO_ALL_ENGINES == host & KNOWN_TO_ALL_ENGINES


async def test_mounts_and_volume(engine: DockerEngine, tmp_path) -> None:
    """Files of the host, read-only ones too, and a memory volume that two containers share."""
    (tmp_path / "f").write_text("content")
    volume = unique("v")
    await engine.create_volume(volume, LABEL, mode="mode=0777", size_bytes=1 << 20)
    mounts = (Mount("/h", str(tmp_path), read_only=True), Mount("/v", volume, MountKind.VOLUME))
    async with sandbox(engine, mounts=mounts) as box:
        script = "cat /h/f; touch /h/g || echo refused; echo kept >/v/x; df /v | tail -1"
        _, text = await run(engine, shell(script, sandbox=box, mounts=mounts))
        assert text.startswith("contentrefused\n")
        assert " 1024 " in text
        assert await run(engine, shell("cat /v/x", sandbox=box, mounts=mounts)) == (0, "kept\n")
    assert volume in await engine.volumes(LABEL)
    for container in await engine.containers(LABEL):
        await engine.remove(container.id)
    await engine.remove_volume(volume)
    await engine.remove_volume(volume)
    assert volume not in await engine.volumes(LABEL)


async def test_native_options_pass(engine: DockerEngine) -> None:
    """Options in the engine's own words reach it and win."""
    native = {"HostConfig": {"Tmpfs": {"/scratch": "size=65536"}}, "Env": ["A=from-native"]}
    _, text = await run(engine, shell("echo $A; df /scratch | tail -1", environment=("A=plain",), native=native))
    assert text.startswith("from-native\n")
    assert " 64 " in text


async def test_usage(engine: DockerEngine) -> None:
    """A running container uses memory and processes."""
    container = await engine.create(shell("sleep 1000"))
    await engine.start(container)
    usage = await engine.usage(container)
    assert usage.memory_bytes > 0
    assert usage.processes >= 1


async def test_events(engine: DockerEngine) -> None:
    """The life of a container is reported in order, from the moment of subscribing."""
    async with asyncio.timeout(20), engine.events() as events:
        container = await engine.create(shell("true"))
        await engine.start(container)
        await wait_exit(engine, container)
        await engine.remove(container)
        seen = []
        async for event in events:
            if event.id == container:
                seen.append(event.action)
                assert event.labels.items() >= LABEL.items()
            if seen and seen[-1] == "removed":
                break
    assert seen == ["created", "started", "died", "removed"]


async def test_images(engine: DockerEngine) -> None:
    """An image is imported with its configuration, built from an archive, found, listed and removed."""
    await engine.import_image(busybox_archive(), "contract/imported:2", ['CMD ["echo","hello"]', "USER nobody"])
    found = await engine.image("contract/imported:2")
    assert found is not None
    assert found.user == "nobody"
    assert await run(engine, ContainerSpec(unique("c"), "contract/imported:2", LABEL)) == (0, "hello\n")
    dockerfile = f"FROM {BUSYBOX}\nADD word /word\nCMD cat /word\n".encode()
    steps = [
        p.text async for p in engine.build(archive_of({"Dockerfile": dockerfile, "word": b"built"}), "contract/built")
    ]
    assert any("Step 1/3" in step for step in steps)
    assert await run(engine, ContainerSpec(unique("c"), "contract/built", LABEL)) == (0, "built")
    names = {name for image in await engine.images() for name in image.names}
    assert {"contract/imported:2", "contract/built:latest"} <= names
    for container in await engine.containers(LABEL):
        await engine.remove(container.id)
    for name in ("contract/imported:2", "contract/built:latest"):
        await engine.remove_image(name)
        assert await engine.image(name) is None


async def test_pull_from_nowhere(engine: DockerEngine) -> None:
    """A registry that does not answer is an error with its address."""
    with pytest.raises(Exception, match=r"127\.0\.0\.1:1"):
        async for _ in engine.pull("127.0.0.1:1/no/image:1"):
            pass


async def test_info(engine: DockerEngine) -> None:
    """The engine describes itself and the machine."""
    info = await engine.info()
    assert info.name == "docker"
    assert info.cpus >= 1
    assert info.memory_bytes > 1 << 28
    assert info.operating_system == "linux"


def test_archive_of_is_readable() -> None:
    """The test archives are plain tar files."""
    with tarfile.open(fileobj=io.BytesIO(archive_of({"a": b"1"}, {"b": "a"}))) as tar:
        assert tar.getnames() == ["a", "b"]
