"""The middle of a Build: base images, the build itself, and the hook that judges the result."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bouvier.builds.builder.failure import BuildFailed
from bouvier.builds.builder.log import BuildLog
from bouvier.builds.builder.workshop import Workshop
from bouvier.builds.resolving import image_of
from bouvier.builds.sources import s2i
from bouvier.builds.sources.context import SourceError, inside, pieces, write_archive
from bouvier.builds.sources.dockerfile import adapted, origins
from bouvier.engine.errors import EngineError, Unreachable
from bouvier.engine.specs import BuildOptions, ContainerSpec, LogOptions, RegistryAuth, Resources
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.quantities import whole
from bouvier.meta.resources import IMAGESTREAMS

SHARED_NAMESPACE = "openshift"
"""Streams of this namespace may be started from everywhere, as in OpenShift."""
NETWORK = "host"
"""Builds fetch packages; a network of the pods' own for them is not there yet."""
PLATFORM_LABEL, BUILD_LABEL = "io.bouvier.platform", "io.bouvier.build"


class Recipe:
    """What the engine is to build."""

    def __init__(self, files: dict[str, bytes], options: BuildOptions, prefix: str, reason: str) -> None:
        self.files = files
        self.options = options
        self.prefix = prefix
        self.reason = reason
        """Of a failure."""


def temporary_name(build: Obj) -> str:
    """Return the name under which the result is kept until it has passed its test."""
    return f"bouvier-build/{uid_of(build)}:latest"


async def prepare(shop: Workshop, build: Obj, folder: Path) -> Recipe:
    """Return what is to be built, with every image that it starts from on the engine.

    Raises:
        BuildFailed: an image or the Dockerfile is not there.
    """
    strategy = build["spec"]["strategy"]
    if "sourceStrategy" in strategy:
        return await _source_recipe(shop, build, folder, strategy["sourceStrategy"])
    return await _docker_recipe(shop, build, folder, strategy["dockerStrategy"])


async def _docker_recipe(shop: Workshop, build: Obj, folder: Path, strategy: Obj) -> Recipe:
    path = strategy.get("dockerfilePath") or "Dockerfile"
    text = (build["spec"].get("source") or {}).get("dockerfile")
    if text is None:
        try:
            text = inside(folder, path).read_text()
        except (SourceError, OSError, UnicodeDecodeError) as error:
            raise BuildFailed("DockerBuildFailed", f"{error}: add it, or name it in dockerfilePath") from None
    origin = await resolve(shop, build, strategy["from"]) if strategy.get("from") else ""
    text = adapted(text, origin, _values(strategy.get("env")))
    for image in origins(text):
        await _ensure_made(shop, image)
    arguments = _values(strategy.get("env")) | _values(strategy.get("buildArgs"))
    options = _options(
        shop,
        build,
        dockerfile=path,
        arguments=arguments,
        use_cache=not strategy.get("noCache"),
        always_pull=bool(strategy.get("forcePull")),
    )
    return Recipe({path: text.encode()}, options, "", "DockerBuildFailed")


async def _source_recipe(shop: Workshop, build: Obj, folder: Path, strategy: Obj) -> Recipe:
    origin = await resolve(shop, build, strategy["from"])
    scripts = {
        f"{s2i.OWN_SCRIPTS}/{name}" for name in ("assemble", "run") if (folder / s2i.OWN_SCRIPTS / name).exists()
    }
    text = s2i.dockerfile(origin, _values(strategy.get("env")), scripts, list(shop.settings))
    options = _options(shop, build, dockerfile="Dockerfile", arguments=dict(shop.settings))
    return Recipe({"Dockerfile": text.encode()}, options, s2i.UPLOAD, "AssembleFailed")


def _options(shop: Workshop, build: Obj, **more: Any) -> BuildOptions:
    git = (build["spec"].get("revision") or {}).get("git") or {}
    labels = {
        "io.openshift.build.name": name_of(build),
        "io.openshift.build.namespace": namespace_of(build),
        "io.openshift.build.commit.id": git.get("commit", ""),
        "io.openshift.build.commit.message": git.get("message", ""),
    }
    given = (build["spec"].get("output") or {}).get("imageLabels") or ()
    limit = ((build["spec"].get("resources") or {}).get("limits") or {}).get("memory")
    return BuildOptions(
        labels={name: value for name, value in labels.items() if value} | _values(given),
        network=NETWORK,
        memory_bytes=whole(str(limit)) if limit else 0,
        cgroup_parent=shop.cgroup_parent,
        **more,
    )


def _values(entries: Any) -> dict[str, str]:
    return {entry["name"]: entry.get("value") or "" for entry in entries or ()}


async def resolve(shop: Workshop, build: Obj, reference: Obj) -> str:
    """Return the image that a `from` means, present on the engine.

    Raises:
        BuildFailed: there is none, or it cannot be had.
    """
    if reference["kind"] == "DockerImage":
        return await _present(shop, reference["name"])
    name, namespace = reference["name"], reference.get("namespace") or namespace_of(build)
    if namespace not in (namespace_of(build), SHARED_NAMESPACE):
        detail = f"{namespace}/{name}: builds start from images of their own project or of {SHARED_NAMESPACE}"
        raise BuildFailed("InvalidImageReference", detail)
    try:
        stream = await shop.client.get(IMAGESTREAMS, name.partition(":")[0], namespace)
    except ApiError as error:
        raise BuildFailed("InvalidImageReference", error.message) from None
    image = image_of(stream, name)
    if image is None:
        raise BuildFailed("InvalidImageReference", f"image stream tag {namespace}/{name} has no image yet")
    return await _present(shop, image["dockerImageReference"])


async def _present(shop: Workshop, image: str) -> str:
    try:
        await _ensure_made(shop, image)
        if await shop.engine.image(image):
            return image
        auth = None
        if image.startswith(shop.registry.address + "/"):
            await shop.registry.ensure()
            repository = (
                image.partition("/")[2].partition("@")[0].rpartition(":")[0]
                or image.partition("/")[2].partition("@")[0]
            )
            auth = RegistryAuth(registry_token=await shop.registry.token(repository, "pull"))
        async for _ in shop.engine.pull(image, auth):
            pass
    except Unreachable:
        raise
    except (EngineError, OSError, ApiError) as error:
        raise BuildFailed("PullBuilderImageFailed", f"{image}: {error}") from None
    return image


async def _ensure_made(shop: Workshop, image: str) -> None:
    """Make an image that the engine lacks, if this host has a recipe for it."""
    if not shop.maker.knows(image) or await shop.engine.image(image):
        return
    try:
        await shop.maker.make(image)
    except Unreachable:
        raise
    except EngineError as error:
        raise BuildFailed("PullBuilderImageFailed", f"{image} cannot be made here: {error}") from None


async def make(shop: Workshop, build: Obj, folder: Path, recipe: Recipe, log: BuildLog) -> None:
    """Build the image under its temporary name.

    Raises:
        BuildFailed: a step failed.
        Unreachable: the engine went away.
    """
    archive = shop.work_dir(uid_of(build)) / "context.tar"
    await asyncio.to_thread(write_archive, folder, archive, prefix=recipe.prefix, extra=recipe.files)
    try:
        async for step in shop.engine.build(pieces(archive), temporary_name(build), recipe.options):
            if step.text and not step.layer:
                log.write(step.text)
    except Unreachable:
        raise
    except EngineError as error:
        log.line(f"error: {error}")
        raise BuildFailed(recipe.reason, str(error)) from None


async def run_hook(shop: Workshop, build: Obj, log: BuildLog) -> None:
    """Run the post-commit hook in a container of the new image.

    Raises:
        BuildFailed: it ended with another code than 0.
    """
    hook = build["spec"]["postCommit"]
    name = f"bv{shop.platform}_build_{uid_of(build)}"
    await shop.engine.remove(name)
    container = await shop.engine.create(_hook_container(shop, build, hook, name))
    try:
        await shop.engine.start(container)
        async for output in shop.engine.logs(container, LogOptions(follow=True)):
            log.write(output.data.decode(errors="replace"))
        code = await _exit_code(shop, container)
    except Unreachable:
        raise
    except EngineError as error:
        raise BuildFailed("PostCommitHookFailed", str(error)) from None
    finally:
        await asyncio.shield(shop.engine.remove(container))
    if code:
        log.line(f"error: the post-commit hook ended with code {code}")
        raise BuildFailed("PostCommitHookFailed", f"It ended with code {code}.")


def _hook_container(shop: Workshop, build: Obj, hook: Obj, name: str) -> ContainerSpec:
    arguments = tuple(hook.get("args") or ())
    entrypoint: tuple[str, ...] | None = tuple(hook.get("command") or ()) or None
    if hook.get("script"):
        entrypoint = ("/bin/sh", "-ic")
        arguments = (hook["script"], "/bin/sh", *arguments)
    limit = ((build["spec"].get("resources") or {}).get("limits") or {}).get("memory")
    return ContainerSpec(
        name=name,
        image=temporary_name(build),
        labels={PLATFORM_LABEL: shop.platform, BUILD_LABEL: uid_of(build)},
        host_network=NETWORK == "host",
        entrypoint=entrypoint,
        arguments=arguments or None,
        resources=Resources(memory_bytes=whole(str(limit)) if limit else 0),
        cgroup_parent=shop.cgroup_parent,
    )


async def _exit_code(shop: Workshop, container: str) -> int:
    """Return the code once the engine knows the container's end: its log may end a moment earlier."""
    while True:
        state = await shop.engine.inspect(container)
        if state.finished_at and not state.pid:
            return state.exit_code
        await asyncio.sleep(0.05)
