"""A client without manners: many connections that ask as fast as they are answered. Run as a program of its own.

Arguments: socket, token, connections. Prints `ready` once every connection was answered.
"""

import asyncio
import json
import sys

LIST = "GET /api/v1/namespaces/default/configmaps HTTP/1.1"
CREATE = "POST /api/v1/namespaces/default/configmaps HTTP/1.1"


def request(line: str, token: str, body: bytes = b"") -> bytes:
    head = [line, "Host: flood", f"Authorization: Bearer {token}", "Content-Type: application/json"]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def connection(socket: str, wanted: bytes, first: asyncio.Event) -> None:
    reader, writer = await asyncio.open_unix_connection(socket, limit=1 << 20)
    while True:
        writer.write(wanted)
        await answer(reader)
        first.set()


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Read one answer and return its head."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"chunked" not in head:
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        return head
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()
    return head


async def flood(socket: str, token: str, connections: int) -> None:
    body = {"metadata": {"generateName": "flood-"}, "data": {"a": "b" * 100}}
    wanted = [request(LIST, token), request(CREATE, token, json.dumps(body).encode())]
    firsts = [asyncio.Event() for _ in range(connections)]
    async with asyncio.TaskGroup() as tasks:
        for number, first in enumerate(firsts):
            tasks.create_task(connection(socket, wanted[number % 4 == 0], first))
        for first in firsts:
            await first.wait()
        print("ready", flush=True)


if __name__ == "__main__":
    asyncio.run(flood(sys.argv[1], sys.argv[2], int(sys.argv[3])))
