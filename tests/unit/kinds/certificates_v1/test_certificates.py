"""Certificate requests, those of pods, and bundles of trust anchors."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from bouvier.kinds.certificates_v1 import (
    certificatesigningrequests,
    clustertrustbundles,
    podcertificaterequests,
)
from bouvier.kinds.certificates_v1.signers import signer_name

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sample")])
KEY = ed25519.Ed25519PrivateKey.generate()
NOW = datetime.now(UTC).replace(microsecond=0)


def messages(errors):
    return [str(error) for error in errors]


def certificate(key=KEY, *, hours=2, is_ca=False):
    """Return a certificate for a key as PEM."""
    made = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(NOW)
    made = made.not_valid_after(NOW + timedelta(hours=hours))
    made = made.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    return made.sign(KEY, None).public_bytes(serialization.Encoding.PEM).decode()


def request(key=KEY):
    """Return a PKCS#10 request as the API carries it."""
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(key, algorithm)
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def pod_request(**spec):
    obj = {
        "metadata": {"name": "r"},
        "spec": {
            "signerName": "example.com/s",
            "podName": "p",
            "podUID": "1",
            "serviceAccountName": "s",
            "serviceAccountUID": "2",
            "nodeName": "n",
            "nodeUID": "3",
            "stubPKCS10Request": request(),
        }
        | spec,
    }
    podcertificaterequests.default(obj)
    return obj


@pytest.mark.parametrize(
    ("signer", "words"),
    [
        ("example.com/signer", ""),
        ("kubernetes.io/kube-apiserver-client", ""),
        ("", "Required value"),
        ("signer", "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
        ("example/signer", "should be a domain with at least two segments separated by dots"),
        ("exa_mple.com/signer", 'validating label "exa_mple"'),
    ],
)
def test_names_of_signers(signer, words):
    """A signer's name is a domain and a path."""
    found = messages(signer_name("spec.signerName", signer))
    assert [words in one for one in found] == ([True] if words else [])


def test_a_bundle_holds_authorities():
    """Certificates of authorities, each once; anything else is named by its place."""
    anchor = certificate(is_ca=True)
    bundle = {"metadata": {"name": "b"}, "spec": {"trustBundle": "a note\n" + anchor}}
    assert clustertrustbundles.validate(bundle) == []
    hidden = 'spec.trustBundle: Invalid value: "<value omitted>": '
    for text, detail in (
        ("", "at least one trust anchor must be provided"),
        (anchor + anchor, "duplicate trust anchor (indices [0 1])"),
        (anchor + certificate(), "entry 1 does not have the CA bit set"),
        (anchor.replace("CERTIFICATE", "KEY"), "entry 0 has bad block type: KEY"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "entry 0 does not parse as X.509"),
    ):
        assert messages(clustertrustbundles.validate({"metadata": {"name": "b"}, "spec": {"trustBundle": text}})) == [
            hidden + detail
        ]


def test_a_bundles_name_follows_its_signer():
    """A signer's bundles carry its name, others no colon."""
    spec = {"trustBundle": certificate(is_ca=True)}

    def wrong(name, signer=""):
        bundle = {"metadata": {"name": name}, "spec": spec | {"signerName": signer}}
        return [message.rpartition('": ')[2] for message in messages(clustertrustbundles.validate(bundle))]

    assert wrong("example.com:s:b", "example.com/s") == []
    assert wrong("b", "example.com/s") == [
        "ClusterTrustBundle for signerName example.com/s must be named with prefix example.com:s:"
    ]
    assert wrong("a:b") == ['ClusterTrustBundle without signer name must not have ":" in its name']


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"podUID": ""}, 'spec.podUID: Invalid value: "": must not be empty'),
        (
            {"maxExpirationSeconds": 60},
            "spec.maxExpirationSeconds: Invalid value: 60: must be in the range [3600, 7862400]",
        ),
        (
            {"signerName": "kubernetes.io/s.t", "maxExpirationSeconds": 86401},
            "",
        ),
        (
            {"stubPKCS10Request": ""},
            "spec: Invalid value: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set",
        ),
        ({"stubPKCS10Request": "AAAA"}, 'spec.stubPKCS10Request: Invalid value: "AAAA": must be a valid PKCS#10 CSR'),
    ],
)
def test_requests_of_pods_are_checked(change, message):
    """Errors are those of the original."""
    found = messages(podcertificaterequests.validate(pod_request(**change)))
    if change.get("maxExpirationSeconds") == 86401:
        assert found == ["spec.maxExpirationSeconds: Invalid value: 86401: must be in the range [3600, 86400]"]
    else:
        assert found == ([message] if message else [])


@pytest.mark.parametrize(
    "key",
    [KEY, ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 3072)],
    ids=["ed", "ec", "rsa"],
)
def test_a_key_is_proven(key):
    """The signature of the pod's uid shows that who asks holds the key."""
    import hashlib

    from cryptography.hazmat.primitives.asymmetric import padding, utils

    uid, sha = b"1", hashes.SHA256()
    digest = hashlib.sha256(uid).digest()
    if isinstance(key, rsa.RSAPrivateKey):
        proof = key.sign(digest, padding.PSS(padding.MGF1(sha), 32), utils.Prehashed(sha))
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        proof = key.sign(digest, ec.ECDSA(utils.Prehashed(sha)))
    else:
        proof = key.sign(uid)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    fields = {
        "stubPKCS10Request": "",
        "pkixPublicKey": base64.b64encode(public).decode(),
        "proofOfPossession": base64.b64encode(proof).decode(),
    }
    assert podcertificaterequests.validate(pod_request(**fields)) == []
    stolen = podcertificaterequests.validate(pod_request(**fields, podUID="2"))
    assert messages(stolen) == ["spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature"]


def test_weak_keys_are_refused():
    """A key of 2048 bits is not enough."""
    weak = pod_request(stubPKCS10Request=request(rsa.generate_private_key(65537, 2048)))
    assert messages(podcertificaterequests.validate(weak)) == [
        'spec.stubPKCS10Request: Invalid value: "2048-bit modulus": RSA keys must have modulus size 3072 or 4096'
    ]


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ended(kind, **status):
    condition = {"type": kind, "status": "True", "reason": "Done", "message": "", "lastTransitionTime": text(NOW)}
    return pod_request() | {"status": {"conditions": [condition], **status}}


def issued(chain=None, **status):
    times = {
        "notBefore": text(NOW),
        "notAfter": text(NOW + timedelta(hours=2)),
        "beginRefreshAt": text(NOW + timedelta(hours=1)),
    }
    return ended("Issued", certificateChain=chain or certificate(), **(times | status))


def test_a_request_ends_once():
    """Issued for the key that was asked for, with the times of the certificate; then nothing changes any more."""
    check = podcertificaterequests.KIND.validate_status
    assert check(issued(), pod_request()) == []
    assert check(ended("Denied"), pod_request()) == []
    assert "immutable after PodCertificateRequest is issued" in messages(check(ended("Denied"), issued()))[0]
    stranger = issued(certificate(ed25519.Ed25519PrivateKey.generate()))
    assert "was not issued to the requested public key" in messages(check(stranger, pod_request()))[0]
    late = issued(notAfter=text(NOW + timedelta(hours=3)))
    assert "must be set to the NotAfter time encoded" in messages(check(late, pod_request()))[0]
    early = issued(beginRefreshAt=text(NOW + timedelta(minutes=5)))
    assert "at least 10 minutes after status.notBefore" in messages(check(early, pod_request()))[0]
    assert (
        "non-condition status fields must be empty"
        in messages(check(ended("Failed", certificateChain="x"), pod_request()))[0]
    )


def decided(*kinds):
    conditions = [{"type": kind, "status": "True"} for kind in kinds]
    return {"status": {"conditions": conditions}}


def test_decisions_on_requests_stand():
    """What was approved or denied stays so, and is decided through `/approval` only."""
    kind = certificatesigningrequests.KIND
    assert messages(kind.validate_status(decided(), decided("Approved"))) == [
        'status.conditions: Forbidden: updates may not remove a condition of type "Approved"'
    ]
    assert "mutually exclusive" in messages(kind.validate_status(decided("Approved", "Denied"), decided()))[0]
    sneaked = decided("Approved", "Failed")
    kind.prepare_status(sneaked, decided())
    assert [one["type"] for one in sneaked["status"]["conditions"]] == ["Failed"]
    assert all(one["lastUpdateTime"] and one["lastTransitionTime"] for one in sneaked["status"]["conditions"])


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (decided(), "Pending"),
        (decided("Approved"), "Approved"),
        (decided("Approved", "Failed"), "Approved,Failed"),
        ({"status": decided("Approved")["status"] | {"certificate": "x"}}, "Approved,Issued"),
        (decided("Denied"), "Denied"),
    ],
)
def test_a_requests_state(status, words):
    """The table shows the decision, and what came of it."""
    column = next(column for column in certificatesigningrequests.KIND.columns if column.name == "Condition")
    assert column.value(status) == words
