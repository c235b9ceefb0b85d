"""Secrets."""

import base64

import pytest

from tests.unit.kinds.making import defaulted, errors_of, kind_named, update_errors_of

KIND = kind_named("secrets")


def secret(**fields):
    return {"metadata": {"name": "a", "namespace": "x"}, **fields}


def test_plain_text_is_encoded():
    """`stringData` is for writing only and wins over `data`."""
    filled = defaulted(KIND, secret(data={"a": "AA==", "b": "AA=="}, stringData={"a": "hé"}))
    assert "stringData" not in filled
    assert base64.b64decode(filled["data"]["a"]).decode() == "hé"
    assert filled["data"]["b"] == "AA=="
    assert filled["type"] == "Opaque"


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("kubernetes.io/tls", {"tls.crt": ""}, "data[tls.key]: Required value"),
        ("kubernetes.io/ssh-auth", {}, "data[ssh-privatekey]: Required value"),
        ("kubernetes.io/dockerconfigjson", {}, "data[.dockerconfigjson]: Required value"),
        (
            "kubernetes.io/dockerconfigjson",
            {".dockerconfigjson": "bm90IGpzb24="},
            'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character in JSON',
        ),
        (
            "kubernetes.io/service-account-token",
            {},
            "metadata.annotations[kubernetes.io/service-account.name]: Required value",
        ),
    ],
)
def test_types_ask_for_their_keys(kind, data, message):
    """A typed secret has what its readers expect, and its value is never shown."""
    assert errors_of(KIND, secret(type=kind, data=data)) == [message]


def test_the_type_stays():
    """A secret does not become another kind of secret."""
    assert update_errors_of(KIND, secret(type="b"), secret(type="a")) == [
        'type: Invalid value: "b": field is immutable'
    ]


def test_it_is_sealed():
    """Only secrets are encrypted in the store by their kind."""
    assert KIND.sealed
    assert not kind_named("configmaps").sealed
