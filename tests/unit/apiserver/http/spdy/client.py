"""The client's side of a SPDY connection, for tests."""

from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.http.spdy.connection import SpdyConnection
from bouvier.apiserver.http.spdy.reader import FrameReader
from bouvier.apiserver.http.spdy.writer import FrameWriter


class Client:
    """A connection whose wire is this object: what the server writes is collected as frames."""

    def __init__(self) -> None:
        self.received: list[frames.Frame] = []
        self.closed = False
        self.resumed = 0
        self._reader = FrameReader()
        self._writer = FrameWriter()
        self.server = SpdyConnection("v4.channel.k8s.io", self, self._resume)

    def write(self, data: bytes) -> None:
        self.received += self._reader.feed(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def _resume(self) -> None:
        self.resumed += 1

    def send(self, *sent: frames.Frame) -> bool:
        """Send frames; tell whether the server wants a pause."""
        return self.server.feed(b"".join(map(self._writer.encode, sent)))

    def data(self, stream: int) -> bytes:
        """Return what came on a stream."""
        return b"".join(f.data for f in self.received if isinstance(f, frames.Data) and f.stream == stream)

    def finished(self, stream: int) -> bool:
        return any(isinstance(f, frames.Data) and f.stream == stream and f.fin for f in self.received)
