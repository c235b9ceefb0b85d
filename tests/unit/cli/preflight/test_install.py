"""What follows an installation."""

from bouvier.cli.preflight.install import commands_after


def test_a_registry_just_installed_does_not_serve_everybody() -> None:
    """Only where systemd started it, and only when it was not there before."""
    stop = [["systemctl", "disable", "--now", "docker-registry"]]
    assert commands_after(["git", "docker-registry"], has_systemd=True) == stop
    assert commands_after(["docker-registry"], has_systemd=False) == []
    assert commands_after(["git"], has_systemd=True) == []
