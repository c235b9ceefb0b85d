"""The last stage of a Build: the image in the registry, and the stream that names it.

The image goes up under its tag and is written into the stream by its digest. A registry takes a manifest last and
whole: whenever anything dies on the way, the tag means the old image or the new one.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from bouvier.builds.builder.failure import BuildFailed
from bouvier.builds.builder.images import temporary_name
from bouvier.builds.builder.log import BuildLog
from bouvier.builds.builder.workshop import Workshop
from bouvier.engine.errors import EngineError, Unreachable
from bouvier.engine.specs import RegistryAuth
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.resources import IMAGESTREAMMAPPINGS, IMAGESTREAMS

PUSH_TRIES = 5
PAUSE_SECONDS = 1.0


class Pushed(NamedTuple):
    """Where the image is."""

    reference: str
    """Host, repository and tag."""
    digest: str


class Target(NamedTuple):
    """An image stream tag to push to."""

    namespace: str
    stream: str
    tag: str

    @property
    def repository(self) -> str:
        """Return the repository in the registry."""
        return f"{self.namespace}/{self.stream}"


async def target_of(shop: Workshop, build: Obj) -> Target | None:
    """Return where a Build's image goes, None for one that only tries out.

    Raises:
        BuildFailed: the stream is not there.
    """
    to = (build["spec"].get("output") or {}).get("to")
    if not to:
        return None
    stream, _, tag = to["name"].partition(":")
    target = Target(to.get("namespace") or namespace_of(build), stream, tag)
    if target.namespace != namespace_of(build):
        raise BuildFailed("InvalidOutputReference", "images are pushed to streams of the build's own project only")
    try:
        await shop.client.get(IMAGESTREAMS, stream, target.namespace)
    except ApiError as error:
        raise BuildFailed("InvalidOutputReference", error.message) from None
    return target


async def push(shop: Workshop, build: Obj, target: Target, log: BuildLog) -> Pushed:
    """Send the image to the registry; what comes and goes again is tried again.

    Raises:
        BuildFailed: the registry does not take it.
        Unreachable: the engine went away.
    """
    name = f"{shop.registry.address}/{target.repository}:{target.tag}"
    log.line(f"Pushing image {name} ...")
    for attempt in range(1, PUSH_TRIES + 1):
        try:
            digest = await _push_once(shop, build, target, name)
        except Unreachable:
            raise
        except (EngineError, OSError, ApiError) as error:
            log.line(f"warning: push failed ({attempt} of {PUSH_TRIES}): {error}")
            if attempt == PUSH_TRIES:
                raise BuildFailed("PushImageToRegistryFailed", str(error)) from None
            await asyncio.sleep(PAUSE_SECONDS * attempt)
        else:
            log.line(f"Successfully pushed {name}@{digest}")
            return Pushed(name, digest)
    raise AssertionError


async def _push_once(shop: Workshop, build: Obj, target: Target, name: str) -> str:
    await shop.registry.ensure()
    token = await shop.registry.token(target.repository, "pull,push")
    await shop.engine.tag(temporary_name(build), name)
    digest = ""
    async for step in shop.engine.push(name, RegistryAuth(registry_token=token)):
        digest = step.digest or digest
    if not digest:
        raise EngineError("the registry did not confirm the image")
    return digest


async def publish(shop: Workshop, target: Target, pushed: Pushed) -> None:
    """Write into the stream what its tag means now."""
    repository = pushed.reference.rpartition(":")[0]
    mapping = {
        "apiVersion": IMAGESTREAMMAPPINGS.api_version,
        "kind": IMAGESTREAMMAPPINGS.kind,
        "metadata": {"name": target.stream, "namespace": target.namespace},
        "tag": target.tag,
        "image": {"metadata": {"name": pushed.digest}, "dockerImageReference": f"{repository}@{pushed.digest}"},
    }
    await shop.client.create(IMAGESTREAMMAPPINGS, mapping)
