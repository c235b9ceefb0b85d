"""One playground of three hosts for each module of tests; the module names the driver."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.hosts.ground import Ground, serve


@pytest.fixture(scope="module")
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """Three hosts with a server on the second and a client on the third; removed at the end."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and a Docker Engine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="bvp") as folder:
        made = Ground(Path(folder) / "d", request.module.DRIVER, port)
        try:
            made.up()
            serve(made)
            yield made
        finally:
            made.bouvier("playground", "--down", code=None)
