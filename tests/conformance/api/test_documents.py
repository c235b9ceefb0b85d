"""What is served beside the resources: version, health, discovery, OpenAPI, the issuer of tokens."""

import pytest

from tests.support.raw_api import RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


async def test_version_is_of_numbers(api: RawApi) -> None:
    """Major and minor are integers."""
    version = await api.ok("GET", "/version")
    assert version["major"].isdigit()
    assert version["minor"].isdigit()


@pytest.mark.parametrize("name", ["healthz", "livez", "readyz"])
async def test_health_check_by_check(api: RawApi, name: str) -> None:
    """The whole says ok, with `verbose` what was looked at; each check has a path, and can be left out."""
    assert (await api("GET", f"/{name}")).body == "ok"
    verbose = (await api("GET", f"/{name}", verbose="")).body
    assert verbose.startswith("[+]ping ok\n[+]log ok\n[+]etcd ok\n")
    assert "[+]poststarthook/rbac/bootstrap-roles ok\n" in verbose
    assert (await api("GET", f"/{name}/poststarthook/crd-informer-synced")).body == "ok"
    assert verbose.endswith(f"{name} check passed\n")
    assert (await api("GET", f"/{name}/etcd")).body == "ok"
    assert "[+]etcd excluded: ok" in (await api("GET", f"/{name}", verbose="1", exclude="etcd")).body
    assert (await api("GET", f"/{name}/nosuch")).status == 404


async def test_a_store_that_is_away(api: RawApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing check fails the whole, and tells strangers nothing of why."""

    async def silent(_key: str) -> None:
        raise OSError("no answer from 192.0.2.1")

    monkeypatch.setattr(api.running.server.context.store, "get", silent)
    reply = await api("GET", "/readyz")
    assert reply.status == 500
    assert "[-]etcd failed: reason withheld\n" in reply.body
    assert reply.body.endswith("readyz check failed\n")
    assert "192.0.2.1" not in reply.body


async def test_the_issuer_of_tokens(api: RawApi) -> None:
    """Others can check a service account's token with what the issuer publishes."""
    issuer = await api.ok("GET", "/.well-known/openid-configuration")
    keys = await api.ok("GET", "/openid/v1/jwks")
    assert issuer["jwks_uri"].startswith(issuer["issuer"])
    assert issuer["response_types_supported"] == ["id_token"]
    assert issuer["subject_types_supported"] == ["public"]
    assert {key["alg"] for key in keys["keys"]} <= set(issuer["id_token_signing_alg_values_supported"])
    path = "/api/v1/namespaces/default/serviceaccounts"
    await api.ok("POST", path, {"metadata": {"name": "tokens"}})
    issued = await api.ok("POST", f"{path}/tokens/token", {"spec": {"audiences": ["x"], "expirationSeconds": 600}})
    assert issued["status"]["token"].count(".") == 2


async def test_preferred_versions(api: RawApi) -> None:
    """Each group names one of its versions as preferred, and each version has resources."""
    groups = (await api.ok("GET", "/apis"))["groups"]
    for group in groups:
        versions = [one["groupVersion"] for one in group["versions"]]
        assert group["preferredVersion"]["groupVersion"] in versions
        for version in versions:
            listed = await api.ok("GET", f"/apis/{version}")
            assert (listed["kind"], listed["groupVersion"]) == ("APIResourceList", version)
            assert listed["resources"]


@pytest.mark.parametrize("path", ["/api", "/apis"])
async def test_aggregated_discovery(api: RawApi, path: str) -> None:
    """Clients that ask for it get all groups in one document, once, and then only what changed."""
    reply = await api("GET", path, headers={"Accept": AGGREGATED})
    assert reply.headers["Content-Type"] == AGGREGATED
    assert reply.body["kind"] == "APIGroupDiscoveryList"
    resources = {
        one["resource"]
        for group in reply.body["items"]
        for version in group["versions"]
        for one in version["resources"]
    }
    assert ({"pods", "namespaces"} if path == "/api" else {"deployments", "leases"}) <= resources
    etag = reply.headers["ETag"]
    again = await api("GET", path, headers={"Accept": AGGREGATED, "If-None-Match": etag})
    assert again.status == 304
    plain = await api("GET", path)
    assert plain.body["kind"] == ("APIVersions" if path == "/api" else "APIGroupList")


async def test_openapi(api: RawApi) -> None:
    """Both versions of OpenAPI describe the kinds; the third's documents are named by their hash."""
    second = await api("GET", "/openapi/v2")
    assert "io.k8s.api.apps.v1.Deployment" in second.body["definitions"]
    assert (await api("GET", "/openapi/v2", headers={"If-None-Match": second.headers["ETag"]})).status == 304
    index = await api.ok("GET", "/openapi/v3")
    address = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
    assert "?hash=" in address
    third = await api.ok("GET", address)
    assert "io.k8s.api.apps.v1.Deployment" in third["components"]["schemas"]
