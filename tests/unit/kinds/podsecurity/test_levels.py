"""Pod Security levels: what each forbids, in the words of Kubernetes."""

import pytest

from bouvier.kinds.podsecurity.levels import Demand, check_labels, demand_of, violations

HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def found(level, spec, version="latest", **metadata):
    return ", ".join(map(str, violations(Demand(level, version), metadata, spec)))


def pod(context=None, *, pod_context=None, container=None, **spec):
    one = {"name": "c", "image": "i", **(container or {})}
    if context is not None:
        one["securityContext"] = context
    made = {"containers": [one], **spec}
    return made | ({"securityContext": pod_context} if pod_context else {})


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (pod(hostNetwork=True, hostIPC=True), "host namespaces (hostNetwork=true, hostIPC=true)"),
        (pod({"privileged": True}), 'privileged (container "c" must not set securityContext.privileged=true)'),
        (
            pod({"capabilities": {"add": ["SYS_ADMIN", "CHOWN"]}}),
            'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
        ),
        (pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]), 'hostPath volumes (volume "v")'),
        (
            pod(container={"ports": [{"containerPort": 80, "hostPort": 80}]}),
            'hostPort (container "c" uses hostPort 80)',
        ),
        (
            pod({"procMount": "Unmasked"}),
            'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            pod({"seccompProfile": {"type": "Unconfined"}}, pod_context={"seccompProfile": {"type": "Unconfined"}}),
            'seccompProfile (pod and container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (
            pod({"seLinuxOptions": {"type": "spc_t", "user": "u"}}),
            (
                'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "spc_t";'
                " user may not be set)"
            ),
        ),
        (
            pod(pod_context={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
            "forbidden sysctls (kernel.msgmax)",
        ),
        (
            pod(pod_context={"windowsOptions": {"hostProcess": True}}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            pod({"appArmorProfile": {"type": "Unconfined"}}),
            'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
        ),
        (
            pod(container={"livenessProbe": {"httpGet": {"host": "example.com"}}}),
            'probe or lifecycle host (container "c" uses probe or lifecycle host "example.com")',
        ),
    ],
)
def test_baseline(spec, text):
    """Each known way out is named with who takes it."""
    assert found("baseline", spec) == text


def test_restricted():
    """A plain pod violates what restricted demands, in this order; a hardened one does not."""
    assert found("restricted", pod()) == (
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false),'
        ' unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]),'
        ' runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true),'
        ' seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or'
        ' "Localhost")'
    )
    assert found("restricted", pod(HARDENED)) == ""
    assert found("baseline", pod()) == ""


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (pod({**HARDENED, "runAsUser": 0}), 'runAsUser=0 (container "c" must not set runAsUser=0)'),
        (
            pod(HARDENED, volumes=[{"name": "v", "hostPath": {"path": "/"}}, {"name": "n", "nfs": {}}]),
            'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
        ),
        (
            pod({**HARDENED, "runAsNonRoot": False}),
            'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
        ),
        (
            pod({**HARDENED, "capabilities": {"drop": ["ALL"], "add": ["CHOWN", "NET_BIND_SERVICE"]}}),
            'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
        ),
    ],
)
def test_restricted_details(spec, text):
    """Violations of a nearly hardened pod."""
    assert found("restricted", spec) == text


def test_settings_of_the_pod_count_for_its_containers():
    """What the pod sets once need not be set again."""
    shared = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    own = {key: value for key, value in HARDENED.items() if key not in shared}

    assert found("restricted", pod(own, pod_context=shared)) == ""


def test_versions():
    """A pinned version has the checks that it had."""
    spec = pod(pod_context={"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]})

    assert found("baseline", spec, "v1.31") == "forbidden sysctls (net.ipv4.tcp_rmem)"
    assert found("baseline", spec, "v1.32") == ""
    assert "seccompProfile" not in found("restricted", pod(), "v1.18")


def test_user_namespaces_and_windows():
    """Root in a namespace of its own is nobody; Windows has none of Linux's filters."""
    rootless = {key: value for key, value in HARDENED.items() if key != "runAsNonRoot"}

    assert found("restricted", pod({**rootless, "runAsUser": 0}, hostUsers=False)) == ""
    assert found("restricted", pod({"runAsNonRoot": True}, os={"name": "windows"})) == ""


def test_labels():
    """Labels that make no sense are refused; where they are, the strictest level holds."""
    labels = {"pod-security.kubernetes.io/enforce": "tight", "pod-security.kubernetes.io/warn-version": "1.2"}

    assert [str(error) for error in check_labels(labels)] == [
        (
            'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "tight": must be one of privileged,'
            " baseline, restricted"
        ),
        'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"',
    ]
    assert demand_of(labels, "enforce") == Demand("restricted")
    assert demand_of({}, "enforce").is_free
