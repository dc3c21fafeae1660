"""Frames between the trusted side, the checker and the candidate: a 4-byte length, and a JSON object."""

from __future__ import annotations

import os
import socket
from json import dumps, loads  # by name, since tests may put others in their place
from typing import Any

MAX_FRAME = 16 << 20
"""Bytes of the longest frame."""


class WireError(Exception):
    """A value that cannot cross, or a frame that is none."""


def send(sock: socket.socket, message: dict[str, Any]) -> None:
    """Write one frame. Raises `WireError` when it is too long, `OSError` when the other side is gone."""
    sock.sendall(_framed(message))


def write(fd: int, message: dict[str, Any]) -> None:
    """Write one frame to a file. Raises `WireError` when it is too long, `OSError` where it does not fit."""
    write_all(fd, memoryview(_framed(message)))


def write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _framed(message: dict[str, Any]) -> bytes:
    try:
        data = dumps(message, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as bad:
        raise WireError(f"not plain data: {bad}") from None
    if len(data) > MAX_FRAME:
        raise WireError(f"{len(data)} bytes of data, more than {MAX_FRAME}")
    return len(data).to_bytes(4, "big") + data


class File:
    """A file of frames, to be read as from a socket."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def recv(self, size: int) -> bytes:
        return os.read(self.fd, size)


def receive(sock: socket.socket | File, longest: int = MAX_FRAME) -> dict[str, Any] | None:
    """Read one frame; `None` when the other side is gone. Raises `WireError` on what is no frame, or too long."""
    head = _exactly(sock, 4)
    if head is None:
        return None
    size = int.from_bytes(head, "big")
    if size > longest:
        raise WireError(f"a frame of {size} bytes, more than {longest}")
    data = _exactly(sock, size)
    if data is None:
        return None
    try:
        message = loads(data)
    except (ValueError, RecursionError) as bad:
        raise WireError(f"not a frame: {bad}") from None
    if not isinstance(message, dict):
        raise WireError("a frame holds an object")
    return message


def _exactly(sock: socket.socket | File, size: int) -> bytearray | None:
    data = bytearray()
    while len(data) < size:
        try:
            piece = sock.recv(min(size - len(data), 1 << 20))
        except ConnectionResetError:
            return None
        if not piece:
            return None
        data += piece
    return data
