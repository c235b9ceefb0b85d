"""Requests without pause while a test does something to the platform."""

import http.client
import threading
from types import TracebackType
from typing import Self


class Traffic:
    """Asks the balancer again and again from several threads, each time on a new connection."""

    def __init__(self, port: int, host: str, threads: int = 3) -> None:
        self._port = port
        self._host = host
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        self.answers: list[str] = []
        self.failures: list[str] = []

    def _run(self) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            try:
                connection.request("GET", "/", headers={"Host": self._host})
                answer = connection.getresponse()
                text = answer.read().decode()
                (self.answers if answer.status == 200 else self.failures).append(text)
            except OSError as error:
                self.failures.append(repr(error))
            finally:
                connection.close()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
