"""Files of Debian packages for images."""

import pytest

from bouvier.cli.images import debian
from bouvier.cli.images.debian import PackageError, collect, installed

PACKAGE, PROGRAM = "busybox-static", "bin/busybox"


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every apt-get fail, as without a network."""
    real = debian._run

    def run(*words: str, **others: object) -> str:
        if words[0] == "apt-get":
            raise PackageError("apt-get download: no network")
        return real(*words, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(debian, "_run", run)


@pytest.mark.usefixtures("unreachable")
def test_out_of_reach_the_installed_packages_are_taken() -> None:
    """After a try to refresh the lists, and it is said."""
    if installed([PACKAGE]) is None:
        pytest.skip(f"{PACKAGE} is not installed as a Debian package")
    said: list[str] = []
    found = {file.path.removeprefix("usr/"): file for file in collect([PACKAGE], [PROGRAM], say=said.append)}
    assert found[PROGRAM].content.startswith(b"\x7fELF")
    assert found[PROGRAM].mode == 0o755
    assert said[-1] == "Debian's archive is out of reach: taking the packages as they are installed here"


@pytest.mark.usefixtures("unreachable")
def test_what_can_be_had_nowhere_is_named() -> None:
    """With the first reason, and what could be installed."""
    with pytest.raises(PackageError, match="no network; nor are bouvier-no-such-package installed here"):
        collect(["bouvier-no-such-package"], ["bin/x"])
