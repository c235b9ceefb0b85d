"""Schemas that BuildConfig and Build share, and the parts of OpenShift's kinds that are refused by name.

Fields that nothing here acts upon are part of the schema, so that a refusal can name them instead of dropping them.
Source: OpenShift API reference, build.openshift.io/v1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import value_at
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
TEXT_MAP = {"type": "object", "additionalProperties": TEXT}
WHOLE = {"type": "integer", "format": "int64"}
FLAG = {"type": "boolean"}
ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
ANYS = {"type": "array", "items": ANY}


def shape(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these properties."""
    return {"type": "object", "properties": properties}


def document(spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a whole kind."""
    return shape(apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, spec=spec, status=status)


NAMED = shape(name=TEXT)
REFERENCE = shape(kind=TEXT, namespace=TEXT, name=TEXT, uid=TEXT, apiVersion=TEXT, resourceVersion=TEXT, fieldPath=TEXT)
PERSON = shape(name=TEXT, email=TEXT)
REVISION = shape(type=TEXT, git=shape(commit=TEXT, author=PERSON, committer=PERSON, message=TEXT))
SOURCE = shape(
    type=TEXT,
    binary=shape(asFile=TEXT),
    dockerfile=TEXT,
    git=shape(uri=TEXT, ref=TEXT, httpProxy=TEXT, httpsProxy=TEXT, noProxy=TEXT),
    images=ANYS,
    contextDir=TEXT,
    sourceSecret=NAMED,
    secrets=ANYS,
    configMaps=ANYS,
)
ENVIRONMENT = {"type": "array", "items": shape(name=TEXT, value=TEXT, valueFrom=ANY)}
STRATEGY = shape(
    type=TEXT,
    dockerStrategy=shape(
        **{"from": REFERENCE},
        pullSecret=NAMED,
        noCache=FLAG,
        env=ENVIRONMENT,
        buildArgs=ENVIRONMENT,
        forcePull=FLAG,
        dockerfilePath=TEXT,
        imageOptimizationPolicy=TEXT,
        volumes=ANYS,
    ),
    sourceStrategy=shape(
        **{"from": REFERENCE},
        pullSecret=NAMED,
        env=ENVIRONMENT,
        scripts=TEXT,
        incremental=FLAG,
        forcePull=FLAG,
        volumes=ANYS,
    ),
    customStrategy=ANY,
    jenkinsPipelineStrategy=ANY,
)
OUTPUT = shape(to=REFERENCE, pushSecret=NAMED, imageLabels={"type": "array", "items": shape(name=TEXT, value=TEXT)})
HOOK = shape(command=TEXTS, args=TEXTS, script=TEXT)
COMMON = {
    "serviceAccount": TEXT,
    "source": SOURCE,
    "revision": REVISION,
    "strategy": STRATEGY,
    "output": OUTPUT,
    "resources": ANY,
    "postCommit": HOOK,
    "completionDeadlineSeconds": WHOLE,
    "nodeSelector": TEXT_MAP,
    "mountTrustedCA": FLAG,
}
"""What a BuildConfig hands down to its Builds."""

NOT_THERE = {
    "source.images": "taking files from other images is not there: use a multi-stage Dockerfile",
    "source.secrets": "secrets in the source are not there: pass them to the running container instead",
    "source.configMaps": "config maps in the source are not there: keep the files in the repository",
    "strategy.customStrategy": "custom builders are not there: use the Docker or Source strategy",
    "strategy.jenkinsPipelineStrategy": "Jenkins pipelines are not there: use the Docker or Source strategy",
    "strategy.dockerStrategy.pullSecret": "pull secrets of builds are not there: use images that need none",
    "strategy.sourceStrategy.pullSecret": "pull secrets of builds are not there: use images that need none",
    "strategy.dockerStrategy.volumes": "volumes of builds are not there",
    "strategy.sourceStrategy.volumes": "volumes of builds are not there",
    "strategy.sourceStrategy.incremental": "incremental builds are not there",
    "strategy.sourceStrategy.scripts": "scripts from elsewhere are not there: keep them in .s2i/bin of the source",
    "output.pushSecret": "only the platform's own registry can be pushed to, which needs no secret",
    "nodeSelector": "builds run on the host of the server",
    "mountTrustedCA": "trusted certificates of builds are not there",
}
SOURCE_TYPES = ("Git", "Dockerfile", "Binary", "None")
STRATEGIES = {"dockerStrategy": "Docker", "sourceStrategy": "Source"}
FROM_KINDS = ("ImageStreamTag", "DockerImage")


def fill_types(spec: Obj) -> None:
    """Fill the `type` of source and strategy from what they hold."""
    source, strategy = spec.get("source"), spec.get("strategy")
    if isinstance(source, dict) and not source.get("type"):
        present = [name for name in SOURCE_TYPES if name.lower() in source]
        source["type"] = present[0] if present else "None"
    if isinstance(strategy, dict) and not strategy.get("type"):
        for field, name in STRATEGIES.items():
            if field in strategy:
                strategy["type"] = name


def common_errors(spec: Obj) -> Iterator[FieldError]:
    """Check the part that BuildConfig and Build share."""
    for path, way_out in NOT_THERE.items():
        if value_at(spec, path.split(".")):
            yield forbidden_field(f"spec.{path}", way_out)
    yield from _source_errors(spec.get("source") or {})
    yield from _strategy_errors(spec)
    yield from _hook_errors(spec.get("postCommit") or {})
    to = value_at(spec, ("output", "to"))
    if to:
        yield from fields.one_of("spec.output.to.kind", to.get("kind"), ("ImageStreamTag",))
        yield from _tag_errors("spec.output.to.name", to.get("name"))
    deadline = spec.get("completionDeadlineSeconds")
    if deadline is not None and deadline <= 0:
        yield fields.invalid("spec.completionDeadlineSeconds", deadline, "must be a positive number of seconds")


def _source_errors(source: Obj) -> Iterator[FieldError]:
    yield from fields.optional_one_of("spec.source.type", source.get("type"), SOURCE_TYPES)
    git = source.get("git")
    if source.get("type") == "Git" or git is not None:
        uri = (git or {}).get("uri") or ""
        if not uri:
            yield required("spec.source.git.uri")
        elif uri.startswith("-") or any(letter.isspace() for letter in uri):
            yield fields.invalid("spec.source.git.uri", uri, "is not the address of a repository")
        ref = (git or {}).get("ref") or ""
        if ref.startswith("-"):
            yield fields.invalid("spec.source.git.ref", ref, "is not a branch, tag or commit")
    folder = source.get("contextDir") or ""
    if ".." in folder.split("/"):
        yield fields.invalid("spec.source.contextDir", folder, "must not leave the source")


def _strategy_errors(spec: Obj) -> Iterator[FieldError]:
    strategy = spec.get("strategy") or {}
    if "customStrategy" in strategy or "jenkinsPipelineStrategy" in strategy:
        return
    present = [field for field in STRATEGIES if strategy.get(field) is not None]
    if len(present) != 1:
        yield fields.invalid("spec.strategy", sorted(strategy), "must hold either dockerStrategy or sourceStrategy")
        return
    yield from fields.one_of("spec.strategy.type", strategy.get("type"), (STRATEGIES[present[0]],))
    where, image = f"spec.strategy.{present[0]}", strategy[present[0]]
    origin = image.get("from")
    if origin is None and present[0] == "sourceStrategy":
        yield required(f"{where}.from")
    if origin is not None:
        yield from fields.one_of(f"{where}.from.kind", origin.get("kind"), FROM_KINDS)
        if origin.get("kind") == "ImageStreamTag":
            yield from _tag_errors(f"{where}.from.name", origin.get("name"))
        elif not origin.get("name"):
            yield required(f"{where}.from.name")
    for field in ("env", "buildArgs"):
        for index, entry in enumerate(image.get(field) or ()):
            if not entry.get("name"):
                yield required(f"{where}.{field}[{index}].name")
            if entry.get("valueFrom"):
                yield forbidden_field(f"{where}.{field}[{index}].valueFrom", "builds take plain values only")


def _hook_errors(hook: Obj) -> Iterator[FieldError]:
    if hook.get("script") and hook.get("command"):
        yield fields.invalid("spec.postCommit", hook, "cannot use command and script together")


def _tag_errors(path: str, name: str | None) -> Iterator[FieldError]:
    if not name:
        yield required(path)
        return
    stream, colon, tag = name.partition(":")
    if not (stream and colon and tag):
        yield fields.invalid(path, name, "must be of the form <name>:<tag>")
