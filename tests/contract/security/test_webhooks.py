"""Web servers that know tokens, and that decide what is allowed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bouvier.client import Client
from bouvier.meta.resources import CONFIGMAPS, PODS
from tests.contract.security.test_oidc import is_refused, whoami
from tests.contract.test_api_verbs import config, refused
from tests.support.apiserver import RunningApi, running_api
from tests.support.judge import Judge, running_judge
from tests.support.waiting import eventually

Anyone = Callable[[RunningApi, str], Client]


async def test_a_server_that_knows_tokens(tmp_path: Path, anyone: Anyone) -> None:
    """It is asked about tokens that nobody here knows, once in a while; what it does not say is not believed."""

    def decide(spec: dict[str, Any]) -> dict[str, Any] | None:
        if spec["token"] == "breaks":
            return None
        user = {"username": "jane", "uid": "1", "groups": ["devs"], "extra": {"scope": ["a"]}}
        return {"authenticated": spec["token"] == "good", "user": user}

    (tmp_path / "api").mkdir()
    async with running_judge(tmp_path / "judge", decide) as judge:
        options = {"authentication-token-webhook-config-file": str(judge.file)}
        async with running_api(tmp_path / "api", options=options) as api:
            jane = anyone(api, "good")
            assert await whoami(jane) == {
                "username": "jane",
                "uid": "1",
                "groups": ["devs", "system:authenticated"],
                "extra": {"scope": ["a"]},
            }
            assert (await refused(jane.get(PODS, "x", "default"))).code == 403
            assert len(judge.asked) == 1
            assert await is_refused(anyone(api, "bad"))
            assert await is_refused(anyone(api, "breaks"))
            asked = len(judge.asked)
            assert (await whoami(anyone(api, api.token())))["username"] == "admin"
            assert len(judge.asked) == asked


def authorization(judge: Judge, *, first: bool = False, policy: str = "NoOpinion", **more: Any) -> str:
    webhook = {
        "failurePolicy": policy,
        "subjectAccessReviewVersion": "v1",
        "matchConditionSubjectAccessReviewVersion": "v1",
        "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": str(judge.file)},
        "unauthorizedTTL": "1ms",
        "authorizedTTL": "10s",
    }
    asked = {"type": "Webhook", "name": "judge", "webhook": webhook | more}
    own = [{"type": "Node", "name": "node"}, {"type": "RBAC", "name": "rbac"}]
    steps = [asked, *own] if first else [*own, asked]
    head = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration"}
    return yaml.safe_dump(head | {"authorizers": steps})


def verdict(spec: dict[str, Any]) -> dict[str, Any] | None:
    """Allow reading ConfigMaps, forbid anything named `never`, break about `broken`."""
    wanted = spec.get("resourceAttributes") or {}
    if wanted.get("name") == "broken":
        return None
    if wanted.get("name") == "never":
        return {"allowed": False, "denied": True}
    return {"allowed": wanted.get("resource") == "configmaps" and wanted["verb"] == "get"}


async def test_a_server_that_decides(tmp_path: Path, anyone: Anyone) -> None:
    """Behind RBAC it allows more; before it, it may also forbid; superusers are never in question."""
    (tmp_path / "api").mkdir()
    file = tmp_path / "authorization.yaml"
    async with running_judge(tmp_path / "judge", verdict) as judge:
        file.write_text(authorization(judge))
        async with running_api(tmp_path / "api", options={"authorization-config": str(file)}) as api:
            admin, nobody = anyone(api, api.token()), anyone(api, api.token("nobody"))
            await admin.create(CONFIGMAPS, config("never"))
            await admin.create(CONFIGMAPS, config("fine"))
            assert judge.asked == []
            assert (await nobody.get(CONFIGMAPS, "fine", "default"))["metadata"]["name"] == "fine"
            asked = len(judge.asked)
            await nobody.get(CONFIGMAPS, "fine", "default")
            assert len(judge.asked) == asked
            assert (await refused(nobody.list(CONFIGMAPS, "default"))).code == 403
            assert (await refused(nobody.get(CONFIGMAPS, "broken", "default"))).code == 403
            await api.kubectl("create", "clusterrolebinding", "n", "--clusterrole=view", "--user=nobody")
            await nobody.get(CONFIGMAPS, "never", "default")
            conditions = [{"expression": "request.user == 'nobody' && has(request.resourceAttributes)"}]
            file.write_text(authorization(judge, first=True, policy="Deny", matchConditions=conditions))

            async def is_forbidden() -> bool:
                try:
                    await nobody.get(CONFIGMAPS, "never", "default")
                except Exception as error:
                    return getattr(error, "code", 0) == 403
                return False

            assert await eventually(is_forbidden)
            await nobody.get(CONFIGMAPS, "fine", "default")
            assert (await refused(nobody.get(CONFIGMAPS, "broken", "default"))).code == 403
            await admin.get(CONFIGMAPS, "never", "default")
