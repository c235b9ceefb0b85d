"""Builds, streams, projects and the registry's tokens against a real API server."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bouvier.apiserver.paas.registry import PATH as REGISTRY_PATH
from bouvier.apiserver.paas.registry import SERVICE, TOKEN_PATH, RegistryKeys, RegistryPaths
from bouvier.builds.configs import BuildConfigController
from bouvier.builds.deploying import TRIGGERS, WAITS, ImageTriggerController
from bouvier.builds.routes import RouteController
from bouvier.client import Client, Endpoint
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.controllers.runtime.manager import Manager
from bouvier.kinds.build_v1.builds import phase_of
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import (
    BUILDCONFIGS,
    BUILDS,
    DEPLOYMENTS,
    IMAGESTREAMMAPPINGS,
    IMAGESTREAMS,
    IMAGESTREAMTAGS,
    NAMESPACES,
    PROJECTREQUESTS,
    PROJECTS,
    ROLEBINDINGS,
    ROUTES,
    SECRETS,
)
from bouvier.util.pki import Authority
from tests.support.apiserver import RunningApi

DEADLINE_SECONDS = 60.0
Users = Callable[[str], Client]


def config(name: str = "shop", **spec: object) -> Obj:
    full: Obj = {
        "source": {"git": {"uri": "https://git.example/shop.git"}},
        "strategy": {"dockerStrategy": {}},
        "output": {"to": {"kind": "ImageStreamTag", "name": "shop:latest"}},
        "triggers": [{"type": "Generic", "generic": {"secretReference": {"name": "hooks"}}}],
    }
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": BUILDCONFIGS.api_version, "kind": "BuildConfig", "metadata": metadata, "spec": full | spec}


def secret() -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "hooks", "namespace": "default"},
        "stringData": {"WebHookSecretKey": "s3cret"},
    }


def mapping(tag: str, digest: str) -> Obj:
    return {
        "apiVersion": IMAGESTREAMMAPPINGS.api_version,
        "kind": "ImageStreamMapping",
        "metadata": {"name": "shop", "namespace": "default"},
        "tag": tag,
        "image": {"metadata": {"name": digest}, "dockerImageReference": f"127.0.0.1:5000/default/shop@{digest}"},
    }


def stream() -> Obj:
    metadata = {"name": "shop", "namespace": "default"}
    return {"apiVersion": IMAGESTREAMS.api_version, "kind": "ImageStream", "metadata": metadata}


async def start(client: Client, name: str = "shop", **request: object) -> Obj:
    body = {"apiVersion": BUILDS.api_version, "kind": "BuildRequest", "metadata": {"name": name}, **request}
    return await client.create(BUILDCONFIGS, body, namespace="default", name=name, subresource="instantiate")


async def until(look: Callable[[], object]) -> None:
    """Wait until an awaited look is true."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await look():  # type: ignore[misc]
            await asyncio.sleep(0.02)


@pytest.fixture
async def controllers(api: RunningApi):
    """The controllers of this room, as the user that they run as."""
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("controllers")))
    informers = InformerSet(client)
    recorder = Recorder(client, "test")
    made = [BuildConfigController(client), ImageTriggerController(client, recorder), RouteController(client)]
    manager = Manager(informers, made)
    tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await client.close()


async def test_builds_are_numbered_once_whoever_asks_at_the_same_moment(client: Client) -> None:
    """Twelve requests at once make builds 1 to 12."""
    await client.create(BUILDCONFIGS, config())
    made = await asyncio.gather(*(start(client) for _ in range(12)))
    assert sorted(name_of(one) for one in made) == sorted(f"shop-{n}" for n in range(1, 13))
    assert (await client.get(BUILDCONFIGS, "shop", "default"))["status"]["lastVersion"] == 12
    with pytest.raises(ApiError, match="does not match the build request LastVersion"):
        await start(client, lastVersion=3)
    again = await client.create(BUILDS, {}, namespace="default", name="shop-3", subresource="clone")
    assert name_of(again) == "shop-13"


async def test_a_number_taken_by_a_crash_is_passed_over(client: Client) -> None:
    """A build whose count was never written is not overwritten, and the next one is made."""
    await client.create(BUILDCONFIGS, config())
    first = await start(client)
    await client.patch(BUILDCONFIGS, "shop", {"status": {"lastVersion": 0}}, namespace="default")
    orphan = {k: first[k] for k in ("apiVersion", "kind", "spec")} | {
        "metadata": {"name": "shop-2", "namespace": "default"}
    }
    await client.create(BUILDS, orphan)
    assert name_of(await start(client)) == "shop-3"


@pytest.fixture
async def stranger(api: RunningApi):
    """A client without credentials."""
    made = Client.connect(Endpoint(unix_socket=str(api.socket)))
    yield made
    await made.close()


async def test_hooks_need_the_secret_in_their_path_and_nothing_else(client: Client, stranger: Client) -> None:
    """Strangers start builds with it; without it they learn nothing."""
    await client.create(SECRETS, secret())
    await client.create(BUILDCONFIGS, config())
    path = BUILDCONFIGS.path("default", "shop", "webhooks")
    build = await stranger.request("POST", f"{path}/s3cret/generic")
    assert name_of(build) == "shop-1"
    assert build["spec"]["triggeredBy"][0]["message"] == "Generic WebHook"
    assert "s3cret" not in json.dumps(build)
    for wrong in (f"{path}/wrong/generic", f"{path}/s3cret/github", path.replace("shop", "none") + "/s3cret/generic"):
        with pytest.raises(ApiError, match="did not accept your secret"):
            await stranger.request("POST", wrong)
    with pytest.raises(ApiError, match="Unauthorized"):
        await stranger.request("GET", BUILDCONFIGS.path("default", "shop"))


async def test_turns_and_history(client: Client, controllers: None) -> None:
    """One build at a time; what waited is cancelled at once; old ones go."""
    await client.create(BUILDCONFIGS, config(successfulBuildsHistoryLimit=1))
    for _ in range(3):
        await start(client)

    async def phases() -> list[str]:
        return [phase_of(one) for one in (await client.list(BUILDS, "default")).items]

    async def are(*wanted: str) -> bool:
        return await phases() == list(wanted)

    await until(lambda: are("Pending", "New", "New"))
    await client.patch(BUILDS, "shop-2", {"status": {"cancelled": True}}, namespace="default")
    await until(lambda: are("Pending", "Cancelled", "New"))
    for name in ("shop-1", "shop-3"):
        await client.patch(BUILDS, name, {"status": {"phase": "Complete"}}, namespace="default")
    await until(lambda: are("Cancelled", "Complete"))


async def test_a_new_image_reaches_builds_and_workloads(client: Client, controllers: None) -> None:
    """The stream's history grows, the configuration builds once, the deployment gets its first and its next image."""
    await client.create(IMAGESTREAMS, stream())
    origin = {"kind": "ImageStreamTag", "name": "shop:latest"}
    triggers = [{"type": "ImageChange", "imageChange": {}}]
    strategy = {"dockerStrategy": {"from": origin}}
    await client.create(BUILDCONFIGS, config("child", strategy=strategy, triggers=triggers))
    await client.create(DEPLOYMENTS, waiting(origin))
    for number in (1, 2):
        await client.create(IMAGESTREAMMAPPINGS, mapping("latest", f"sha256:{number}"))
        await client.create(IMAGESTREAMMAPPINGS, mapping("latest", f"sha256:{number}"))

        async def is_there(number: int = number) -> bool:
            pod = (await client.get(DEPLOYMENTS, "web", "default"))["spec"]
            listed = (await client.list(BUILDS, "default")).items
            image = pod["template"]["spec"]["containers"][0]["image"]
            return image.endswith(f"sha256:{number}") and len(listed) == number and not pod.get("paused")

        await until(is_there)
    tag = await client.get(IMAGESTREAMTAGS, "shop:latest", "default")
    assert tag["image"]["dockerImageReference"].endswith("sha256:2")
    items = (await client.get(IMAGESTREAMS, "shop", "default"))["status"]["tags"][0]["items"]
    assert [one["image"] for one in items] == ["sha256:2", "sha256:1"]
    cause = (await client.get(BUILDS, "child-2", "default"))["spec"]["triggeredBy"][0]
    assert cause["message"] == "Image change"


def waiting(origin: Obj) -> Obj:
    path = 'spec.template.spec.containers[?(@.name=="web")].image'
    annotations = {TRIGGERS: json.dumps([{"from": origin, "fieldPath": path}]), WAITS: "true"}
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "web", "image": "none"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "annotations": annotations},
        "spec": {"paused": True, "selector": {"matchLabels": {"a": "b"}}, "template": pod},
    }


async def test_the_younger_route_of_a_host_is_told(client: Client, controllers: None) -> None:
    """Admitted says who holds the host, and passes on when that one goes."""
    spec = {"host": "a.example", "to": {"name": "a"}}
    for name in ("old", "young"):
        metadata = {"name": name, "namespace": "default"}
        route = {"apiVersion": ROUTES.api_version, "kind": "Route", "metadata": metadata, "spec": spec}
        await client.create(ROUTES, route)

    async def admitted() -> dict[str, str]:
        listed = (await client.list(ROUTES, "default")).items
        return {
            name_of(one): i[0]["conditions"][0]["status"]
            for one in listed
            if (i := one.get("status", {}).get("ingress"))
        }

    async def are(wanted: dict[str, str]) -> bool:
        return await admitted() == wanted

    await until(lambda: are({"old": "True", "young": "False"}))
    await client.delete(ROUTES, "old", "default")
    await until(lambda: are({"young": "True"}))


async def test_users_make_and_see_their_own_projects(api: RunningApi, client: Client, client_of: Users) -> None:
    """With the role of self-provisioners; the list holds what one may get, and nothing else."""
    user = client_of("nobody")
    request = {"apiVersion": PROJECTREQUESTS.api_version, "kind": "ProjectRequest", "metadata": {"name": "mine"}}
    with pytest.raises(ApiError, match="cannot create resource"):
        await user.create(PROJECTREQUESTS, request)
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "self"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "self-provisioner"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}],
    }
    await client.request("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", body=binding)
    made = await user.create(PROJECTREQUESTS, request | {"displayName": "My own"})
    assert (made["kind"], made["metadata"]["annotations"]["openshift.io/display-name"]) == ("Project", "My own")
    assert [name_of(one) for one in (await user.list(PROJECTS)).items] == ["mine"]
    assert (await user.get(PROJECTS, "mine"))["status"]["phase"] == "Active"
    assert (await user.get(ROLEBINDINGS, "admin", "mine"))["subjects"][0]["name"] == "nobody"
    with pytest.raises(ApiError, match='projects.project.openshift.io "mine" already exists'):
        await user.create(PROJECTREQUESTS, request)
    assert len((await client.list(PROJECTS)).items) == len((await client.list(NAMESPACES)).items)
    local = config(source={"git": {"uri": "/srv/git/other.git"}})
    local["metadata"]["namespace"] = "mine"
    with pytest.raises(ApiError, match="is a folder of the server"):
        await user.create(BUILDCONFIGS, local)


async def test_registry_tokens_follow_the_roles(
    api: RunningApi, client: Client, client_of: Users, stranger: Client, tmp_path: Path
) -> None:
    """Each caller gets what RBAC gives on the stream's layers, as bearer or as a password."""
    authority = Authority.open(tmp_path / "pki", "ca", "test-ca")
    keys = RegistryKeys(*authority.issue("tokens"))
    api.server.add_path(REGISTRY_PATH, RegistryPaths(api.server.context, keys, "127.0.0.1:5000").answer)
    query = {"service": SERVICE, "scope": "repository:default/shop:pull,push"}

    async def actions(caller: Client) -> list[str]:
        answer = await caller.request("GET", TOKEN_PATH, query=query)
        body = answer["token"].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(body + "=="))["access"][0]["actions"]  # type: ignore[no-any-return]

    assert await actions(client) == ["pull", "push"]
    assert await actions(client_of("nobody")) == []
    with pytest.raises(ApiError, match="Unauthorized"):
        await actions(stranger)
    login = base64.b64encode(f"any:{api.token()}".encode()).decode()
    status, text = await asyncio.to_thread(ask_as_docker, api, login)
    assert status == 200
    assert "token" in json.loads(text)
    assert (await asyncio.to_thread(ask_as_docker, api, base64.b64encode(b"any:wrong").decode()))[0] == 401


def ask_as_docker(api: RunningApi, credentials: str) -> tuple[int, str]:
    """Ask for a token as `docker login` does."""
    import ssl
    import urllib.error
    import urllib.request

    context = ssl._create_unverified_context()
    url = f"https://127.0.0.1:{api.port}{TOKEN_PATH}?service={SERVICE}&account=any"
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {credentials}"})
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
