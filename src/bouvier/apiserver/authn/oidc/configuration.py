"""Reading an AuthenticationConfiguration, and the `--oidc-*` options as one of its issuers.

Source: https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-k8s-io-v1-AuthenticationConfiguration
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bouvier.apiserver.authn.signing import ISSUER
from bouvier.meta.cel.errors import CompileError
from bouvier.meta.cel.program import Environment, Program
from bouvier.meta.cel.types import DYN, STRING, Type, list_of, map_of

API = "apiserver.config.k8s.io"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a key pair only: `none` and those with a shared secret prove nothing."""
HEALTH_PATHS = ("/healthz", "/livez", "/readyz")
_USER = Type(
    "object",
    name="kubernetes.UserInfo",
    fields={
        "username": STRING,
        "uid": STRING,
        "groups": list_of(STRING),
        "extra": map_of(STRING, list_of(STRING)),
    },
)
_CLAIMS = Environment({"claims": map_of(STRING, DYN)})
_USERS = Environment({"user": _USER})
_EXTRA_KEY = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[a-z0-9._~!$&'()*+,;=:@%/-]+")
_TYPES = {"bool": "bool", "text": "string", "texts": "string or a list of strings"}
_ACCEPTED = {"bool": ("bool", "dyn"), "text": ("string", "dyn"), "texts": ("string", "list", "dyn", "null")}


@dataclass(frozen=True)
class Rule:
    """A demand on claims or on the user made of them."""

    message: str
    program: Program | None = None
    claim: str = ""
    value: str = ""


@dataclass(frozen=True)
class Source:
    """Where one property of the user comes from: a claim with a prefix, or an expression."""

    claim: str = ""
    prefix: str = ""
    program: Program | None = None


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are taken, and how a user is made of them."""

    url: str
    discovery_url: str
    authority_pem: str
    audiences: frozenset[str]
    username: Source
    groups: Source | None = None
    uid: Source | None = None
    extra: tuple[tuple[str, Program], ...] = ()
    claim_rules: tuple[Rule, ...] = ()
    user_rules: tuple[Rule, ...] = ()
    algorithms: tuple[str, ...] = ALGORITHMS


@dataclass(frozen=True)
class Configuration:
    """Issuers, and what somebody without any proof may see."""

    issuers: tuple[Issuer, ...] = ()
    anonymous_paths: tuple[str, ...] | None = HEALTH_PATHS
    """None: everything, as far as roles allow it."""
    has_anonymous: bool = field(default=False)
    """Whether the file speaks of anonymous requests."""


class ConfigurationError(ValueError):
    """The configuration cannot be used; the text names the field."""


def parse(document: Any) -> Configuration:
    """Return the configuration in a document.

    Raises:
        ConfigurationError: with every problem found.

    """
    if not isinstance(document, dict) or document.get("kind") != "AuthenticationConfiguration":
        raise ConfigurationError(f"expected kind AuthenticationConfiguration of {API}/v1")
    group, _, version = str(document.get("apiVersion", "")).partition("/")
    if group != API or version not in VERSIONS:
        raise ConfigurationError(f"apiVersion: expected {API}/v1, not {document.get('apiVersion')}")
    entries = document.get("jwt") or []
    problems = [*_unknown(document, ("apiVersion", "kind", "jwt", "anonymous"), ""), *_problems(entries)]
    anonymous = document.get("anonymous")
    if anonymous is not None:
        problems += _anonymous_problems(anonymous)
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Configuration(tuple(map(_issuer, entries)), _anonymous(anonymous), anonymous is not None)


def _anonymous(given: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    if given is None:
        return HEALTH_PATHS
    if not given.get("enabled"):
        return ()
    paths = tuple(condition["path"] for condition in given.get("conditions") or ())
    return paths or None


def _anonymous_problems(given: Any) -> Iterator[str]:
    if not isinstance(given, dict) or not isinstance(given.get("enabled"), bool):
        yield "anonymous.enabled: Required value"
        return
    yield from _unknown(given, ("enabled", "conditions"), "anonymous.")
    if given.get("conditions") and not given["enabled"]:
        yield "anonymous.conditions: Invalid value: enabled should be set to true when conditions are defined"
    for number, condition in enumerate(given.get("conditions") or ()):
        if not isinstance(condition, dict) or not str(condition.get("path", "")).startswith("/"):
            yield f"anonymous.conditions[{number}].path: Required value"


def _unknown(given: Mapping[str, Any], known: Sequence[str], where: str) -> Iterator[str]:
    yield from (f"unknown field {where}{name}" for name in given if name not in known)


_FIELDS = ("issuer", "claimValidationRules", "claimMappings", "userValidationRules")
_ISSUER_FIELDS = (
    "url",
    "discoveryURL",
    "certificateAuthority",
    "audiences",
    "audienceMatchPolicy",
    "egressSelectorType",
)


def _problems(entries: Any) -> Iterator[str]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield "jwt: must be a list of objects"
        return
    urls = [(entry.get("issuer") or {}).get("url") for entry in entries]
    for number, entry in enumerate(entries):
        where = f"jwt[{number}]"
        if urls.count(urls[number]) > 1:
            yield f'{where}.issuer.url: Duplicate value: "{urls[number]}"'
        yield from _unknown(entry, _FIELDS, f"{where}.")
        yield from _issuer_problems(entry.get("issuer") or {}, f"{where}.issuer")
        yield from _mapping_problems(entry.get("claimMappings") or {}, f"{where}.claimMappings")
        yield from _rule_problems(entry, where)
        yield from _email_problems(entry, where)


def _issuer_problems(issuer: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _unknown(issuer, _ISSUER_FIELDS, f"{where}.")
    if not issuer.get("url"):
        yield f"{where}.url: Required value: URL is required"
    if issuer.get("url") == ISSUER:
        yield f"{where}.url: Invalid value: {ISSUER}: it is the issuer of this server's own service accounts"
    for name in ("url", "discoveryURL"):
        if issuer.get(name):
            yield from _url_problems(str(issuer[name]), f"{where}.{name}")
    if issuer.get("discoveryURL") and issuer["discoveryURL"] == issuer.get("url"):
        yield f"{where}.discoveryURL: Invalid value: discoveryURL must be different from URL"
    audiences = issuer.get("audiences") or []
    if not audiences or not all(audiences):
        yield f"{where}.audiences: Required value: at least one audience is required, and none may be empty"
    policy = issuer.get("audienceMatchPolicy") or ""
    if policy not in ("", "MatchAny") or (len(audiences) > 1 and policy != "MatchAny"):
        yield f'{where}.audienceMatchPolicy: Invalid value: "{policy}": must be MatchAny for multiple audiences'
    if issuer.get("certificateAuthority") and not _is_bundle(str(issuer["certificateAuthority"])):
        yield f"{where}.certificateAuthority: Invalid value: data does not contain any valid certificates"


def _is_bundle(pem: str) -> bool:
    from cryptography import x509  # noqa: PLC0415 - only where issuers are configured

    try:
        return bool(x509.load_pem_x509_certificates(pem.encode()))
    except ValueError:
        return False


def _url_problems(url: str, where: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        yield f'{where}: Invalid value: "{url}": {error}'
        return
    if parts.scheme != "https":
        yield f'{where}: Invalid value: "{url}": URL scheme must be https'
    if parts.username or parts.password:
        yield f'{where}: Invalid value: "{url}": URL must not contain a username or password'
    if parts.query:
        yield f'{where}: Invalid value: "{url}": URL must not contain a query'
    if parts.fragment:
        yield f'{where}: Invalid value: "{url}": URL must not contain a fragment'


def _mapping_problems(mappings: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _unknown(mappings, ("username", "groups", "uid", "extra"), f"{where}.")
    for name, kind in (("username", "text"), ("groups", "texts"), ("uid", "text")):
        yield from _source_problems(mappings.get(name) or {}, f"{where}.{name}", kind)
    if not mappings.get("username"):
        yield f"{where}.username: Required value: claim or expression is required"
    seen: set[str] = set()
    for number, extra in enumerate(mappings.get("extra") or ()):
        key, path = str(extra.get("key") or ""), f"{where}.extra[{number}]"
        if not _EXTRA_KEY.fullmatch(key):
            yield f'{path}.key: Invalid value: "{key}": must be a domain-prefixed path in small letters'
        domain = key.partition("/")[0]
        if domain in ("kubernetes.io", "k8s.io") or domain.endswith((".kubernetes.io", ".k8s.io")):
            yield f'{path}.key: Invalid value: "{key}": kubernetes.io and k8s.io are reserved'
        if key in seen:
            yield f'{path}.key: Duplicate value: "{key}"'
        seen.add(key)
        yield from _expression_problems(_CLAIMS, extra.get("valueExpression"), f"{path}.valueExpression", "texts")


def _source_problems(source: Mapping[str, Any], where: str, kind: str) -> Iterator[str]:
    claim, expression = source.get("claim"), source.get("expression")
    if not source:
        return
    if claim and expression:
        yield f'{where}: Invalid value: "": claim and expression can\'t both be set'
    elif not claim and not expression:
        yield f"{where}: Required value: claim or expression is required"
    if not where.endswith(".uid"):
        if claim and source.get("prefix") is None:
            yield f'{where}.prefix: Required value: prefix is required when claim is set; "" means none'
        if expression and source.get("prefix") is not None:
            yield f"{where}.prefix: Invalid value: prefix can't be set when expression is set"
    if expression:
        yield from _expression_problems(_CLAIMS, expression, f"{where}.expression", kind)


def _rule_problems(entry: Mapping[str, Any], where: str) -> Iterator[str]:
    for number, rule in enumerate(entry.get("claimValidationRules") or ()):
        path = f"{where}.claimValidationRules[{number}]"
        if bool(rule.get("claim")) == bool(rule.get("expression")):
            yield f"{path}: Required value: exactly one of claim and expression is required"
        elif rule.get("expression"):
            yield from _expression_problems(_CLAIMS, rule["expression"], f"{path}.expression", "bool")
    for number, rule in enumerate(entry.get("userValidationRules") or ()):
        path = f"{where}.userValidationRules[{number}].expression"
        yield from _expression_problems(_USERS, rule.get("expression"), path, "bool")


def _expression_problems(environment: Environment, text: Any, where: str, kind: str) -> Iterator[str]:
    if not text:
        yield f"{where}: Required value: expression is required"
        return
    try:
        program = environment.compile(str(text))
    except CompileError as error:
        yield f'{where}: Invalid value: "{text}": compilation failed: {error}'
        return
    if program.result.kind not in _ACCEPTED[kind]:
        yield f'{where}: Invalid value: "{text}": must evaluate to a {_TYPES[kind]}'


def _email_problems(entry: Mapping[str, Any], where: str) -> Iterator[str]:
    """Refuse names made of an address that the issuer may not have verified."""
    mappings = entry.get("claimMappings") or {}
    text = str((mappings.get("username") or {}).get("expression") or "")
    if not re.search(r"claims\.email\b", text):
        return
    texts = [text, *(str(rule.get("expression")) for rule in entry.get("claimValidationRules") or ())]
    texts += [str(extra.get("valueExpression")) for extra in mappings.get("extra") or ()]
    if not any("email_verified" in each for each in texts):
        yield (
            f"{where}.claimMappings.username.expression: Invalid value: claims.email_verified must be used in"
            " claimMappings.username.expression, claimMappings.extra[*].valueExpression or claimValidationRules[*].expression"
            " when claims.email is used in claimMappings.username.expression"
        )


def _issuer(entry: Mapping[str, Any]) -> Issuer:
    issuer, mappings = entry["issuer"], entry["claimMappings"]
    return Issuer(
        url=issuer["url"],
        discovery_url=issuer.get("discoveryURL") or well_known(issuer["url"]),
        authority_pem=issuer.get("certificateAuthority") or "",
        audiences=frozenset(issuer["audiences"]),
        username=_source(mappings["username"]),
        groups=_source(mappings["groups"]) if mappings.get("groups") else None,
        uid=_source(mappings["uid"]) if mappings.get("uid") else None,
        extra=tuple((one["key"], _CLAIMS.compile(one["valueExpression"])) for one in mappings.get("extra") or ()),
        claim_rules=tuple(map(_claim_rule, entry.get("claimValidationRules") or ())),
        user_rules=tuple(
            Rule(rule.get("message") or "", _USERS.compile(rule["expression"]))
            for rule in entry.get("userValidationRules") or ()
        ),
    )


def well_known(url: str) -> str:
    """Return where an issuer describes itself."""
    return url.rstrip("/") + "/.well-known/openid-configuration"


def _source(given: Mapping[str, Any]) -> Source:
    program = _CLAIMS.compile(given["expression"]) if given.get("expression") else None
    return Source(given.get("claim") or "", given.get("prefix") or "", program)


def _claim_rule(rule: Mapping[str, Any]) -> Rule:
    if rule.get("claim"):
        return Rule("", None, rule["claim"], str(rule.get("requiredValue") or ""))
    return Rule(rule.get("message") or "", _CLAIMS.compile(rule["expression"]))


def from_options(options: Mapping[str, Any]) -> Configuration:
    """Return the one issuer that the `--oidc-*` options describe; keys are the options without `oidc-`.

    Raises:
        ConfigurationError: one is missing or wrong.

    """
    url = str(options.get("issuer-url") or "")
    if not url and not any(options.values()):
        return Configuration()
    if not url or not options.get("client-id"):
        raise ConfigurationError("--oidc-issuer-url and --oidc-client-id must be given together")
    problems = list(_url_problems(url, "--oidc-issuer-url"))
    claim = str(options.get("username-claim") or "sub")
    prefix = str(options.get("username-prefix") or ("" if claim == "email" else f"{url}#"))
    algorithms = tuple(options.get("signing-algs") or ("RS256",))
    problems += [
        f"--oidc-signing-algs: {name} is not one of {', '.join(ALGORITHMS)}"
        for name in algorithms
        if name not in ALGORITHMS
    ]
    required = [str(pair).partition("=") for pair in options.get("required-claim") or ()]
    problems += [f"--oidc-required-claim {name}: expected NAME=VALUE" for name, sign, _ in required if not sign]
    if problems:
        raise ConfigurationError("; ".join(problems))
    groups = options.get("groups-claim")
    return Configuration(
        (
            Issuer(
                url=url,
                discovery_url=well_known(url),
                authority_pem=str(options.get("ca") or ""),
                audiences=frozenset([str(options["client-id"])]),
                username=Source(claim, "" if prefix == "-" else prefix),
                groups=Source(str(groups), str(options.get("groups-prefix") or "")) if groups else None,
                claim_rules=tuple(Rule("", None, name, value) for name, _, value in required),
                algorithms=algorithms,
            ),
        )
    )
