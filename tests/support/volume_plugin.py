"""A real volume plugin of Docker's protocol: folders below one root, over a unix socket in /run/docker/plugins.

It refuses the option `fail`, and writes each volume's options into the volume, so that tests can read them in a container.
Source: https://docs.docker.com/engine/extend/plugins_volume/
"""

from __future__ import annotations

import json
import shutil
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

FOLDER = Path("/run/docker/plugins")


class Plugin:
    """Volumes by name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[str] = []

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(path)
        name = body.get("Name", "")
        folder = self.root / name
        if path == "/Plugin.Activate":
            return {"Implements": ["VolumeDriver"]}
        if path == "/VolumeDriver.Capabilities":
            return {"Capabilities": {"Scope": "local"}}
        if path == "/VolumeDriver.Create":
            if (body.get("Opts") or {}).get("fail"):
                return {"Err": "the array is full"}
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "options.json").write_text(json.dumps(body.get("Opts") or {}))
            return {}
        if path == "/VolumeDriver.List":
            return {"Volumes": [self._shown(each) for each in self.root.iterdir()]}
        if not folder.is_dir():
            return {"Err": f"no volume {name}"}
        if path == "/VolumeDriver.Remove":
            shutil.rmtree(folder)
            return {}
        if path == "/VolumeDriver.Get":
            return {"Volume": self._shown(folder)}
        return {"Mountpoint": str(folder)}

    @staticmethod
    def _shown(folder: Path) -> dict[str, str]:
        return {"Name": folder.name, "Mountpoint": str(folder)}


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def running_plugin(name: str, root: Path) -> Iterator[Plugin]:
    """Serve a plugin of that name to every engine of the machine."""
    plugin = Plugin(root)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length) if length else self._chunks()
            answer = json.dumps({"Err": ""} | plugin.answer(self.path, json.loads(text or b"{}"))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.docker.plugins.v1.1+json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _chunks(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return b""
            text = b""
            while size := int(self.rfile.readline(), 16):
                text += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return text

        def address_string(self) -> str:
            return "engine"

        def log_message(self, *_: object) -> None:
            return

    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.sock"
    path.unlink(missing_ok=True)
    with _Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield plugin
        finally:
            server.shutdown()
            thread.join()
            path.unlink(missing_ok=True)
