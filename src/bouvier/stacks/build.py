"""A Stack, and the objects that it asks for: everything pure between the texts and the API."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bouvier.meta.objects import Obj, name_of
from bouvier.stacks.compose.document import Document
from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.loading import Project, Source, load
from bouvier.stacks.compose.values import dns_label
from bouvier.stacks.errors import Ignored, StackError
from bouvier.stacks.objects import known
from bouvier.stacks.objects.balancer import balancer, is_balancer
from bouvier.stacks.objects.lasting import LastingVolumes
from bouvier.stacks.objects.names import alias_names, external_links, is_special, published, service, special
from bouvier.stacks.objects.stored_files import StoredFiles
from bouvier.stacks.objects.strategy import Strategy
from bouvier.stacks.objects.unit import Unit, UnitBuilder
from bouvier.stacks.objects.units import dependencies, needed_services, units
from bouvier.stacks.resource import PRIMARY_LABEL, SERVICE_LABEL, STACK_LABEL, STACKS

_CONDITIONS = ("", "service_started", "service_healthy", "service_completed_successfully")


@dataclass(slots=True)
class ServicePlan:
    """One unit of a stack: what it is made of and what must be there before."""

    name: str
    workload: Obj
    strategy: Strategy
    needs: set[str] = field(default_factory=set)
    waits_for_health: set[str] = field(default_factory=set)
    """Needed services that must be healthy before this one starts."""
    waits_for_end: set[str] = field(default_factory=set)
    """Needed services that must have ended well."""


@dataclass(slots=True)
class StackPlan:
    """Everything that a stack asks for."""

    services: dict[str, ServicePlan]
    others: list[Obj]
    """Services, Ingresses, Secrets and so on: applied at once, before the workloads."""
    ignored: list[Ignored]
    kept: list[Obj] = field(default_factory=list)
    """Storage classes and claims: made when they are missing, never changed or removed."""


def stack_object(
    name: str,
    namespace: str,
    compose_text: str,
    rancher_text: str = "",
    environment: Mapping[str, str] | None = None,
    *,
    overrides: tuple[str, ...] = (),
    files: Mapping[str, str] | None = None,
    profiles: tuple[str, ...] = (),
    base_folder: str = "",
) -> Obj:
    """Return the Stack of these texts; `plan_of` tells whether they are understood."""
    spec: Obj = {"compose": compose_text}
    optional: dict[str, object] = {
        "rancherCompose": rancher_text,
        "environment": dict(environment or {}),
        "overrides": list(overrides),
        "files": dict(files or {}),
        "profiles": list(profiles),
        "baseFolder": base_folder,
    }
    spec |= {key: value for key, value in optional.items() if value}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": STACKS.api_version, "kind": STACKS.kind, "metadata": metadata, "spec": spec}


def source_of(spec: Obj) -> Source:
    """Return what the spec of a Stack, or of one of its revisions, is read from."""
    return Source(
        compose=(spec["compose"], *(spec.get("overrides") or ())),
        rancher=spec.get("rancherCompose") or "",
        environment=spec.get("environment") or {},
        files=spec.get("files") or {},
        profiles=tuple(spec.get("profiles") or ()),
        base_folder=spec.get("baseFolder") or "",
    )


def plan_of(stack: str, source: Source) -> StackPlan:
    """Return the objects of a stack, without namespace and owner.

    Raises:
        StackError: a text is not understood; it names file, line and column.
    """
    project = load(source)
    _tops(project)
    _distinct(project)
    stored = StoredFiles(project, stack, source.environment, source.files)
    balancers = [
        name for name in project.services if is_balancer(project.services[name], project.rancher_service(name))
    ]
    specials = [name for name in project.services if is_special(project.services[name])]
    grouped = units(project)
    needs = dependencies(project, grouped)
    lasting = LastingVolumes(project, stack)
    builder = UnitBuilder(project, stack, source.base_folder, stored, lasting)
    plain = [name for name in grouped if name not in balancers and name not in specials]
    built = {name: builder.build(name, grouped[name]) for name in plain}
    objects = [*stored.objects, *external_links(project)]
    target_ports: dict[str, set[int]] = {}
    for name in specials:
        objects += special(project, name, built)
    for name in balancers:
        made, wanted = balancer(project, name, built)
        objects += made
        for target, ports in wanted.items():
            target_ports.setdefault(target, set()).update(ports)
    objects += _names(project, grouped, built, target_ports)
    _label(objects, built, stack)
    kept = [*lasting.classes.values(), *lasting.claims.values()]
    for claim in lasting.claims.values():
        claim["metadata"]["labels"] = {STACK_LABEL: stack}
    _stamp_files(built, stored)
    services = {dns_label(name): _service_plan(project, name, built, needs[name]) for name in built}
    return StackPlan(services, objects, list(dict.fromkeys(project.ignored)), kept)


def _service_plan(project: Project, name: str, built: dict[str, Unit], needs: set[str]) -> ServicePlan:
    given = project.services[name].get("depends_on") or {}
    wishes = {one: (wish or {}).get("condition", "") for one, wish in given.items()} if isinstance(given, dict) else {}
    for one, wish in wishes.items():
        if wish not in _CONDITIONS:
            text = f"{wish} is none of " + ", ".join(filter(None, _CONDITIONS))
            raise project.compose.error(f"services.{name}.depends_on.{one}", text)

    def waiting_for(condition: str) -> set[str]:
        return {dns_label(one) for one in needs if one in built and wishes.get(one) == condition}

    return ServicePlan(
        dns_label(name),
        built[name].workload,
        built[name].strategy,
        {dns_label(one) for one in needs if one in built},
        waiting_for("service_healthy"),
        waiting_for("service_completed_successfully"),
    )


def _tops(project: Project) -> None:
    for document, names in ((project.compose, known.TOP), (project.rancher, known.RANCHER_TOP)):
        fields = Fields(document.data, "", document, project.ignored)
        for name in names:
            fields.take(name)
        fields.finish({})
    _flat(project.compose, "networks", project.ignored, "there is one flat network: every service reaches every other")


def _flat(document: Document, section: str, ignored: list[Ignored], reason: str) -> None:
    for name, options in (document.data.get(section) or {}).items():
        ignored += [Ignored(f"{section}.{name}.{key}", reason) for key in options or {}]


def _distinct(project: Project) -> None:
    seen: dict[str, str] = {}
    for name in project.services:
        label = dns_label(name)
        if not label:
            raise project.compose.error(f"services.{name}", "the name has no letters or digits")
        if label in seen:
            raise project.compose.error(f"services.{name}", f"{seen[label]} and {name} would both be named {label}")
        seen[label] = name


def _names(
    project: Project, grouped: dict[str, list[str]], built: dict[str, Unit], target_ports: dict[str, set[int]]
) -> list[Obj]:
    unit_of = {member: name for name, members in grouped.items() for member in (name, *members)}
    ports: dict[str, list[tuple[int, str]]] = {}
    made: list[Obj] = []
    for name, unit in built.items():
        if unit.workload["kind"] == "Job":
            continue
        known_ports = [(port.target, port.protocol) for port in unit.ports]
        ports[name] = known_ports + [(number, "TCP") for number in sorted(target_ports.get(name, ()))]
        deploy = project.services[name].get("deploy") or {}
        headless = deploy.get("endpoint_mode") == "dnsrr"
        made.append(service(unit.name, unit.selector, ports[name], headless=headless))
        made += published(unit.name, unit.selector, unit.ports)
    for name, members in grouped.items():
        for member in members if name in ports else ():
            sidekick = service(dns_label(member), built[name].selector, ports[name])
            sidekick["metadata"]["labels"] = {PRIMARY_LABEL: dns_label(name)}
            made.append(sidekick)
    for alias, (target, _) in alias_names(project).items():
        unit_name = unit_of.get(target, "")
        if unit_name in ports:
            made.append(service(alias, built[unit_name].selector, ports[unit_name]))
    return made


def _label(objects: list[Obj], built: dict[str, Unit], stack: str) -> None:
    seen: set[tuple[str, str]] = set()
    for obj in objects:
        place = (obj["kind"], name_of(obj))
        if place in seen:
            raise StackError(f"two parts of the stack would be the {obj['kind']} {name_of(obj)}; rename one of them")
        seen.add(place)
        obj["metadata"].setdefault("labels", {})[STACK_LABEL] = stack
    for unit in built.values():
        labels = unit.workload["metadata"].setdefault("labels", {})
        labels |= {STACK_LABEL: stack, SERVICE_LABEL: unit.name}


def _stamp_files(built: dict[str, Unit], stored: StoredFiles) -> None:
    """Mark templates with the content of what they mount, so that a change of it is an upgrade."""
    contents = {(obj["kind"], name_of(obj)): obj["data"] for obj in stored.objects}
    for unit in built.values():
        template = unit.workload["spec"]["template"]
        used = []
        for volume in template["spec"].get("volumes") or ():
            for kind, given in (("Secret", volume.get("secret", {})), ("ConfigMap", volume.get("configMap", {}))):
                name = given.get("secretName") or given.get("name")
                used += [contents[kind, name]] if (kind, name) in contents else []
        if used:
            digest = hashlib.sha256(json.dumps(used, sort_keys=True).encode()).hexdigest()[:16]
            template["metadata"].setdefault("annotations", {})["stacks.bouvier.io/files"] = digest


def needs_of(project: Project) -> dict[str, list[str]]:
    """Return what each service names as needed, for the graph."""
    return {name: [other for other, _ in needed_services(given)] for name, given in project.services.items()}
