"""What kubectl sends as protobuf is read as the very objects that kubectl itself prints as JSON."""

import json

import pytest

from tests.conformance.wire.kubectl import cluster, needs_kubectl
from tests.conformance.wire.sample_kinds import sample_kinds

pytestmark = needs_kubectl

CREATED = [
    "configmap c --from-literal=a=1 --from-literal=empty=",
    "secret generic s --from-literal=password=geheim --type=example.com/x",
    "secret docker-registry d --docker-username=u --docker-password=p --docker-server=registry.example",
    "serviceaccount sa",
    "namespace n",
    "role r --verb=get,list --resource=pods,deployments.apps --resource-name=x",
    "rolebinding rb --clusterrole=view --user=jane --serviceaccount=default:sa",
    "clusterrole cr --verb=get --non-resource-url=/logs/*",
    "clusterrolebinding crb --clusterrole=admin --group=ops",
    "deployment d --image=a:1 --image=b:2 --replicas=0",
    "deployment e --image=a:1 --replicas=3 --port=8080",
    "service clusterip a --tcp=80:8080 --tcp=443:https",
    "service clusterip headless --clusterip=None",
    "service nodeport b --tcp=80:8080 --node-port=30080",
    "service loadbalancer c --tcp=80",
    "service externalname d --external-name=example.com",
    "job j --image=a -- sh -c true",
    "cronjob cj --image=a --schedule=*/5\t*\t*\t*\t*",
    "ingress i --rule=a.example/*=svc:80,tls=cert --rule=b.example/path=svc:http --class=x --annotation=k=v",
    "poddisruptionbudget p --min-available=50% --selector=app=a",
    "poddisruptionbudget q --max-unavailable=0 --selector=app=a",
    "priorityclass high --value=1000 --description=important --preemption-policy=Never",
    "priorityclass zero --value=0 --global-default=true",
    "quota q --hard=cpu=500m,memory=1Gi --scopes=BestEffort",
]


def without_unset(value):
    """Drop what Go writes for values that are not set."""
    if isinstance(value, dict):
        cleaned = {key: without_unset(one) for key, one in value.items()}
        return {key: one for key, one in cleaned.items() if one not in (None, {}, [])}
    return [without_unset(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("command", CREATED)
async def test_create(command, tmp_path):
    """`kubectl create` of every kind that it makes itself."""
    words = [word.replace("\t", " ") for word in command.split(" ")]
    at = words.index("--") if "--" in words else len(words)
    async with cluster(sample_kinds(), tmp_path) as one:
        await one.output("create", *words)
        expected = json.loads(await one.output("create", *words[:at], "--dry-run=client", "-o", "json", *words[at:]))
        [posted] = one.posted
    assert posted.content_type == "application/vnd.kubernetes.protobuf"
    decoded = posted.decoded()
    decoded["metadata"].pop("namespace", None)
    expected["metadata"].pop("namespace", None)
    assert without_unset(decoded) == without_unset(expected)


async def test_questions_about_oneself(tmp_path):
    """`auth can-i`, `auth can-i --list`, `auth whoami` and `create token` post their reviews as protobuf."""
    async with cluster(sample_kinds(), tmp_path) as one:
        await one.kubectl("auth", "can-i", "get", "pods", "--subresource=log", "--namespace=x")
        await one.kubectl("auth", "can-i", "--list", "--namespace=x")
        await one.kubectl("auth", "whoami")
        await one.kubectl("create", "token", "sa", "--namespace=x", "--duration=10m", "--audience=a")
        reviews = {posted.path.rsplit("/", 1)[1]: posted.decoded() for posted in one.posted}
    asked = {"namespace": "x", "verb": "get", "resource": "pods", "subresource": "log"}
    attributes = reviews["selfsubjectaccessreviews"]["spec"]["resourceAttributes"]
    assert {key: value for key, value in attributes.items() if value not in ("", "*")} == asked
    assert reviews["selfsubjectrulesreviews"]["spec"] == {"namespace": "x"}
    assert reviews["selfsubjectreviews"]["kind"] == "SelfSubjectReview"
    assert reviews["token"]["spec"] == {"audiences": ["a"], "expirationSeconds": 600}
