"""Warning headers: what is valid but hardly meant, unknown or repeated fields, and versions that are going."""

from typing import Any

import pytest

from tests.conformance.api.samples import BY_PLURAL, Sample
from tests.support.raw_api import APPLY, MERGE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
PODS, DEPLOYMENTS, SERVICES = (BY_PLURAL[one] for one in ("pods.v1", "deployments.apps/v1", "services.v1"))


def pod(name: str, *, container: dict | None = None, **spec: Any) -> dict:
    return PODS.made(name) | {"spec": {"containers": [{"name": "c", "image": "x"} | (container or {})], **spec}}


@pytest.mark.parametrize(
    ("container", "spec", "expected"),
    [
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
            {},
            ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
        ),
        ({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}]}, {}, []),
        (
            {"ports": [{"containerPort": 80}, {"containerPort": 80}]},
            {},
            ["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"],
        ),
        (
            {"ports": [{"containerPort": 80, "hostPort": 80}, {"containerPort": 80}]},
            {},
            ["spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]"],
        ),
        ({"ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]}, {}, []),
        (
            {"resources": {"requests": {"memory": "100m"}}},
            {},
            [
                (
                    'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an'
                    " integer"
                )
            ],
        ),
        (
            {},
            {"imagePullSecrets": [{"name": "a"}, {"name": "a"}]},
            ['spec.imagePullSecrets[1].name: duplicate name "a"'],
        ),
        (
            {},
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
        ),
        (
            {},
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
                ]
            },
            ["spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod"],
        ),
    ],
)
async def test_pods(api: RawApi, space: str, container: dict, spec: dict, expected: list[str]) -> None:
    """Each doubtful part is named, once, when the pod is made."""
    reply = await api("POST", PODS.path(space), pod("a", container=container, **spec), dryRun="All")
    assert (reply.status, reply.warnings) == (201, expected), reply.body


async def test_templates(api: RawApi, space: str) -> None:
    """Templates are warned of with their path, again only when the spec changes."""
    made = DEPLOYMENTS.made("a")
    variables = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    container = {"name": "c", "image": "x", "env": variables}
    template = {"metadata": made["spec"]["template"]["metadata"], "spec": {"containers": [container]}}
    made["spec"] = made["spec"] | {"template": template}
    expected = [
        (
            'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using'
            " apply"
        )
    ]
    path = f"{DEPLOYMENTS.path(space)}/a"
    assert (await api("POST", DEPLOYMENTS.path(space), made)).warnings == expected
    assert (await api("PATCH", path, {"metadata": {"labels": {"x": "y"}}}, kind=MERGE)).warnings == []
    assert (await api("PATCH", path, {"spec": {"replicas": 2}}, kind=MERGE)).warnings == expected


async def test_services(api: RawApi, space: str) -> None:
    """What a Service's type ignores is said."""
    made = SERVICES.made("a") | {"spec": {"clusterIP": "None", "sessionAffinity": "ClientIP", "ports": [{"port": 80}]}}
    reply = await api("POST", SERVICES.path(space), made)
    assert reply.warnings == ["spec.SessionAffinity is ignored for headless services"]


async def unknown(api: RawApi, sample: Sample, space: str, **query: str) -> Any:
    body = (
        '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "u", "unknownMeta": 1}, "spec":'
        ' {"unknownField": "foo", "replicas": 2, "replicas": 3, "selector": {"matchLabels": {"app": "sample"}},'
        ' "template": {"metadata": {"labels": {"app": "sample"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}}'
    )
    return await api("POST", sample.path(space), body, dryRun="All", **query)


async def test_unknown_and_repeated_fields(api: RawApi, space: str) -> None:
    """They are warned of by default, refused when asked, and passed over in silence when asked for that."""
    found = [
        'unknown field "metadata.unknownMeta"',
        'unknown field "spec.unknownField"',
        'duplicate field "spec.replicas"',
    ]
    default = await unknown(api, DEPLOYMENTS, space)
    assert (default.status, sorted(default.warnings)) == (201, sorted(found))
    assert default.body["spec"]["replicas"] == 3
    strict = await unknown(api, DEPLOYMENTS, space, fieldValidation="Strict")
    assert (strict.status, strict.body["reason"]) == (400, "BadRequest")
    assert strict.body["message"].startswith(
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field '
    )
    assert 'unknown field "spec.unknownField", duplicate field "spec.replicas"' in strict.body["message"]
    ignored = await unknown(api, DEPLOYMENTS, space, fieldValidation="Ignore")
    assert (ignored.status, ignored.warnings) == (201, [])


async def test_each_warning_once(api: RawApi, space: str) -> None:
    """A field that is wrong twice over is warned of once; very many are cut."""
    text = '{"metadata": {"name": "a"}, "data": {"k": "1", "k": "2", "k": "3"}}'
    once = await api("POST", f"/api/v1/namespaces/{space}/configmaps", text)
    assert once.warnings == ['duplicate field "data.k"']
    wrong = {f"field{n:03}" + "x" * 100: 1 for n in range(100)}
    many = await api("POST", f"/api/v1/namespaces/{space}/configmaps", {"metadata": {"name": "b"}, **wrong})
    assert many.status == 201
    assert sum(map(len, many.warnings)) <= 4096


async def test_repeated_keys_of_an_applied_text(api: RawApi, space: str) -> None:
    """YAML that says a key twice is warned of with the line, or refused."""
    text = "\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: a\n  k: b\n"
    path = f"/api/v1/namespaces/{space}/configmaps/a"
    warned = await api("PATCH", path, text, kind=APPLY, fieldManager="m")
    assert (warned.status, warned.warnings) == (201, ['line 8: key "k" already set in map'])
    refused = await api("PATCH", path, text, kind=APPLY, fieldManager="m", fieldValidation="Strict")
    assert refused.status == 400
    assert 'line 8: key "k" already set in map' in refused.body["message"]
