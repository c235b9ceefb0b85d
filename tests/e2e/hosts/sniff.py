"""Writes every frame of an interface to a file, each after its length; ends when it is killed."""

import socket
import struct
import sys
from pathlib import Path

with (
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003)) as wire,
    Path(sys.argv[2]).open("wb") as file,
):
    wire.bind((sys.argv[1], 0))
    file.flush()
    print("listening", flush=True)
    while True:
        frame = wire.recv(65535)
        file.write(struct.pack("!I", len(frame)) + frame)
        file.flush()
