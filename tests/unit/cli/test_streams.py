"""Channels of exec."""

import json

import pytest

from bouvier.cli.errors import CommandError
from bouvier.cli.streams import exit_code_of, receive_all


class Spoken:
    """A websocket whose messages are given."""

    def __init__(self, *messages: bytes) -> None:
        self._messages = list(messages)

    async def send(self, data: bytes) -> None:
        raise AssertionError(data)

    async def receive(self) -> bytes | None:
        return self._messages.pop(0) if self._messages else None


def ended(code: int) -> bytes:
    cause = {"reason": "ExitCode", "message": str(code)}
    status = {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [cause]}}
    return b"\x03" + json.dumps(status).encode()


async def test_output_goes_to_its_stream_and_the_code_comes_back(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Standard output and error stay apart, byte for byte, and the command's exit code is returned."""
    code = await receive_all(Spoken(b"\x01out\xff", b"\x02err", b"", ended(7)))

    assert code == 7
    assert capfdbinary.readouterr() == (b"out\xff", b"err")


async def test_a_lost_connection_is_no_success() -> None:
    """Without a final status nothing is known, so the command fails."""
    with pytest.raises(CommandError, match="the connection ended"):
        await receive_all(Spoken(b"\x01half"))


def test_a_command_that_could_not_run_says_why() -> None:
    """The container engine's reason is shown."""
    assert exit_code_of({"status": "Success"}) == 0
    with pytest.raises(CommandError, match="no such file"):
        exit_code_of({"status": "Failure", "message": 'exec "nope": no such file', "reason": "InternalError"})
