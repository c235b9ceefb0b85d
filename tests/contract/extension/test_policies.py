"""Admission policies as a client meets them."""

import json

import pytest

from bouvier.meta import resources
from bouvier.meta.errors import ApiError
from tests.support.waiting import eventually

RULE = {"operations": ["CREATE", "UPDATE"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"]}


def policy(*validations, **more):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": {"matchConstraints": {"resourceRules": [RULE]}, "validations": list(validations), **more},
    }


def binding(*actions, **more):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "b"},
        "spec": {"policyName": "p", "validationActions": list(actions or ("Deny",)), **more},
    }


async def bind(client, made, bound=None):
    await client.create(resources.VALIDATINGADMISSIONPOLICIES, made)
    await client.create(resources.VALIDATINGADMISSIONPOLICYBINDINGS, bound or binding())


def deployment(replicas=1, labels=None):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "default", "labels": labels or {}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "registry.example/c:1"}]},
            },
        },
    }


async def create(client, **more):
    return await client.create(resources.DEPLOYMENTS, deployment(**more), namespace="default")


async def refusal(client, **more):
    with pytest.raises(ApiError) as caught:
        await create(client, **more)
    return caught.value


LIMIT = {"expression": "object.spec.replicas <= 5"}


async def test_denied_and_admitted(client):
    """A write that breaks the expression is refused with the policy's and the binding's name."""
    await bind(client, policy(LIMIT))

    error = await refusal(client, replicas=6)

    assert error.message == (
        "deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request:"
        " failed expression: object.spec.replicas <= 5"
    )
    assert (error.reason, error.code) == ("Invalid", 422)
    assert await create(client, replicas=5)


async def test_without_binding_nothing_happens(client):
    """A policy holds where it is bound."""
    await client.create(resources.VALIDATINGADMISSIONPOLICIES, policy({"expression": "false"}))

    assert await create(client)


async def test_message_and_reason(client):
    """Policies choose their words, computed ones first."""
    validation = LIMIT | {
        "message": "too many",
        "messageExpression": "'%d replicas, at most 5'.format([object.spec.replicas])",
        "reason": "Forbidden",
    }
    await bind(client, policy(validation))

    error = await refusal(client, replicas=9)

    assert error.message.endswith("denied request: 9 replicas, at most 5")
    assert error.code == 403


async def test_warning(api, client):
    """The action Warn lets the write pass with a warning."""
    await bind(client, policy(LIMIT | {"message": "too many"}), binding("Warn", "Audit"))

    output = await api.kubectl("create", "deployment", "d", "--image=i", "--replicas=6")

    assert "Warning: Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': too many" in output


async def test_variables(client):
    """Expressions share what variables compute."""
    await bind(
        client,
        policy(
            {"expression": "variables.images.all(image, image.startsWith(variables.allowed))"},
            variables=[
                {"name": "containers", "expression": "object.spec.template.spec.containers"},
                {"name": "images", "expression": "variables.containers.map(c, c.image)"},
                {"name": "allowed", "expression": "'mirror.example/'"},
            ],
        ),
    )

    assert "failed expression: variables.images.all" in (await refusal(client)).message


async def test_parameters(client):
    """Limits may come from an object of the binding's choice."""
    params = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits"}, "data": {"most": "3"}}
    await client.create(resources.CONFIGMAPS, params, namespace="default")
    await bind(
        client,
        policy(
            {"expression": "object.spec.replicas <= int(params.data.most)"},
            paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        ),
        binding(paramRef={"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"}),
    )

    assert "denied request" in (await refusal(client, replicas=4)).message
    await client.delete(resources.CONFIGMAPS, "limits", "default")
    missing = await refusal(client, replicas=1)
    assert (
        "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
        in missing.message
    )


async def test_conditions_and_binding_narrow(client):
    """Match conditions and the binding's selectors decide where a policy holds."""
    await bind(
        client,
        policy({"expression": "false"}, matchConditions=[{"name": "n", "expression": "request.operation != 'UPDATE'"}]),
        binding(matchResources={"objectSelector": {"matchLabels": {"checked": "yes"}}}),
    )

    assert await create(client)
    await client.delete(resources.DEPLOYMENTS, "d", "default")
    assert await refusal(client, labels={"checked": "yes"})


async def test_namespace_and_authorizer(client):
    """Expressions see the namespace and what the user may do."""
    await bind(
        client,
        policy(
            {"expression": "namespaceObject.metadata.name == 'default'"},
            {
                "expression": "authorizer.group('apps').resource('deployments').namespace('default').check('delete').allowed()"
            },
            {"expression": "authorizer.requestResource.check('approve').allowed()"},
            {"expression": "!authorizer.serviceAccount('default', 'default').path('/metrics').check('get').allowed()"},
        ),
    )

    assert await create(client)


@pytest.mark.parametrize(("failure", "is_refused"), [("Fail", True), ("Ignore", False)])
async def test_errors_follow_the_failure_policy(client, failure, is_refused):
    """What cannot be evaluated is refused, or ignored."""
    await bind(client, policy({"expression": "object.spec.missing == 1"}, failurePolicy=failure))

    if is_refused:
        message = (await refusal(client)).message
        assert "expression 'object.spec.missing == 1' resulted in error: no such key: missing" in message
    else:
        assert await create(client)


async def test_updates_see_the_old_object(client):
    """A policy may compare."""
    await create(client, replicas=2)
    await bind(client, policy({"expression": "oldObject == null || object.spec.replicas >= oldObject.spec.replicas"}))

    with pytest.raises(ApiError, match="denied request"):
        await client.patch(resources.DEPLOYMENTS, "d", {"spec": {"replicas": 1}}, namespace="default")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (policy(), "validations or auditAnnotations must contain at least one item"),
        (policy({"expression": "object.x"}, matchConstraints=None), "spec.matchConstraints: Required value"),
        (policy({"expression": "nothing"}), "undeclared reference to 'nothing'"),
        (policy({"expression": "params.x == 1"}), "undeclared reference to 'params'"),
        (policy({"expression": "1"}), "must evaluate to bool"),
        (policy({"expression": "variables.later"}), "undefined field 'later'"),
        (policy({"expression": "request.nothing == ''"}), "undefined field 'nothing'"),
        (policy(LIMIT | {"reason": "Odd"}), 'Unsupported value: "Odd"'),
        (policy(LIMIT, variables=[{"name": "a-b", "expression": "1"}]), "name is not a valid CEL identifier"),
    ],
)
async def test_refused_policy(client, made, message):
    """A policy that could not work is refused with the field and the place."""
    with pytest.raises(ApiError) as caught:
        await client.create(resources.VALIDATINGADMISSIONPOLICIES, made)

    assert message in caught.value.message


async def test_refused_binding(client):
    """Deny and Warn together say the same twice."""
    with pytest.raises(ApiError, match="must not contain both Deny and Warn"):
        await client.create(resources.VALIDATINGADMISSIONPOLICYBINDINGS, binding("Deny", "Warn"))


def mutating(*mutations, **more):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "m"},
        "spec": {"matchConstraints": {"resourceRules": [RULE]}, "mutations": list(mutations), **more},
    }


def configuration(text):
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": text}}


def patch(text):
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": text}}


async def mutate(client, *mutations, **more):
    await client.create(resources.MUTATINGADMISSIONPOLICIES, mutating(*mutations, **more))
    await client.create(
        resources.MUTATINGADMISSIONPOLICYBINDINGS,
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": "mb"},
            "spec": {"policyName": "m"},
        },
    )


async def test_apply_configuration(client):
    """Fields are merged in, lists by their keys."""
    await mutate(
        client,
        configuration(
            "Object{metadata: Object.metadata{labels: {'team': 'a'}}, spec: Object.spec{template:"
            " Object.spec.template{spec: Object.spec.template.spec{containers:"
            " [Object.spec.template.spec.containers{name: 'side', image: 'side:1'}]}}}}"
        ),
    )

    made = await create(client, labels={"own": "x"})

    assert made["metadata"]["labels"] == {"own": "x", "team": "a"}
    containers = made["spec"]["template"]["spec"]["containers"]
    assert {one["name"]: one["imagePullPolicy"] for one in containers} == {"c": "IfNotPresent", "side": "IfNotPresent"}
    assert {one["manager"] for one in made["metadata"]["managedFields"]} != {"bouvier-admission"}


async def test_json_patch(client):
    """Patches may be computed; later mutations see what earlier ones did."""
    await mutate(
        client,
        patch(
            "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('example.com/size'),"
            " value: string(object.spec.replicas)}]"
        ),
        patch("[JSONPatch{op: 'test', path: '/metadata/labels/example.com~1size', value: '3'}]"),
    )

    assert (await create(client, replicas=3, labels={"a": "b"}))["metadata"]["labels"]["example.com/size"] == "3"


async def test_policies_of_both_sorts(client):
    """What is validated is what mutations made of the object."""
    await mutate(client, configuration("Object{spec: Object.spec{replicas: 2}}"))
    await bind(client, policy({"expression": "object.spec.replicas == 2"}))

    assert (await create(client, replicas=7))["spec"]["replicas"] == 2


async def test_failing_mutation(client):
    """A patch that does not apply refuses the write."""
    await mutate(client, patch("[JSONPatch{op: 'remove', path: '/nothing/here'}]"))

    assert "policy 'm' with binding 'mb' denied request" in (await refusal(client)).message


async def test_connections_are_judged(api, client):
    """Policies see who wants to get into a pod, and with which command."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]},
    }
    await client.create(resources.PODS, pod, namespace="default")
    rule = {"operations": ["CONNECT"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/exec"]}
    await bind(
        client,
        policy(
            {"expression": "object.command[0] != 'sh'", "message": "no shells"},
            matchConstraints={"resourceRules": [rule]},
        ),
    )

    output = await api.kubectl("exec", "p", "--", "sh", ok=False)

    assert 'The pods "p" is invalid' in output
    assert "denied request: no shells" in output


async def test_scales_are_judged(api, client):
    """A policy about `deployments/scale` sees the Scale object."""
    await create(client, replicas=1)
    rule = RULE | {"resources": ["deployments/scale"]}
    await bind(client, policy({"expression": "object.spec.replicas <= 5"}, matchConstraints={"resourceRules": [rule]}))

    refused = await api.kubectl("scale", "deployment", "d", "--replicas=9", ok=False)
    await api.kubectl("scale", "deployment", "d", "--replicas=3")

    assert "failed expression: object.spec.replicas <= 5" in refused


async def test_senseless_mutations(client):
    """An apply configuration that is not of the kind refuses the write, with the reason."""
    await mutate(client, configuration("Object{spec: Object.spec{replicas: 'many'}}"))

    assert "cannot unmarshal string" in (await refusal(client)).message


async def test_older_version_of_mutating_policies(api):
    """What was written for v1beta1 is served as v1 too."""
    made = mutating(configuration("Object{spec: Object.spec{replicas: 2}}"))
    made["apiVersion"] = "admissionregistration.k8s.io/v1beta1"

    await api.kubectl("apply", "-f", "-", stdin=json.dumps(made))
    found = await api.kubectl("get", "mutatingadmissionpolicies.v1.admissionregistration.k8s.io", "m", "-o", "json")

    assert json.loads(found)["spec"]["failurePolicy"] == "Fail"


async def test_type_checking(client):
    """The status tells of expressions that can never work with the kinds that the policy names."""
    validation = {"expression": "object.spec.replicas > '1'", "messageExpression": "'got ' + object.spec.replicas"}
    made = policy(
        validation,
        {"expression": "variables.many"},
        variables=[{"name": "many", "expression": "object.spec.replicas > 1"}],
    )
    await client.create(resources.VALIDATINGADMISSIONPOLICIES, made)

    async def status():
        found = (await client.get(resources.VALIDATINGADMISSIONPOLICIES, "p")).get("status") or {}
        return found if "typeChecking" in found else None

    found = await eventually(status)

    assert found["observedGeneration"] == 1
    first, second = found["typeChecking"]["expressionWarnings"]
    assert first["fieldRef"] == "spec.validations[0].expression"
    assert first["warning"].startswith("apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for")
    assert "'_>_' applied to '(int, string)'" in first["warning"]
    assert second["fieldRef"] == "spec.validations[0].messageExpression"
    assert "'_+_' applied to '(string, int)'" in second["warning"]


async def test_parameters_need_the_right_to_read_them(client, client_of):
    """Who may write policies may not read Secrets through them."""
    rules = [{"apiGroups": ["admissionregistration.k8s.io"], "resources": ["*"], "verbs": ["*"]}]
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "r"},
        "rules": rules,
    }
    bound = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "r"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}],
    }
    await client.create(resources.CLUSTERROLES, role)
    await client.create(resources.CLUSTERROLEBINDINGS, bound)
    writer = client_of("nobody")
    secret = {"paramKind": {"apiVersion": "v1", "kind": "Secret"}}

    with pytest.raises(ApiError, match='must have "get" permission on all objects of the referenced paramKind'):
        await writer.create(resources.VALIDATINGADMISSIONPOLICIES, policy(LIMIT, **secret))
    await client.create(resources.VALIDATINGADMISSIONPOLICIES, policy(LIMIT, **secret))
    reference = {"name": "s", "namespace": "kube-system", "parameterNotFoundAction": "Allow"}
    with pytest.raises(ApiError, match="does not have .get. permission on the object being referenced by paramRef"):
        await writer.create(resources.VALIDATINGADMISSIONPOLICYBINDINGS, binding(paramRef=reference))
