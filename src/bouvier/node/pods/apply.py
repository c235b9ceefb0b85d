"""Performing the actions of a plan for one pod.

Every action may be cut short at any point and repeated by the next agent: names in the engine are taken only once, and
everything else is idempotent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

from bouvier.engine.errors import Conflict, EngineError, ImageMissing, InvalidConfig, NotFound
from bouvier.engine.specs import LogOptions, RegistryAuth, Resolver
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.resources import CONFIGMAPS, RUNTIMECLASSES, SECRETS
from bouvier.node.images.credentials import credentials_for
from bouvier.node.pods import groups
from bouvier.node.pods.actions import (
    AttachNetwork,
    CreateContainer,
    CreateSandbox,
    PullImage,
    RemoveSandbox,
    ResizeContainer,
    StartContainer,
    StartSandbox,
    StopContainer,
)
from bouvier.node.pods.environment import ConfigError, Sources, environment
from bouvier.node.pods.failures import IMAGE_SECONDS, WorkFailed
from bouvier.node.pods.files import PodFiles
from bouvier.node.pods.hosts_file import host_network_hosts_file, hosts_file, resolver_of
from bouvier.node.pods.limits import cgroup_parent, container_resources, pod_shares
from bouvier.node.pods.needs import Reference, environment_references, is_image_name, pull_policy
from bouvier.node.pods.records import Record
from bouvier.node.pods.render import container_spec, needs_image_user, pod_ref, sandbox_spec, with_mounts
from bouvier.node.pods.spec import find_container, uses_host_network
from bouvier.node.ports import PodAddresses, PodRef, ResolverSettings
from bouvier.node.probes.handlers import Target, perform
from bouvier.node.shared import Shared
from bouvier.node.volumes.claims import ClaimMounts, Find
from bouvier.node.volumes.manager import PodVolumes
from bouvier.node.volumes.mounts import mounts_of
from bouvier.node.volumes.tokens import PodTokens

_LEAST_GRACE_SECONDS = 1.0
# With systemd-resolved the usual file names an address that answers on the host only.
_RESOLVER_FILES = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
_FALLBACK_BYTES = 2048
_FALLBACK_LINES = 80


class PodApplier:
    """Acts on engine, network and files for one pod."""

    def __init__(self, shared: Shared, uid: str) -> None:
        self._shared = shared
        self._uid = uid
        self.addresses: PodAddresses | None = shared.attached.get(uid)
        self.pulled: set[tuple[str, int]] = set()
        self.files = PodFiles(shared.pod_dir(uid))
        self.volumes = PodVolumes(
            shared.engine,
            shared.settings.platform,
            shared.pod_dir(uid) / "volumes",
            shared.secrets_dir(uid),
            tokens=PodTokens(shared.client),
            sources_for=self.sources,
            claims=ClaimMounts(shared.settings.node_name, shared.drivers),
            find_for=self.finder,
        )

    def finder(self, pod: Obj) -> Find:
        """Return how single objects are found, and from then on followed, for a pod."""

        async def find(resource: Resource, name: str) -> Obj | None:
            namespace = namespace_of(pod) if resource.namespaced else ""
            return await self._shared.references.get(resource, namespace, name, self._uid) if name else None

        return find

    # Sources of values

    async def sources(self, pod: Obj, wanted: Iterable[Reference]) -> Sources:
        """Fetch the objects that values come from.

        Raises:
            ConfigError: the API does not answer.
        """
        found: dict[Resource, dict[str, Obj]] = {CONFIGMAPS: {}, SECRETS: {}}
        for resource, name in wanted:
            obj = await self._shared.references.get(resource, namespace_of(pod), name, self._uid)
            if obj is not None:
                found[resource][name] = obj
        settings = self._shared.settings
        return Sources(
            config_maps=found[CONFIGMAPS],
            secrets=found[SECRETS],
            services=self._shared.services_for(pod),
            node_name=settings.node_name,
            host_ip=settings.host_ip,
            pod_ips=self._ips(pod),
            allocatable=self._shared.allocatable,
        )

    def _ips(self, pod: Obj) -> tuple[str, ...]:
        if uses_host_network(pod):
            return (self._shared.settings.host_ip,)
        return self.addresses.ips if self.addresses else ()

    def target(self, pod: Obj, container: Obj, container_id: str) -> Target:
        """Return where probes and hooks of a container act."""
        ips = self._ips(pod)
        ports = container.get("ports") or ()
        return Target(self._shared.engine, self._shared.http, container_id, ips[0] if ips else "", ports)

    # Volumes

    async def prepare_volumes(self, pod: Obj) -> None:
        """Make every volume."""
        try:
            await self.volumes.prepare(pod)
        except (ConfigError, EngineError) as error:
            raise WorkFailed("ContainerCreating", str(error), event="FailedMount") from error

    # Sandbox

    async def create_sandbox(self, pod: Obj, action: CreateSandbox) -> None:
        """Make a sandbox; the memory volumes that it holds are made first."""
        if any((v.get("emptyDir") or {}).get("medium") == "Memory" for v in pod["spec"].get("volumes") or ()):
            await self.prepare_volumes(pod)
        mounts = self.volumes.sandbox_mounts()
        handler = await self._handler(pod)
        facts, resolver = self._shared.facts, self._resolver(pod)
        try:
            spec = sandbox_spec(pod, action.attempt, facts, resolver, mounts, runtime=handler)
            sandbox = await self._shared.engine.create_sandbox(spec)
        except Conflict:
            return  # made by an agent that was killed: the engine's list tells
        except (EngineError, ValueError) as error:
            raise self._sandbox_failed(error) from error
        await self._shared.view.refresh(sandbox)

    async def _handler(self, pod: Obj) -> str:
        """Return the engine's runtime that the pod's class names, empty for the default one."""
        name = pod["spec"].get("runtimeClassName")
        if not name:
            return ""
        try:
            found = await self._shared.references.get(RUNTIMECLASSES, "", name, self._uid)
            if found is None:
                raise self._sandbox_failed(ConfigError(f'RuntimeClass "{name}" not found'))
            handler = str(found.get("handler") or "")
            runtimes = (await self._shared.engine.info()).runtimes
        except (ConfigError, EngineError) as error:
            raise self._sandbox_failed(error) from error
        if handler not in runtimes:
            known = ", ".join(runtimes)
            text = f'failed to get sandbox runtime: no runtime for "{handler}" is configured (there are: {known})'
            raise self._sandbox_failed(ConfigError(text))
        return handler

    def _sandbox_failed(self, error: Exception) -> WorkFailed:
        hint = ""
        if isinstance(error, ImageMissing):
            hint = f" (the platform's own image {self._shared.facts.pause_image} is missing: `bouvier images seed`)"
        text = f"Failed to create pod sandbox: {error}{hint}"
        return WorkFailed("ContainerCreating", text, event="FailedCreatePodSandBox")

    def _resolver(self, pod: Obj) -> Resolver | None:
        host = next((path.read_text() for path in _RESOLVER_FILES if path.exists()), "")
        cluster = self._shared.network.resolver(pod_ref(pod))
        return resolver_of(pod, ResolverSettings(cluster.servers, cluster.searches, cluster.options), host)

    async def start_sandbox(self, pod: Obj, action: StartSandbox) -> None:
        """Start the sandbox and attach its network."""
        try:
            async with self._shared.starting:
                await self._shared.engine.start(action.id)
            record = await self._shared.view.refresh(action.id)
        except EngineError as error:
            await self._drop_sandbox(action.id)
            raise self._sandbox_failed(error) from error
        facts = self._shared.facts
        groups.weigh(cgroup_parent(pod, facts.cgroup_root, facts.cgroup_driver), pod_shares(pod))
        if record:
            await self.attach(pod, AttachNetwork(action.id, record.state.pid))

    async def attach(self, pod: Obj, action: AttachNetwork) -> None:
        """Attach the network of a running sandbox and write /etc/hosts."""
        if not uses_host_network(pod):
            try:
                found = await self._shared.network.attach(pod_ref(pod), action.pid)
            except Exception as error:
                text = f"Failed to create pod sandbox: network: {error}"
                raise WorkFailed("ContainerCreating", text, event="FailedCreatePodSandBox") from error
            self.addresses = PodAddresses(tuple(found.ips))
        self._write_hosts(pod)

    def _write_hosts(self, pod: Obj) -> None:
        if not uses_host_network(pod):
            self.files.write_hosts(hosts_file(pod, self._ips(pod), self._shared.settings.cluster_domain))
        elif pod["spec"].get("hostAliases"):
            self.files.write_hosts(host_network_hosts_file(pod, Path("/etc/hosts").read_text()))

    async def _drop_sandbox(self, sandbox: str) -> None:
        await self._shared.engine.remove(sandbox)
        self._shared.view.forget(sandbox)

    async def remove_sandbox(self, pod: Obj, action: RemoveSandbox) -> None:
        """Detach the network and remove the sandbox."""
        await self._shared.network.detach(pod_ref(pod))
        self.addresses = None
        await self._drop_sandbox(action.id)
        if action.why:
            self._shared.recorder.event(pod, "Normal", "SandboxChanged", action.why)

    # Images

    async def pull_image(self, pod: Obj, action: PullImage) -> None:
        """Fetch a container's image as its policy asks."""
        found = find_container(pod, action.container)
        policy, image = pull_policy(found[1]) if found else "IfNotPresent", action.image
        where = f"spec.containers{{{action.container}}}"
        if not is_image_name(image):
            text = f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": invalid reference format'
            raise WorkFailed("InvalidImageName", text, event="InspectFailed", delays=IMAGE_SECONDS)
        if policy == "Never":
            text = f'Container image "{image}" is not present with pull policy of Never: load it into the engine of this host'
            raise WorkFailed("ErrImageNeverPull", text, event="ErrImageNeverPull", delays=IMAGE_SECONDS)
        doing = "Making on this host the" if self._shared.images.is_made_here(image) else "Pulling"
        self._shared.recorder.event(pod, "Normal", "Pulling", f'{doing} image "{image}"', field_path=where)
        began = time.monotonic()
        try:
            await self._shared.images.pull(image, await self._credentials(pod, image))
        except EngineError as error:
            raise self._pull_failed(image, error) from error
        self.pulled.add((action.container, action.attempt))
        text = f'Successfully pulled image "{image}" in {time.monotonic() - began:.3f}s'
        self._shared.recorder.event(pod, "Normal", "Pulled", text, field_path=where)

    @staticmethod
    def _pull_failed(image: str, error: EngineError) -> WorkFailed:
        text = f'failed to pull and unpack image "{image}": {error}'
        if isinstance(error, ImageMissing):
            text += " (check the name and tag, and whether the registry needs imagePullSecrets)"
        return WorkFailed("ErrImagePull", text, delays=IMAGE_SECONDS)

    async def _credentials(self, pod: Obj, image: str) -> list[RegistryAuth]:
        own = await self._shared.platform_auth(pod, image) if self._shared.platform_auth else None
        if own is not None:
            return [own]
        names = [entry["name"] for entry in pod["spec"].get("imagePullSecrets") or ()]
        found = [await self._shared.references.get(SECRETS, namespace_of(pod), name, self._uid) for name in names]
        return credentials_for(image, [secret for secret in found if secret])

    # Containers

    async def create_container(self, pod: Obj, action: CreateContainer) -> None:
        """Make a container, not yet started."""
        found = find_container(pod, action.container)
        if found is None:
            return
        container = found[1]
        where = f"spec.containers{{{action.container}}}"
        try:
            container_id = await self._create(pod, container, action)
        except ConfigError as error:
            raise WorkFailed("CreateContainerConfigError", str(error)) from error
        except ImageMissing as error:
            self._shared.images.changed()
            raise WorkFailed("ErrImagePull", str(error)) from error
        except Conflict:
            return  # made by an agent that was killed: the engine's list tells
        except EngineError as error:
            raise WorkFailed("CreateContainerError", str(error)) from error
        self._shared.recorder.event(
            pod, "Normal", "Created", f"Created container: {action.container}", field_path=where
        )
        await self._shared.view.refresh(container_id)

    async def _create(self, pod: Obj, container: Obj, action: CreateContainer) -> str:
        sources = await self.sources(pod, environment_references(container))
        values = environment(pod, container, sources)
        mounts = mounts_of(container, self.volumes.prepared, values)
        image_user = ""
        if needs_image_user(pod, container):
            image_user = await self._shared.images.user_of(container["image"])
        spec = container_spec(
            pod,
            container,
            action,
            self._shared.facts,
            environment=values,
            mounts=mounts,
            image_user=image_user,
            target=self._target_of(container),
            runtime=await self._handler(pod),
        )
        extra = [self.files.message_mount(container, action.attempt)]
        if not uses_host_network(pod) or pod["spec"].get("hostAliases"):
            extra.append(self.files.hosts_mount())
        return await self._shared.engine.create(with_mounts(spec, *extra))

    def _target_of(self, container: Obj) -> str:
        """Return the id of the container whose processes an ephemeral one wants to see, if it wants to."""
        name = container.get("targetContainerName")
        if not name:
            return ""
        record = self._shared.view.pod(self._uid).newest(name)
        if record is None or not record.is_running:
            raise ConfigError(f"unable to find target container {name}: it does not run")
        return record.id

    async def start_container(self, pod: Obj, action: StartContainer) -> None:
        """Start a container."""
        try:
            async with self._shared.starting:
                await self._shared.engine.start(action.id)
        except InvalidConfig as error:
            self._shared.recorder.event(pod, "Warning", "Failed", f"Error: {error}")
            await self._shared.view.refresh(action.id)  # its state tells the reason
            return
        except EngineError as error:
            raise WorkFailed("RunContainerError", str(error)) from error
        await self._shared.view.refresh(action.id)
        where = f"spec.containers{{{action.container}}}"
        text = f"Started container {action.container}"
        self._shared.recorder.event(pod, "Normal", "Started", text, field_path=where)

    async def run_post_start(self, pod: Obj, container: Obj, action: StartContainer) -> None:
        """Run the postStart hook; a container whose hook fails is killed."""
        hook = (container.get("lifecycle") or {}).get("postStart")
        if not hook:
            return
        result = await perform(hook, self.target(pod, container, action.id))
        if result.success:
            return
        self._shared.recorder.event(pod, "Warning", "FailedPostStartHook", f"PostStartHook failed: {result.message}")
        await self._shared.engine.stop(action.id, 2)
        await self._shared.view.refresh(action.id)

    async def stop_container(self, pod: Obj | None, action: StopContainer) -> None:
        """Run the preStop hook, signal the container, wait until the deadline, kill it."""
        if pod and action.run_hook:
            self._shared.recorder.event(pod, "Normal", "Killing", action.why)
            await self._run_pre_stop(pod, action)
        grace = max(_LEAST_GRACE_SECONDS, action.deadline - time.time())
        await self._shared.engine.stop(action.id, round(grace))
        await self._shared.view.refresh(action.id)

    async def _run_pre_stop(self, pod: Obj, action: StopContainer) -> None:
        found = find_container(pod, action.container)
        hook = (found[1].get("lifecycle") or {}).get("preStop") if found else None
        if not found or not hook:
            return
        try:
            async with asyncio.timeout(max(0.0, action.deadline - time.time())):
                result = await perform(hook, self.target(pod, found[1], action.id))
        except TimeoutError:
            return
        if not result.success:
            self._shared.recorder.event(pod, "Warning", "FailedPreStopHook", f"PreStopHook failed: {result.message}")

    async def resize_container(self, pod: Obj, action: ResizeContainer) -> None:
        """Change weights and limits of a running container."""
        found = find_container(pod, action.container)
        if found is None:
            return
        facts = self._shared.facts
        resources = container_resources(pod, found[1], facts.memory_bytes)
        try:
            await self._refuse_too_little(action.id, resources.memory_bytes)
            await self._shared.engine.update(action.id, resources)
        except EngineError as error:
            raise WorkFailed("Error", str(error), event="ResizeError") from error
        groups.weigh(cgroup_parent(pod, facts.cgroup_root, facts.cgroup_driver), pod_shares(pod))

    async def _refuse_too_little(self, container: str, memory_bytes: int) -> None:
        """Refuse a memory limit below what the container uses now: the kernel would kill it."""
        used = (await self._shared.engine.usage(container)).memory_bytes if memory_bytes else 0
        if used > memory_bytes:
            text = f"attempting to set container memory limit ({memory_bytes}) below current usage ({used})"
            raise WorkFailed("Error", text, event="ResizeError")

    async def remove_container(self, container: str) -> None:
        """Remove a container."""
        await self._shared.engine.remove(container)
        self._shared.view.forget(container)

    async def last_lines(self, record: Record) -> str:
        """Return the end of a container's output, for policy `FallbackToLogsOnError`."""
        text = b""
        try:
            async for piece in self._shared.engine.logs(record.id, LogOptions(tail=_FALLBACK_LINES)):
                text += piece.data
        except EngineError:
            return ""
        return text[-_FALLBACK_BYTES:].decode(errors="replace")

    # The end

    async def remove_everything(self, records: Iterable[Record], namespace: str, name: str) -> None:
        """Remove all traces of the pod from this host; the object of a deleted pod may be gone already."""
        await self._shared.network.detach(PodRef(namespace, name, self._uid))
        self.addresses = None
        for record in records:
            try:
                await self.remove_container(record.id)
            except NotFound:
                continue
        await self.volumes.remove(self._uid)
        self.files.remove()
        groups.remove_pod(self._shared.settings.cgroup_parent, self._uid)
        self._shared.references.release(self._uid)
