"""Which certificate requests are approved by themselves."""

import pytest

from bouvier.controllers.certificates.plan import (
    CLIENT,
    HOST_CLIENT,
    LEGACY,
    OVERLAY,
    SERVING,
    judge,
    purposes,
    seconds_kept,
)
from bouvier.util.signing_requests import SigningRequest

HOST = SigningRequest("system:node:h1", ("system:nodes",), ())
ADDRESS = SigningRequest("system:node:h1", ("system:nodes",), ("10.98.0.1",))
USAGES = {HOST_CLIENT: ["digital signature", "client auth"], CLIENT: ["client auth"], OVERLAY: ["client auth"]}


def request(signer=HOST_CLIENT, user="system:bootstrap:abcdef", condition="", **spec):
    groups = ["system:bootstrappers"] if user.startswith("system:bootstrap:") else ["system:nodes"]
    made = {"metadata": {"name": "r"}, "status": {}}
    made["spec"] = {"signerName": signer, "usages": USAGES.get(signer, []), "username": user, "groups": groups} | spec
    if condition:
        made["status"]["conditions"] = [{"type": condition, "status": "True"}]
    return made


def node(name="h1", address="10.98.0.1", ready="True"):
    conditions = [{"type": "Ready", "status": ready}]
    addresses = [{"type": "InternalIP", "address": address}]
    return {"metadata": {"name": name}, "status": {"conditions": conditions, "addresses": addresses}}


def test_a_host_joins() -> None:
    """A join token gives a host its certificate, and is used up by it."""
    verdict = judge(request(), HOST, [])
    assert (verdict.action, verdict.token, verdict.host) == ("approve", "abcdef", "h1")


def test_a_host_renews() -> None:
    """With the certificate that it has a host gets the next one, while it is ready."""
    assert judge(request(user="system:node:h1"), HOST, [node()]).action == "approve"


def test_nobody_takes_the_name_of_a_working_host() -> None:
    """A token does not make a second host of one name; one that lost its certificate may come back."""
    refused = judge(request(), HOST, [node()])
    assert refused.action == "deny"
    assert "--name" in refused.message
    assert judge(request(), HOST, [node(ready="Unknown")]).action == "approve"


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        (SigningRequest("admin", ("system:masters",), ()), {}),
        (SigningRequest("system:node:", ("system:nodes",), ()), {}),
        (SigningRequest("system:node:h1", ("system:nodes", "system:masters"), ()), {}),
        (ADDRESS, {}),
        (HOST, {"usages": ["client auth", "server auth"]}),
        (HOST, {"usages": ["digital signature"]}),
    ],
)
def test_more_than_a_host_may_have(asked, more) -> None:
    """Another subject, names or usages are denied, and failed if somebody approved them."""
    assert judge(request(**more), asked, []).action == "deny"
    assert judge(request(condition="Approved", **more), asked, []).action == "fail"


def test_others_wait_for_a_person() -> None:
    """Users' certificates, and hosts' asked for by someone else, are not approved by themselves; approved, they are signed."""
    someone = SigningRequest("jane", ("dev",), ())
    assert judge(request(CLIENT, "jane"), someone, []).action == "wait"
    assert judge(request(CLIENT, "jane", "Approved"), someone, []).action == "sign"
    assert judge(request(user="jane"), HOST, []).action == "wait"
    assert judge(request(CLIENT, "jane"), SigningRequest("jane", ("system:masters",), ()), []).action == "deny"
    assert judge(request("example.com/other"), someone, []).action == "done"


def test_overlay_certificates_are_for_the_own_address() -> None:
    """A host gets one for the address of its Node, once the Node has it, and never for another host's."""
    own = request(OVERLAY, "system:node:h1")
    assert judge(own, ADDRESS, [node()]).action == "approve"
    assert judge(own, ADDRESS, []).action == "wait"
    assert judge(own, ADDRESS, [node(address="10.98.0.9")]).action == "wait"
    assert judge(own, ADDRESS, [node(), node("h2")]).action == "deny"
    assert judge(request(OVERLAY, "system:node:h2"), ADDRESS, [node()]).action == "deny"


def test_what_is_settled_stays() -> None:
    """Denied, failed and answered requests are left alone."""
    answered = request(condition="Approved")
    answered["status"]["certificate"] = "…"
    assert {
        judge(r, HOST, []).action for r in (request(condition="Denied"), request(condition="Failed"), answered)
    } == {"done"}


def test_user_certificates_are_signed_in_the_home_cluster() -> None:
    """A certificate is good everywhere: another cluster's ruler gets none for users, approved or not; its hosts do."""
    someone = SigningRequest("system:kube-controller-manager", (), ())
    assert judge(request(CLIENT), someone, [], is_home=False).action == "deny"
    failed = judge(request(CLIENT, condition="Approved"), someone, [], is_home=False)
    assert (failed.action, "service account" in failed.message) == ("fail", True)
    assert judge(request(CLIENT, condition="Approved"), someone, []).action == "sign"
    assert judge(request(LEGACY, condition="Approved"), someone, [], is_home=False).action == "fail"
    assert judge(request(), HOST, [], is_home=False).action == "approve"


def test_serving_certificates_of_hosts_are_signed_but_never_approved_by_themselves() -> None:
    """They name the host, at least one address, and nothing else."""
    usages = {"usages": ["digital signature", "server auth"]}
    assert judge(request(SERVING, "system:node:h1", **usages), ADDRESS, [node()]).action == "wait"
    assert judge(request(SERVING, "system:node:h1", "Approved", **usages), ADDRESS, [node()]).action == "sign"
    wrong = [
        (HOST, usages),
        (SigningRequest("h1", ("system:nodes",), ("h1",)), usages),
        (SigningRequest("system:node:h1", (), ("h1",)), usages),
        (SigningRequest("system:node:h1", ("system:nodes",), ("h1", "RFC822Name:a@b")), usages),
        (ADDRESS, {"usages": ["digital signature", "server auth", "client auth"]}),
        (ADDRESS, {"usages": ["digital signature"]}),
    ]
    for asked, more in wrong:
        assert judge(request(SERVING, "system:node:h1", "Approved", **more), asked, []).action == "fail"


def test_the_old_signer_gives_what_was_approved() -> None:
    """Any subject and usage, for those purposes only."""
    made = request(LEGACY, "jane", "Approved", usages=["server auth"])
    assert judge(made, SigningRequest("www", ("x",), ("www",)), []).action == "sign"
    assert purposes(made["spec"]) == (False, True)
    assert purposes({"signerName": LEGACY, "usages": ["client auth"]}) == (True, False)


def test_requests_are_kept_for_a_while() -> None:
    """Open ones for a day, others for an hour."""
    assert seconds_kept(request()) == 86400
    assert seconds_kept(request(condition="Denied")) == 3600
