"""What an AuthenticationConfiguration may say, and how it is refused."""

import copy

import pytest

from bouvier.apiserver.authn.oidc.configuration import ConfigurationError, from_options, parse

GOOD = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "AuthenticationConfiguration",
    "jwt": [
        {
            "issuer": {"url": "https://login.example.com", "audiences": ["a"]},
            "claimMappings": {"username": {"claim": "sub", "prefix": ""}},
        }
    ],
}


def changed(path: str, value: object) -> dict:
    """Return the good configuration with one field set (dots between names, in the first issuer)."""
    made = copy.deepcopy(GOOD)
    place = made["jwt"][0]
    *parents, last = path.split(".")
    for name in parents:
        place = place.setdefault(name, {})
    place[last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("issuer.url", "", "issuer.url: Required value"),
        ("issuer.url", "http://login.example.com", "URL scheme must be https"),
        ("issuer.url", "https://me:pw@login.example.com", "must not contain a username or password"),
        ("issuer.url", "https://login.example.com?a=b", "must not contain a query"),
        ("issuer.url", "https://login.example.com#a", "must not contain a fragment"),
        ("issuer.url", "https://kubernetes.default.svc.cluster.local", "own service accounts"),
        ("issuer.discoveryURL", "https://login.example.com", "discoveryURL must be different from URL"),
        ("issuer.audiences", [], "audiences: Required value"),
        ("issuer.audiences", ["a", "b"], "must be MatchAny for multiple audiences"),
        ("issuer.certificateAuthority", "nonsense", "does not contain any valid certificates"),
        ("issuer.insecure", True, "unknown field jwt[0].issuer.insecure"),
        ("claimMappings.username", {}, "claim or expression is required"),
        ("claimMappings.username", {"claim": "sub"}, "prefix is required when claim is set"),
        ("claimMappings.username", {"claim": "sub", "prefix": "", "expression": "claims.sub"}, "can't both be set"),
        ("claimMappings.username", {"expression": "claims.sub", "prefix": "x"}, "prefix can't be set"),
        ("claimMappings.username", {"expression": "1 + 1"}, "must evaluate to a string"),
        ("claimMappings.username", {"expression": "claims."}, "compilation failed"),
        ("claimMappings.username", {"expression": "user.name"}, "compilation failed"),
        ("claimMappings.username", {"expression": "claims.email"}, "claims.email_verified must be used"),
        ("claimMappings.groups", {"claim": "groups"}, "prefix is required"),
        ("claimMappings.extra", [{"key": "Foo", "valueExpression": "claims.a"}], "domain-prefixed path"),
        ("claimMappings.extra", [{"key": "x.k8s.io/a", "valueExpression": "claims.a"}], "are reserved"),
        ("claimMappings.extra", [{"key": "a.b/c", "valueExpression": "claims.a"}] * 2, "Duplicate value"),
        ("claimValidationRules", [{"expression": "'x'"}], "must evaluate to a bool"),
        ("claimValidationRules", [{}], "exactly one of claim and expression"),
        ("userValidationRules", [{"expression": "claims.sub == 'a'"}], "compilation failed"),
        ("userValidationRules", [{"expression": "user.shoeSize > 3"}], "compilation failed"),
    ],
)
def test_mistakes_are_named(path: str, value: object, message: str) -> None:
    """The field and what is wrong with it."""
    with pytest.raises(ConfigurationError) as refused:
        parse(changed(path, value))
    assert message in str(refused.value)


def test_two_issuers_of_one_url() -> None:
    """Tokens could not be told apart."""
    with pytest.raises(ConfigurationError, match="Duplicate value"):
        parse(GOOD | {"jwt": GOOD["jwt"] * 2})


def test_the_good_one_and_anonymous() -> None:
    """Health is for everybody by default; one may close it, or open what roles allow."""
    assert parse(GOOD).anonymous_paths == ("/healthz", "/livez", "/readyz")
    assert parse(GOOD | {"anonymous": {"enabled": False}}).anonymous_paths == ()
    assert parse(GOOD | {"anonymous": {"enabled": True}}).anonymous_paths is None
    with pytest.raises(ConfigurationError, match="should be set to true"):
        parse(GOOD | {"anonymous": {"enabled": False, "conditions": [{"path": "/livez"}]}})


@pytest.mark.parametrize("version", ["v2", "", "apiserver.config.k8s.io"])
def test_other_documents_are_refused(version: str) -> None:
    """Another version or kind is not guessed at."""
    with pytest.raises(ConfigurationError):
        parse(GOOD | {"apiVersion": version})
    with pytest.raises(ConfigurationError):
        parse(["nonsense"])


def test_options() -> None:
    """The simple options make one issuer; half of them is an error."""
    assert from_options({}).issuers == ()
    (issuer,) = from_options({"issuer-url": "https://x.example", "client-id": "a"}).issuers
    assert (issuer.username.claim, issuer.username.prefix) == ("sub", "https://x.example#")
    (issuer,) = from_options({"issuer-url": "https://x.example", "client-id": "a", "username-claim": "email"}).issuers
    assert issuer.username.prefix == ""
    (issuer,) = from_options({"issuer-url": "https://x.example", "client-id": "a", "username-prefix": "-"}).issuers
    assert issuer.username.prefix == ""
    for wrong in (
        {"issuer-url": "https://x.example"},
        {"client-id": "a"},
        {"issuer-url": "http://x.example", "client-id": "a"},
        {"issuer-url": "https://x.example", "client-id": "a", "signing-algs": ("HS256",)},
        {"issuer-url": "https://x.example", "client-id": "a", "required-claim": ("nonsense",)},
    ):
        with pytest.raises(ConfigurationError):
            from_options(wrong)
