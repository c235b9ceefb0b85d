"""One simulated Mesos for this folder's tests, and a platform that drives it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform.conftest import Platform
from tests.support.mesos import Mesos, running_mesos


@pytest.fixture(scope="module")
def mesos() -> Iterator[Mesos]:
    """A master with two agents, and Marathon."""
    with running_mesos() as made:
        yield made


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A running platform; purged at the end."""
    with tempfile.TemporaryDirectory(prefix="bvm") as folder:
        made = Platform(Path(folder))
        try:
            made.up()
            yield made
        finally:
            made.run("down", "--purge", code=None)
