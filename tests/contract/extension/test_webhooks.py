"""Admission webhooks as a client meets them."""

import asyncio
import base64
import json

import pytest

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.meta import resources
from bouvier.meta.errors import ApiError

RULE = {"operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}


def webhook(extension, **more):
    return {
        "name": "one.example.com",
        "clientConfig": extension.config(),
        "rules": [RULE],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **more,
    }


async def configure(client, sort, *webhooks):
    resource = {
        "Validating": resources.VALIDATINGWEBHOOKCONFIGURATIONS,
        "Mutating": resources.MUTATINGWEBHOOKCONFIGURATIONS,
    }[sort]
    return await client.create(
        resource,
        {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": "hooks"},
            "webhooks": list(webhooks),
        },
    )


def config_map(name="a", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


async def create(client, obj=None, **more):
    return await client.create(resources.CONFIGMAPS, obj or config_map(), namespace="default", **more)


def patching(*operations):
    def answer(request):
        text = base64.b64encode(json.dumps(operations).encode()).decode()
        return {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch", "patch": text}

    return answer


async def test_defaults_are_filled(client, extension):
    """A configuration says afterwards what holds."""
    made = (await configure(client, "Validating", webhook(extension)))["webhooks"][0]

    assert made["failurePolicy"] == "Fail"
    assert (made["matchPolicy"], made["timeoutSeconds"], made["rules"][0]["scope"]) == ("Equivalent", 10, "*")


async def test_validating_webhook_sees_and_refuses(client, extension):
    """The review has everything of the request; a refusal names the webhook."""
    await configure(client, "Validating", webhook(extension))
    extension.answer = lambda request: {
        "uid": request["uid"],
        "allowed": False,
        "status": {"message": "not today", "code": 403, "reason": "Forbidden"},
    }

    with pytest.raises(ApiError) as caught:
        await create(client)

    assert caught.value.message == 'admission webhook "one.example.com" denied the request: not today'
    assert (caught.value.code, caught.value.reason) == (403, "Forbidden")
    (seen,) = extension.seen
    assert seen["operation"] == "CREATE"
    assert seen["kind"] == {"group": "", "version": "v1", "kind": "ConfigMap"}
    assert seen["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    assert (seen["name"], seen["namespace"], seen["dryRun"], seen["oldObject"]) == ("a", "default", False, None)
    assert seen["userInfo"]["username"] == "admin"
    assert seen["object"]["metadata"]["uid"]


async def test_mutating_webhook_changes_the_object(client, extension):
    """The patch is in what is stored."""
    await configure(client, "Mutating", webhook(extension))
    extension.answer = patching({"op": "add", "path": "/data", "value": {"added": "yes"}})

    assert (await create(client))["data"] == {"added": "yes"}


async def test_changed_objects_are_checked_again(client, extension):
    """A patch cannot smuggle in what validation refuses."""
    await configure(client, "Mutating", webhook(extension))
    extension.answer = patching({"op": "add", "path": "/data", "value": {"bad key!": "x"}})

    with pytest.raises(ApiError) as caught:
        await create(client)

    assert caught.value.reason == "Invalid"


async def test_sidecar_gets_what_pods_get(client, extension):
    """A container that a webhook adds has the defaults and the token of all others."""
    rule = RULE | {"resources": ["pods"], "operations": ["CREATE"]}
    await configure(client, "Mutating", webhook(extension, rules=[rule]))
    extension.answer = patching({"op": "add", "path": "/spec/containers/-", "value": {"name": "side", "image": "i"}})
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [{"name": "main", "image": "i"}]},
    }

    made = await client.create(resources.PODS, pod, namespace="default")

    side = made["spec"]["containers"][1]
    assert side["imagePullPolicy"] == "Always"
    assert side["volumeMounts"] == made["spec"]["containers"][0]["volumeMounts"]
    assert len(made["spec"]["volumes"]) == 1


@pytest.mark.parametrize("policy", ["Fail", "Ignore"])
async def test_webhook_that_does_not_answer(client, extension, policy):
    """The failure policy decides whether the write goes on."""
    await configure(client, "Validating", webhook(extension, failurePolicy=policy, timeoutSeconds=1))
    extension.answer = lambda _request: asyncio.sleep(30)

    if policy == "Ignore":
        assert await create(client)
        return
    with pytest.raises(ApiError) as caught:
        await create(client)
    assert caught.value.code == 500
    assert caught.value.message.startswith(
        'Internal error occurred: failed calling webhook "one.example.com": failed to call webhook: Post'
    )
    assert caught.value.message.endswith("context deadline exceeded")


async def test_untrusted_webhook(client, extension):
    """A server without the right certificate is not asked."""
    config = {"url": extension.url}
    await configure(client, "Validating", webhook(extension, clientConfig=config))

    with pytest.raises(ApiError) as caught:
        await create(client)
    assert "tls: failed to verify certificate" in caught.value.message
    assert extension.seen == []


@pytest.mark.parametrize(
    "more",
    [
        {"namespaceSelector": {"matchLabels": {"team": "a"}}},
        {"objectSelector": {"matchLabels": {"app": "web"}}},
        {"rules": [RULE | {"operations": ["DELETE"]}]},
        {"rules": [RULE | {"resources": ["configmaps/status"]}, RULE | {"apiGroups": ["apps"]}]},
        {"rules": [RULE | {"scope": "Cluster"}]},
        {
            "matchConditions": [
                {"name": "big", "expression": "size(object.data) > 5"},
                {"name": "no", "expression": "false"},
            ]
        },
    ],
    ids=["namespace", "object", "operation", "resource", "scope", "condition"],
)
async def test_only_matching_writes_are_asked_about(client, extension, more):
    """Rules, selectors and conditions decide."""
    await configure(client, "Validating", webhook(extension, **more))

    await create(client)

    assert extension.seen == []


async def test_matching_condition(client, extension):
    """A condition sees the request and the user's rights."""
    conditions = [
        {"name": "own", "expression": "request.userInfo.username == 'admin' && object.metadata.name == 'a'"},
        {"name": "rights", "expression": "authorizer.group('').resource('configmaps').check('create').allowed()"},
    ]
    await configure(client, "Validating", webhook(extension, matchConditions=conditions))

    await create(client)

    assert len(extension.seen) == 1


async def test_dry_run(client, extension):
    """Webhooks are asked about dry runs too, and told so."""
    await configure(client, "Validating", webhook(extension))

    await create(client, dry_run=True)

    assert (extension.seen[0]["dryRun"], extension.seen[0]["options"]["dryRun"]) == (True, ["All"])


async def test_deletion_shows_the_old_object(client, extension):
    """At a deletion there is no new object."""
    await create(client)
    await configure(client, "Validating", webhook(extension, rules=[RULE | {"operations": ["DELETE"]}]))

    await client.delete(resources.CONFIGMAPS, "a", "default")

    assert extension.seen[0]["object"] is None
    assert extension.seen[0]["oldObject"]["metadata"]["name"] == "a"


async def test_reinvocation(client, extension):
    """A webhook that asked for it sees what later ones changed."""
    first = webhook(extension, name="a.example.com", clientConfig=extension.config("/a"), reinvocationPolicy="IfNeeded")
    second = webhook(extension, name="b.example.com", clientConfig=extension.config("/b"))
    await configure(client, "Mutating", first, second)

    def answer(request):
        if len(extension.seen) == 2:
            return patching({"op": "add", "path": "/data", "value": {"by": "second"}})(request)
        return {"uid": request["uid"], "allowed": True}

    extension.answer = answer
    await create(client)

    assert [seen["object"].get("data") for seen in extension.seen] == [{}, {}, {"by": "second"}]


async def test_webhook_behind_a_service(api, client, extension):
    """A Service is resolved to its ready endpoints, and its name must be in the certificate."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "hook", "namespace": "default"},
        "spec": {"ports": [{"name": "https", "port": 443}]},
    }
    await client.create(resources.SERVICES, service, namespace="default")
    config = {"service": {"name": "hook", "namespace": "default", "path": "/admit"}, "caBundle": extension.bundle}
    await configure(client, "Validating", webhook(extension, clientConfig=config))
    await put_endpoints(api, extension.port)

    await create(client)

    assert [seen["operation"] for seen in extension.seen] == ["CREATE"]


async def put_endpoints(api, port):
    """Store endpoints on a loopback address, which the API itself refuses."""
    slices = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "hook-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "hook"}},
        "addressType": "IPv4",
        "ports": [{"name": "https", "port": port}],
        "endpoints": [
            {"addresses": ["192.0.2.1"], "conditions": {"ready": False}},
            {"addresses": ["127.0.0.1"], "conditions": {"ready": True}},
        ],
    }
    context = api.server.context
    key = StoreKey("local", "discovery.k8s.io", "endpointslices", "default", "hook-1")
    await context.hub.reached(await context.store.create(key.text(), codec.encode(slices)))


async def test_service_that_is_not_there(client, extension):
    """The refusal says what is missing."""
    config = {"service": {"name": "hook", "namespace": "default"}, "caBundle": extension.bundle}
    await configure(client, "Validating", webhook(extension, clientConfig=config))

    with pytest.raises(ApiError) as caught:
        await create(client)

    assert caught.value.message == (
        'Internal error occurred: failed calling webhook "one.example.com": failed to call webhook:'
        ' service "hook" not found'
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": "short"}, "should be a domain with at least three segments separated by dots"),
        ({"clientConfig": {}}, "exactly one of url or service is required"),
        ({"clientConfig": {"url": "http://x"}}, "'https' is the only allowed URL scheme"),
        ({"sideEffects": "Some"}, 'Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'),
        ({"timeoutSeconds": 31}, "the timeout value must be between 1 and 30 seconds"),
        ({"admissionReviewVersions": ["v1beta1"]}, "must include at least one of v1"),
        ({"rules": [RULE | {"operations": ["READ"]}]}, 'Unsupported value: "READ"'),
        ({"matchConditions": [{"name": "x", "expression": "object."}]}, "compilation failed: ERROR: <input>:1:8"),
        ({"matchConditions": [{"name": "x", "expression": "1"}]}, "must evaluate to bool"),
    ],
)
async def test_refused_configuration(client, extension, more, message):
    """A configuration that could not work is refused with the field."""
    with pytest.raises(ApiError) as caught:
        await configure(client, "Validating", webhook(extension, **more))

    assert caught.value.reason == "Invalid"
    assert message in caught.value.message


async def test_nobody_is_locked_out(client, extension):
    """A webhook for everything that refuses everything can still be removed."""
    rule = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}
    await configure(client, "Validating", webhook(extension, rules=[rule]))
    extension.answer = lambda request: {"uid": request["uid"], "allowed": False}

    await client.delete(resources.VALIDATINGWEBHOOKCONFIGURATIONS, "hooks")

    assert await create(client)


async def test_mutations_stay_in_their_part(client, extension):
    """A webhook about the status cannot change the rest, nor one about the object its status."""
    rule = RULE | {"apiGroups": [""], "resources": ["namespaces", "namespaces/status"]}
    await configure(client, "Mutating", webhook(extension, rules=[rule]))
    extension.answer = patching(
        {"op": "add", "path": "/metadata/labels", "value": {"by": "hook"}},
        {"op": "add", "path": "/status", "value": {"phase": "Terminating"}},
    )

    made = await client.create(
        resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    )
    assert (made["metadata"]["labels"]["by"], made["status"]) == ("hook", {"phase": "Active"})
    extension.answer = patching(
        {"op": "add", "path": "/metadata/labels/other", "value": "x"},
        {"op": "add", "path": "/spec/finalizers", "value": []},
    )
    status = await client.patch(resources.NAMESPACES, "n", {"status": {"phase": "Active"}}, subresource="status")

    assert status["metadata"]["labels"]["other"] == "x"
    assert status["spec"] == made["spec"]


async def test_long_answers(client, extension):
    """An answer of many pieces is read to its end."""
    await configure(client, "Mutating", webhook(extension))
    extension.answer = patching({"op": "add", "path": "/data", "value": {"long": "x" * 700_000}})

    assert len((await create(client))["data"]["long"]) == 700_000
