"""The engine Protocol on the Docker Engine API, over its unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from bouvier.engine.docker import config, parse, privileges
from bouvier.engine.docker.frames import read_frame
from bouvier.engine.docker.hijack import HijackedSession, open_stream
from bouvier.engine.docker.http import DockerHttp
from bouvier.engine.docker.images import DockerImages
from bouvier.engine.errors import Conflict, NotFound, Unreachable
from bouvier.engine.specs import (
    PLAIN_BUILD,
    BuildOptions,
    ContainerSpec,
    ExecSpec,
    LogOptions,
    RegistryAuth,
    Resources,
    SandboxSpec,
)
from bouvier.engine.states import (
    ContainerState,
    ContainerSummary,
    EngineEvent,
    EngineInfo,
    ImageInfo,
    Output,
    Phase,
    PullProgress,
    Usage,
)

# Docker closes an exec's streams a moment before it has written down the exit code.
_EXIT_CODE_WAIT_SECONDS = 5.0


class DockerEngine:
    """One Docker Engine; fulfils `engine.protocol.Engine`."""

    def __init__(self, socket: str, *, capabilities: frozenset[str] | None = None) -> None:
        self._http = DockerHttp(socket.removeprefix("unix://"))
        self._images = DockerImages(self._http)
        self._root: str | None = None
        self._capabilities = privileges.of_this_host() if capabilities is None else capabilities

    async def info(self) -> EngineInfo:
        """Describe engine and machine."""
        return parse.info(await self._http.call("GET", "/info"))

    async def create_sandbox(self, spec: SandboxSpec) -> str:
        """Make a sandbox that is not yet started and return its id."""
        return await self._create(spec.name, config.sandbox(spec))

    async def create(self, spec: ContainerSpec) -> str:
        """Make a container that is not yet started and return its id."""
        return await self._create(spec.name, config.container(spec, self._capabilities, await self._folder()))

    async def _folder(self) -> str:
        """Return the engine's own folder."""
        if self._root is None:
            self._root = str((await self._http.call("GET", "/info")).get("DockerRootDir") or "")
        return self._root

    async def _create(self, name: str, body: config.Config) -> str:
        answer = await self._http.call("POST", "/containers/create", query={"name": name}, body=body)
        return str(answer["Id"])

    async def start(self, container: str) -> None:
        """Start a sandbox or container."""
        await self._http.call("POST", f"/containers/{container}/start")

    async def stop(self, container: str, grace_seconds: int) -> None:
        """Send the stop signal, wait that long, then kill."""
        try:
            await self._http.call("POST", f"/containers/{container}/stop", query={"t": str(grace_seconds)})
        except NotFound:
            return

    async def update(self, container: str, resources: Resources) -> None:
        """Change weights and limits of a container that runs."""
        await self._http.call("POST", f"/containers/{container}/update", body=config.update(resources))

    async def kill(self, container: str, signal: str = "KILL") -> None:
        """Send a signal; nothing happens when the container does not run."""
        try:
            await self._http.call("POST", f"/containers/{container}/kill", query={"signal": signal})
        except (NotFound, Conflict):
            return

    async def remove(self, container: str) -> None:
        """Kill and remove a sandbox or container with its anonymous volumes."""
        try:
            await self._http.call("DELETE", f"/containers/{container}", query={"force": "1", "v": "1"})
        except NotFound:
            return
        except Conflict as error:
            if "already in progress" not in str(error):
                raise

    async def inspect(self, container: str) -> ContainerState:
        """Return the present state."""
        return parse.container(await self._http.call("GET", f"/containers/{container}/json"))

    async def containers(self, labels: Mapping[str, str]) -> list[ContainerSummary]:
        """List all containers and sandboxes that carry these labels."""
        query = {"all": "1", "filters": _label_filter(labels)}
        return [parse.summary(document) for document in await self._http.call("GET", "/containers/json", query=query)]

    @asynccontextmanager
    async def execute(self, container: str, spec: ExecSpec) -> AsyncIterator[HijackedSession]:
        """Run a process inside a running container."""
        body = {
            "Cmd": spec.command,
            "AttachStdin": spec.stdin,
            "AttachStdout": spec.stdout,
            "AttachStderr": spec.stderr,
            "Tty": spec.terminal,
            "Env": spec.environment,
        }
        exec_id = str((await self._http.call("POST", f"/containers/{container}/exec", body=body))["Id"])
        path = f"{await self._http.prefix()}/exec/{exec_id}/start"
        streams = await open_stream(self._http.socket, path, {"Detach": False, "Tty": spec.terminal})
        session = HijackedSession(
            streams,
            terminal=spec.terminal,
            resize=lambda width, height: self._resize(f"/exec/{exec_id}", width, height),
            exit_code=lambda: self._exit_code(exec_id),
        )
        try:
            yield session
        finally:
            await session.close()

    @asynccontextmanager
    async def attach(self, container: str, *, stdin: bool) -> AsyncIterator[HijackedSession]:
        """Connect to the streams of a container's first process."""
        state = await self.inspect(container)
        if state.phase is not Phase.RUNNING:
            raise Conflict(f"container {state.name} is not running")
        query = f"stream=1&stdout=1&stderr=1&stdin={int(stdin)}"
        path = f"{await self._http.prefix()}/containers/{container}/attach?{query}"
        streams = await open_stream(self._http.socket, path, {})
        session = HijackedSession(
            streams,
            terminal=state.terminal,
            resize=lambda width, height: self._resize(f"/containers/{container}", width, height),
            exit_code=_no_exit_code,
            keeps_input=not state.stdin_once,
        )
        try:
            yield session
        finally:
            await session.close()

    async def _resize(self, owner: str, width: int, height: int) -> None:
        try:
            await self._http.call("POST", owner + "/resize", query={"w": str(width), "h": str(height)})
        except (NotFound, Conflict):
            return  # it has just ended

    async def _exit_code(self, exec_id: str) -> int | None:
        deadline = asyncio.get_running_loop().time() + _EXIT_CODE_WAIT_SECONDS
        while True:
            state = await self._http.call("GET", f"/exec/{exec_id}/json")
            if not state["Running"]:
                return int(state["ExitCode"] or 0)
            if asyncio.get_running_loop().time() > deadline:
                return None
            await asyncio.sleep(0.01)

    async def logs(self, container: str, options: LogOptions) -> AsyncIterator[Output]:
        """Read a container's output."""
        terminal = (await self.inspect(container)).terminal
        query = {
            "follow": str(int(options.follow)),
            "stdout": str(int(options.stdout)),
            "stderr": str(int(options.stderr)),
            "timestamps": str(int(options.timestamps)),
            "since": f"{options.since:.9f}" if options.since else "0",
            "tail": "all" if options.tail is None else str(options.tail),
        }
        async with self._http.stream("GET", f"/containers/{container}/logs", query=query) as content:
            while output := await read_frame(content, terminal=terminal):
                yield output

    async def usage(self, container: str) -> Usage:
        """Return what the container uses."""
        query = {"stream": "false", "one-shot": "true"}
        return parse.usage(await self._http.call("GET", f"/containers/{container}/stats", query=query))

    async def image(self, name: str) -> ImageInfo | None:
        """Return the image of that name or id."""
        return await self._images.find(name)

    async def images(self) -> list[ImageInfo]:
        """List the images on this host."""
        return await self._images.all()

    def pull(self, name: str, auth: RegistryAuth | None = None) -> AsyncIterator[PullProgress]:
        """Fetch an image."""
        return self._images.pull(name, auth)

    async def remove_image(self, name: str) -> None:
        """Remove an image name."""
        await self._images.remove(name)

    async def import_image(self, archive: bytes | AsyncIterator[bytes], name: str, changes: Sequence[str] = ()) -> None:
        """Make an image of one layer from a tar archive."""
        await self._images.load_archive(archive, name, changes)

    def build(
        self, context: bytes | AsyncIterator[bytes], name: str, options: BuildOptions = PLAIN_BUILD
    ) -> AsyncIterator[PullProgress]:
        """Build an image from a tar archive with a Dockerfile."""
        return self._images.build(context, name, options)

    def push(self, name: str, auth: RegistryAuth | None = None) -> AsyncIterator[PullProgress]:
        """Send an image to its registry."""
        return self._images.push(name, auth)

    async def tag(self, image: str, name: str) -> None:
        """Give an image one more name."""
        await self._images.tag(image, name)

    async def create_volume(self, name: str, labels: Mapping[str, str], *, mode: str, size_bytes: int = 0) -> None:
        """Make a memory file system that containers can share."""
        options = f"{mode},size={size_bytes}" if size_bytes else mode
        driver = {"type": "tmpfs", "device": "tmpfs", "o": options}
        body = {"Name": name, "Driver": "local", "DriverOpts": driver, "Labels": dict(labels)}
        await self._http.call("POST", "/volumes/create", body=body)

    async def create_driver_volume(
        self, name: str, driver: str, options: Mapping[str, str], labels: Mapping[str, str]
    ) -> str:
        """Make a lasting volume with a volume driver of the engine, or find it made."""
        body = {"Name": name, "Driver": driver, "DriverOpts": dict(options), "Labels": dict(labels)}
        made = await self._http.call("POST", "/volumes/create", body=body)
        return str(made.get("Scope") or "local")

    async def volumes(self, labels: Mapping[str, str]) -> list[str]:
        """List the names of volumes that carry these labels."""
        answer = await self._http.call("GET", "/volumes", query={"filters": _label_filter(labels)})
        return [volume["Name"] for volume in answer["Volumes"] or ()]

    async def remove_volume(self, name: str) -> None:
        """Remove a volume."""
        try:
            await self._http.call("DELETE", f"/volumes/{name}")
        except NotFound:
            return

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[EngineEvent]]:
        """Follow what happens from the moment of entering."""
        filters: dict[str, Any] = {"type": ["container", "image"], "event": parse.EVENT_ACTIONS}
        query = {"filters": orjson.dumps(filters).decode()}
        async with self._http.stream("GET", "/events", query=query) as content:
            yield _events(content)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


async def _events(content: Any) -> AsyncIterator[EngineEvent]:
    try:
        async for line in content:
            yield parse.event(orjson.loads(line))
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(f"the container engine broke off its event stream: {error}") from error
    raise Unreachable("the container engine closed its event stream")


async def _no_exit_code() -> None:
    return None


def _label_filter(labels: Mapping[str, str]) -> str:
    wanted = [f"{name}={value}" if value else name for name, value in labels.items()]
    return orjson.dumps({"label": wanted}).decode()
