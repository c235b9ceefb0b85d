"""A small HTTP server with the documents of the API, and kubectl to try them."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bouvier.apiserver.openapi.documents import documents
from bouvier.apiserver.wire.bodies import decode_object

DEADLINE_SECONDS = 30
OLDEST_MINOR = 32
"""Since 1.32 kubectl sends protobuf; before 1.30 its texts differ too."""


def _minor_version():
    """Return the second number of kubectl's version, 0 without kubectl."""
    if shutil.which("kubectl") is None:
        return 0
    command = ["kubectl", "version", "--client", "--output=json"]
    shown = subprocess.run(command, capture_output=True, timeout=DEADLINE_SECONDS, check=False).stdout
    found = re.search(rb'"minor":\s*"(\d+)', shown)
    return int(found[1]) if found else 0


needs_kubectl = pytest.mark.skipif(
    _minor_version() < OLDEST_MINOR, reason=f"there is no kubectl from version 1.{OLDEST_MINOR} on"
)


@dataclass
class Posted:
    """A request that changes something, as it came in."""

    path: str
    query: dict[str, str]
    content_type: str
    body: bytes

    def decoded(self):
        return decode_object(self.content_type, self.body).obj


@dataclass
class Cluster:
    """Serves documents, answers writes with what was written, and remembers requests."""

    kinds: list
    url: str = ""
    home: str = ""
    paths: list[str] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    """Objects by path: answers to GET and PATCH."""

    async def answer(self, request):
        self.paths.append(request.path)
        if request.method in ("POST", "PUT", "PATCH"):
            body = await request.read()
            self.posted.append(Posted(request.path, dict(request.query), request.content_type, body))
            if request.path in self.objects:
                return web.Response(body=self.objects[request.path], content_type="application/json")
            return web.json_response(self.posted[-1].decoded(), status=201)
        served = self._document(request.path, request.headers.get("Accept", ""))
        if served is not None:
            return web.Response(body=served.content, headers=served.headers(request.query.get("hash", "")))
        if request.path in self.objects:
            return web.Response(body=self.objects[request.path], content_type="application/json")
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        return web.json_response(status, status=404)

    def _document(self, path, accept):
        found = documents(self.kinds)
        fixed = {
            "/api": lambda: found.api("127.0.0.1:1", accept),
            "/apis": lambda: found.apis(accept),
            "/openapi/v2": lambda: found.openapi_v2(accept),
            "/openapi/v3": found.openapi_v3_index,
        }
        if path in fixed:
            return fixed[path]()
        if path.startswith("/openapi/v3/"):
            return found.openapi_v3(path.removeprefix("/openapi/v3/"))
        parts = path.strip("/").split("/")
        if parts[0] == "api" and len(parts) == 2:
            return found.resources("", parts[1])
        if parts[0] == "apis" and len(parts) == 3:
            return found.resources(parts[1], parts[2])
        return None

    async def kubectl(self, *arguments, binary="kubectl"):
        """Run kubectl and return its exit code, output and errors."""
        command = [binary, f"--server={self.url}", f"--cache-dir={self.home}/cache", *arguments]
        environment = {"HOME": self.home, "KUBECONFIG": f"{self.home}/none", "PATH": os.environ["PATH"]}
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        return process.returncode, out.decode(), err.decode()

    async def output(self, *arguments):
        """Return the output of a kubectl that must succeed."""
        code, out, err = await self.kubectl(*arguments)
        assert code == 0, err
        return out


@contextlib.asynccontextmanager
async def cluster(kinds, home):
    """Serve the kinds on a free port of this machine until the block ends."""
    one = Cluster(kinds, home=str(home))
    version = {"major": "1", "minor": "32", "gitVersion": "v1.32.0"}
    one.objects["/version"] = json.dumps(version).encode()
    runner = web.ServerRunner(web.Server(one.answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()
