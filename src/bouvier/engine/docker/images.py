"""Images of a Docker Engine: look up, pull, import, build, remove."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from bouvier.engine.docker import parse
from bouvier.engine.docker.http import DockerHttp
from bouvier.engine.errors import ImageMissing, NotFound
from bouvier.engine.specs import BuildOptions, RegistryAuth
from bouvier.engine.states import ImageInfo, PullProgress

_TAR = {"Content-Type": "application/x-tar"}


def split_name(name: str) -> tuple[str, str]:
    """Return `(repository, tag or digest)`; the tag is `latest` when none is given."""
    repository, at, digest = name.partition("@")
    if at:
        return repository, digest
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "latest")


class DockerImages:
    """Calls under `/images`."""

    def __init__(self, http: DockerHttp) -> None:
        self._http = http

    async def find(self, name: str) -> ImageInfo | None:
        """Return the image, None when this host has none of that name."""
        try:
            return parse.image(await self._http.call("GET", f"/images/{name}/json"))
        except (ImageMissing, NotFound):
            return None

    async def all(self) -> list[ImageInfo]:
        """List the images."""
        return [parse.image(document) for document in await self._http.call("GET", "/images/json")]

    async def pull(self, name: str, auth: RegistryAuth | None) -> AsyncIterator[PullProgress]:
        """Fetch an image."""
        repository, tag = split_name(name)
        headers = {"X-Registry-Auth": _auth_header(auth)} if auth else None
        query = {"fromImage": repository, "tag": tag}
        try:
            async for message in self._http.json_lines("POST", "/images/create", query=query, headers=headers):
                yield parse.progress(message)
        except NotFound as error:
            raise ImageMissing(str(error)) from error

    async def remove(self, name: str) -> None:
        """Remove an image name."""
        try:
            await self._http.call("DELETE", f"/images/{name}")
        except (ImageMissing, NotFound):
            return

    async def load_archive(self, archive: bytes | AsyncIterator[bytes], name: str, changes: Sequence[str]) -> None:
        """Make an image of one layer."""
        repository, tag = split_name(name)
        query: Any = [("fromSrc", "-"), ("repo", repository), ("tag", tag), *(("changes", line) for line in changes)]
        async for _ in self._http.json_lines("POST", "/images/create", query=query, body=archive, headers=_TAR):
            pass

    async def build(
        self, context: bytes | AsyncIterator[bytes], name: str, options: BuildOptions
    ) -> AsyncIterator[PullProgress]:
        """Build from a tar archive with a Dockerfile."""
        query = _build_query(name, options)
        async for message in self._http.json_lines("POST", "/build", query=query, body=context, headers=_TAR):
            if "status" in message:
                message["status"] += "\n"  # pulls speak in lines, steps in pieces of text
            yield parse.progress(message)

    async def push(self, name: str, auth: RegistryAuth | None) -> AsyncIterator[PullProgress]:
        """Send an image to its registry."""
        repository, tag = split_name(name)
        headers = {"X-Registry-Auth": _auth_header(auth or RegistryAuth())}
        path = f"/images/{repository}/push"
        async for message in self._http.json_lines("POST", path, query={"tag": tag}, headers=headers):
            yield parse.progress(message)

    async def tag(self, image: str, name: str) -> None:
        """Give an image one more name."""
        repository, tag = split_name(name)
        await self._http.call("POST", f"/images/{image}/tag", query={"repo": repository, "tag": tag})


def _build_query(name: str, options: BuildOptions) -> dict[str, str]:
    query = {"t": name, "rm": "1", "forcerm": "1", "dockerfile": options.dockerfile}
    query["buildargs"] = orjson.dumps(dict(options.arguments)).decode()
    query["labels"] = orjson.dumps(dict(options.labels)).decode()
    given = {
        "nocache": "" if options.use_cache else "1",
        "pull": "1" if options.always_pull else "",
        "networkmode": options.network,
        "memory": str(options.memory_bytes or ""),
        "cgroupparent": options.cgroup_parent,
    }
    return query | {field: value for field, value in given.items() if value}


def _auth_header(auth: RegistryAuth) -> str:
    if auth.registry_token:
        document = {"registrytoken": auth.registry_token, "serveraddress": auth.server}
    elif auth.identity_token:
        document = {"identitytoken": auth.identity_token, "serveraddress": auth.server}
    else:
        document = {"username": auth.username, "password": auth.password, "serveraddress": auth.server}
    return base64.urlsafe_b64encode(orjson.dumps(document)).decode()
