"""The least that an API of this form can cost: an HTTP server that knows its answers beforehand.

httptools on uvloop with the same TLS settings; a GET is answered from a file's bytes, every other request first writes
its body to SQLite, in groups, with full synchronisation. No routing, no access rules, no objects.
"""

from __future__ import annotations

import asyncio
import gc
import queue
import sqlite3
import ssl
import sys
import threading
from pathlib import Path

import httptools
import uvloop

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
GROUP = 512


class Writer:
    """Commits the bodies that wait, all in one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[tuple[bytes, Connection]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, daemon=True).start()

    def submit(self, body: bytes, connection: Connection) -> None:
        self._queue.put((body, connection))

    def _run(self) -> None:
        db = sqlite3.connect(self._path, isolation_level=None)
        db.executescript(
            "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;"
            "CREATE TABLE log (rev INTEGER PRIMARY KEY, value BLOB)"
        )
        while True:
            batch = [self._queue.get()]
            while len(batch) < GROUP and not self._queue.empty():
                batch.append(self._queue.get())
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO log (value) VALUES (?)", [(body,) for body, _ in batch])
            db.execute("COMMIT")
            self._loop.call_soon_threadsafe(_answer, [connection for _, connection in batch])


def _answer(connections: list[Connection]) -> None:
    for connection in connections:
        connection.answer()


class Connection(asyncio.Protocol):
    """Answers each request with the file that its path names."""

    def __init__(self, answers: dict[bytes, bytes], writer: Writer) -> None:
        self._answers = answers
        self._writer = writer
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = b""

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._body:
            self._writer.submit(self._body, self)
        else:
            self.answer()

    def answer(self) -> None:
        self._transport.write(self._answers[self._url])  # type: ignore[attr-defined]


async def _serve(port: int, pki: Path, answers: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
    context.load_verify_locations(pki / "ca.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    made = {f"/{file.name}".encode(): HEAD % (file.stat().st_size, file.read_bytes()) for file in answers.iterdir()}
    writer = Writer(answers.with_suffix(".db"))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(made, writer), "127.0.0.1", port, ssl=context, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    gc.set_threshold(50_000, 20, 50)
    uvloop.run(_serve(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
