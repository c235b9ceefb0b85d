"""An API server in a process of its own, to be killed: `python -m tests.support.serving FOLDER STORE`.

STORE is a file or an etcd URL. It serves on FOLDER/api.sock; the administrator's token is in FOLDER/tokens.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import uvloop

from bouvier.util.unix_http import get_status

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0


class ServerProcess:
    """Starts the server, kills it, starts it again."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder = folder
        self.socket = folder / "api.sock"
        self._store = store
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server without waiting for it; one that runs is left alone."""
        if self._process is not None and self._process.poll() is None:
            return
        search = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "tests.support.serving", str(self.folder), self._store]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": search}, stdout=log, stderr=log)

    async def ready(self) -> None:
        """Wait until it serves."""
        deadline = time.monotonic() + START_SECONDS
        while await asyncio.to_thread(self._status) != 200:
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            await asyncio.sleep(0.02)

    def _status(self) -> int:
        try:
            return get_status(self.socket, "/readyz")
        except OSError:
            return 0

    def kill(self) -> None:
        """Kill it as an administrator in a hurry would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def log(self) -> str:
        return (self.folder / "server.log").read_text()[-3000:]

    def token(self) -> str:
        return (self.folder / "tokens" / "admin.token").read_text().strip()


async def _serve(folder: Path, store: str) -> None:
    from bouvier.apiserver.build import ApiServer, ApiSettings
    from bouvier.store.etcd.address import parse_address
    from bouvier.store.etcd.store import EtcdStore
    from bouvier.store.sqlite.store import SqliteStore

    settings = ApiSettings(
        folder=folder,
        service_cidr="10.43.0.0/16",
        node_ports=(30000, 32767),
        kubernetes_address="10.43.0.1",
        endpoint=("192.0.2.1", 6443),
        server_address="192.0.2.1:6443",
        components={"admin": ("admin", ("system:masters",))},
    )
    is_etcd = store.startswith("etcd")
    opened = await EtcdStore.open(parse_address(store)) if is_etcd else await SqliteStore.open(Path(store))
    server = ApiServer(settings, opened)
    (folder / "api.sock").unlink(missing_ok=True)
    await server.start()
    await server.transport.listen_unix(folder / "api.sock")
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1]), sys.argv[2]))
