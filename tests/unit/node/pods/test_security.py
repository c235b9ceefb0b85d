"""Security contexts."""

import pytest

from bouvier.node.pods.environment import ConfigError
from bouvier.node.pods.security import security_of
from tests.support.pods import container, pod


def test_the_container_wins_over_the_pod() -> None:
    """Each setting of the container replaces the pod's."""
    app = container(securityContext={"runAsUser": 5})
    found = security_of(
        pod(app, securityContext={"runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4, 3]}), app, ""
    )
    assert found.user == "5:2"
    assert found.groups == ("4", "3")


@pytest.mark.parametrize(
    ("own", "image_user", "text"),
    [
        ({"runAsUser": 0}, "", "breaks non-root policy"),
        ({}, "", "will run as root"),
        ({}, "nginx", "non-numeric user"),
    ],
)
def test_root_is_refused(own: dict, image_user: str, text: str) -> None:
    """What cannot be shown to be another user than root does not start."""
    app = container(securityContext=own | {"runAsNonRoot": True})
    with pytest.raises(ConfigError, match=text):
        security_of(pod(app), app, image_user)


def test_numeric_image_users_pass() -> None:
    """An image that names a user by number is fine."""
    app = container(securityContext={"runAsNonRoot": True})
    assert security_of(pod(app), app, "1000:1000").user == ""


def test_privilege_escalation() -> None:
    """It is switched off where asked, except for privileged containers."""
    app = container(securityContext={"allowPrivilegeEscalation": False})
    assert security_of(pod(app), app, "").no_new_privileges


def test_local_seccomp_profiles_are_refused_by_name() -> None:
    """A profile on the host's disk is not supported yet."""
    app = container(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "x"}})
    with pytest.raises(ConfigError, match="Localhost"):
        security_of(pod(app), app, "")
