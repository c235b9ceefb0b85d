"""A web server that answers reviews as a test decides, with a file that names it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from bouvier.util.pki import Authority

Decide = Callable[[dict[str, Any]], dict[str, Any] | None]
"""From the spec of a review to its status; None breaks the connection."""


class Judge:
    """Answers and counts."""

    def __init__(self, decide: Decide) -> None:
        self.decide = decide
        self.asked: list[dict[str, Any]] = []
        self.file = Path()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        review = json.loads(await reader.readexactly(length))
        self.asked.append(review["spec"])
        status = self.decide(review["spec"])
        if status is not None:
            body = json.dumps(review | {"status": status}).encode()
            writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def running_judge(folder: Path, decide: Decide) -> AsyncIterator[Judge]:
    """Run a judge on a free port and write the file that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority.open(folder, "ca", "judge-ca")
    certificate, key = authority.issue("judge", hosts=("127.0.0.1",), server=True)
    (folder / "tls.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    judge = Judge(decide)
    server = await asyncio.start_server(judge.answer, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/review"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "judge",
        "contexts": [{"name": "judge", "context": {"cluster": "judge", "user": "judge"}}],
        "clusters": [{"name": "judge", "cluster": {"server": url, "certificate-authority": "ca.crt"}}],
        "users": [{"name": "judge", "user": {}}],
    }
    judge.file = folder / "judge.yaml"
    judge.file.write_text(yaml.safe_dump(config))
    try:
        yield judge
    finally:
        server.close()
