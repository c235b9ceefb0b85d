"""What runs in a simulated pod: HTTP and UDP on one port each, both answering the pod's name and the client's address."""

import asyncio
import sys

NAME, PORT = sys.argv[1], int(sys.argv[2])


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while request := await reader.readuntil(b"\r\n\r\n"):
            path = request.split(b" ", 2)[1].decode()
            if path.startswith("/slow"):
                await asyncio.sleep(float(path.partition("=")[2]))
            body = f"{NAME} {writer.get_extra_info('peername')[0]} {path}\n".encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.transport.sendto(f"{NAME} {address[0]}".encode(), address)


async def main() -> None:
    server = await asyncio.start_server(serve, "0.0.0.0", PORT, backlog=1000)
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, ("0.0.0.0", PORT))
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
