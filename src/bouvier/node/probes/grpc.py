"""One call of grpc.health.v1.Health/Check, as a client of exactly this call.

Request headers are written without compression or table, response headers are skipped: the answer's data frame alone
says whether the service serves. That is why no HTTP/2 library is needed.
Source: RFC 9113 (frames), RFC 7541 section 6.2.2 (literal fields), the gRPC health checking protocol.
"""

from __future__ import annotations

import asyncio
import struct

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_ACK = _END_STREAM = 0x1
_END_HEADERS = 0x4
_PADDED = 0x8
_STREAM = 1
_SERVING = 1
_STATES = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_NAME_BYTES = 120
"""Longest text whose length fits into one byte in both encodings used here."""


async def check(host: str, port: int, service: str) -> str:
    """Return why the service is not serving, an empty text when it is.

    Raises:
        OSError: no connection.
    """
    if len(service.encode()) > _NAME_BYTES:
        return f"service name is longer than {_NAME_BYTES} bytes"
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _request(f"{host}:{port}", service))
        return _verdict(await _answer(reader, writer))
    except asyncio.IncompleteReadError:
        return "the connection was closed without an answer: is this a gRPC port?"
    finally:
        writer.close()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _field(name: str, value: str) -> bytes:
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def _request(authority: str, service: str) -> bytes:
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/grpc.health.v1.Health/Check",
        ":authority": authority,
        "content-type": "application/grpc",
        "te": "trailers",
    }
    headers = b"".join(_field(name, value) for name, value in fields.items())
    name = service.encode()
    message = b"\x0a" + bytes([len(name)]) + name if name else b""
    body = b"\x00" + struct.pack(">I", len(message)) + message
    return _frame(_HEADERS, _END_HEADERS, _STREAM, headers) + _frame(_DATA, _END_STREAM, _STREAM, body)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return the data of the answer; empty when the call was refused."""
    data = b""
    while True:
        head = await reader.readexactly(9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        payload = await reader.readexactly(length)
        if kind == _SETTINGS and not flags & _ACK:
            writer.write(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _PING and not flags & _ACK:
            writer.write(_frame(_PING, _ACK, 0, payload))
        elif kind in (_RESET, _GOAWAY):
            return data
        elif kind == _DATA:
            data += payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload
        if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
            return data


def _verdict(data: bytes) -> str:
    if not data:
        return "the health service refused the call: it does not know the service, or is not implemented"
    message = data[5:]
    state = message[1] if len(message) > 1 and message[0] == 0x08 else 0
    return "" if state == _SERVING else f"service is {_STATES.get(state, state)}"
