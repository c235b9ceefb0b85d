"""Tokens of an OIDC issuer, by options and by an AuthenticationConfiguration; forged ones of every kind."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import yaml

from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from tests.support.apiserver import RunningApi, running_api
from tests.support.oidc import CLIENT_ID, Issuer, running_issuer
from tests.support.waiting import eventually

Anyone = Callable[[RunningApi, str], Client]
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


async def whoami(client: Client) -> dict:
    answer = await client.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=REVIEW)
    return answer["status"]["userInfo"]


async def is_refused(client: Client) -> bool:
    try:
        await whoami(client)
    except ApiError as error:
        assert (error.code, error.reason) == (401, "Unauthorized")
        return True
    return False


def options(issuer: Issuer, **more: object) -> dict:
    simple = {
        "oidc-issuer-url": issuer.url,
        "oidc-client-id": CLIENT_ID,
        "oidc-ca-file": str(issuer.ca_file),
        "oidc-groups-claim": "groups",
    }
    return simple | more


@pytest.fixture
async def simple(tmp_path: Path, issuer: Issuer) -> AsyncIterator[RunningApi]:
    """An API server with the issuer named by options."""
    async with running_api(tmp_path / "api", options=options(issuer)) as running:
        yield running


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()


def entry(issuer: Issuer, **more: object) -> dict:
    return {
        "issuer": {
            "url": issuer.url,
            "audiences": [CLIENT_ID],
            "certificateAuthority": issuer.ca_file.read_text(),
        },
        "claimMappings": {"username": {"claim": "sub", "prefix": ""}},
    } | more


def write(path: Path, *entries: dict, **more: object) -> None:
    document = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": list(entries)}
    draft = path.with_suffix(".new")
    draft.write_text(yaml.safe_dump(document | more))
    draft.replace(path)


async def test_a_token_makes_a_user(simple: RunningApi, issuer: Issuer, anyone: Anyone) -> None:
    """Name and groups come from the claims; the name has the issuer before it unless told otherwise."""
    user = await whoami(anyone(simple, issuer.token(groups=["devs", "ops"])))
    assert user == {"username": f"{issuer.url}#jane", "groups": ["devs", "ops", "system:authenticated"]}


async def test_kubectl_signs_in_with_an_exec_credential(simple: RunningApi, issuer: Issuer, tmp_path: Path) -> None:
    """kubectl asks a program for the token, as with any provider."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": issuer.token()},
    }
    (tmp_path / "credential").write_text(yaml.safe_dump(credential))
    config = yaml.safe_load(simple.kubeconfig.read_text())
    program = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    program |= {"command": "cat", "args": [str(tmp_path / "credential")]}
    config["users"][0]["user"] = {"exec": program}
    simple.kubeconfig.write_text(yaml.safe_dump(config))
    assert f"{issuer.url}#jane" in await simple.kubectl("auth", "whoami")


WRONG_CLAIMS = (
    {"exp": 1_700_000_000},
    {"exp": None},
    {"exp": "never"},
    {"nbf": 1 << 40},
    {"aud": "another-cluster"},
    {"aud": None},
    {"aud": ["a", "b"]},
    {"sub": None},
    {"sub": 7},
    {"groups": [1]},
    {"iss": "https://elsewhere.example.com"},
)


async def test_wrong_claims_prove_nothing(simple: RunningApi, issuer: Issuer, anyone: Anyone) -> None:
    """Expired, not yet valid, for others, of others, or without a name."""
    for claims in WRONG_CLAIMS:
        assert await is_refused(anyone(simple, issuer.token(**claims))), claims


async def test_forged_signatures_prove_nothing(
    simple: RunningApi, issuer: Issuer, anyone: Anyone, tmp_path: Path
) -> None:
    """No signature, a signature by the public key as a shared secret, another's key, and changed claims."""
    good = issuer.token()
    head, claims, signature = good.split(".")
    other = Issuer(tmp_path / "other", "other")
    other.url = issuer.url
    forged = [
        issuer.unsigned(),
        issuer.signed_with_public_key(),
        other.token(),
        f"{head}.{issuer.token(sub='admin').split('.')[1]}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
        f"{head}.{claims}.AAAA",
        f"{head}.{claims}.{signature}.x",
        f"..{signature}",
        "é.é.é",
    ]
    assert not await is_refused(anyone(simple, good))
    for token in forged:
        assert await is_refused(anyone(simple, token)), token


async def test_key_rotation_and_outage(
    simple: RunningApi, issuer: Issuer, anyone: Anyone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new key is fetched when a token names it; what is known goes on while the issuer is down."""
    monkeypatch.setattr("bouvier.apiserver.authn.oidc.keys.PAUSE_SECONDS", 0.0)
    assert not await is_refused(anyone(simple, issuer.token()))
    issuer.rotate(keep=True, curve=False)
    assert not await is_refused(anyone(simple, issuer.token()))
    issuer.is_down = True
    assert not await is_refused(anyone(simple, issuer.token(sub="joe")))
    issuer.rotate()
    assert await is_refused(anyone(simple, issuer.token()))
    issuer.is_down = False
    assert not await is_refused(anyone(simple, issuer.token()))


async def test_forged_key_names_do_not_flood_the_issuer(simple: RunningApi, issuer: Issuer, anyone: Anyone) -> None:
    """However many unknown keys are named, the issuer is asked once in a while."""
    assert not await is_refused(anyone(simple, issuer.token()))
    before, started = issuer.fetches, time.monotonic()
    issuer.rotate()
    issuer.is_down = True
    for number in range(50):
        assert await is_refused(anyone(simple, issuer.token(sub=str(number))))
    assert issuer.fetches - before <= 2 + (time.monotonic() - started)


async def test_configuration_with_expressions_and_several_issuers(
    issuer: Issuer, anyone: Anyone, tmp_path: Path
) -> None:
    """Names, groups and extras come from expressions, rules refuse, and each issuer has its own."""
    mappings = {
        "username": {"expression": "claims.sub + ':' + claims.team"},
        "groups": {"expression": "claims.roles.split(',').map(r, 'oidc:' + r)"},
        "uid": {"claim": "sub"},
        "extra": [{"key": "example.com/tenant", "valueExpression": "claims.tenant"}],
    }
    rules = [{"expression": "claims.exp - claims.iat <= 3600", "message": "too long"}]
    users = [{"expression": "!user.username.startsWith('system:')", "message": "reserved"}]
    path = tmp_path / "authentication.yaml"
    async with running_issuer(tmp_path, "second") as second:
        first = entry(issuer, claimMappings=mappings, claimValidationRules=rules, userValidationRules=users)
        required = [{"claim": "hd", "requiredValue": "example.com"}]
        write(path, first, entry(second, claimValidationRules=required))
        async with running_api(tmp_path / "api", options={"authentication-config": str(path)}) as api:
            good = {"team": "blue", "roles": "a,b", "tenant": "t1"}
            assert await whoami(anyone(api, issuer.token(**good))) == {
                "username": "jane:blue",
                "uid": "jane",
                "groups": ["oidc:a", "oidc:b", "system:authenticated"],
                "extra": {"example.com/tenant": ["t1"]},
            }
            assert (await whoami(anyone(api, second.token(hd="example.com"))))["username"] == "jane"
            assert await is_refused(anyone(api, second.token()))
            assert await is_refused(anyone(api, second.token(hd="other.com")))
            assert await is_refused(anyone(api, issuer.token(**good, exp=int(time.time()) + 9999)))
            assert await is_refused(anyone(api, issuer.token(**good | {"sub": "system", "team": "x"}, iss=second.url)))
            assert await is_refused(anyone(api, issuer.token(**good | {"sub": "system:admin"})))
            assert await is_refused(anyone(api, issuer.token(roles="a,b")))


async def test_the_file_is_read_again(issuer: Issuer, anyone: Anyone, tmp_path: Path) -> None:
    """A change takes effect without a restart; one that cannot be used leaves everything as it was."""
    path = tmp_path / "authentication.yaml"
    write(path)
    async with running_api(tmp_path / "api", options={"authentication-config": str(path)}) as api:
        assert await is_refused(anyone(api, issuer.token()))
        write(path, entry(issuer))

        async def is_taken() -> bool:
            return not await is_refused(anyone(api, issuer.token()))

        await eventually(is_taken)
        write(path, entry(issuer) | {"nonsense": 1})
        write(path, entry(issuer, claimMappings={"username": {"claim": "sub", "prefix": "new:"}}))

        async def is_renamed() -> bool:
            return (await whoami(anyone(api, issuer.token())))["username"] == "new:jane"

        await eventually(is_renamed)


async def test_anonymous_paths_are_those_of_the_file(tmp_path: Path) -> None:
    """Health is for everybody unless the file says otherwise."""
    path = tmp_path / "authentication.yaml"
    write(path, anonymous={"enabled": True, "conditions": [{"path": "/livez"}]})
    async with running_api(tmp_path / "api", options={"authentication-config": str(path)}) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=""))
        with pytest.raises(ApiError) as refused:
            await client.request("GET", "/readyz")
        assert refused.value.code == 401
        await client.close()
