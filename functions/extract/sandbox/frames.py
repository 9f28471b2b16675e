"""Frames between a reader and its child: a JSON head and a body of bytes, each prefixed with its length.

Not pickle: a child that a hostile file has taken over can send wrong frames, but no code that runs here.
"""

import json
import socket
import struct
from typing import Any, NamedTuple

_LENGTHS = struct.Struct(">II")
_MAX_BYTES = 64_000_000


class Frame(NamedTuple):
    """`head` is always an object; `body` is empty where a frame carries none."""

    head: dict[str, Any]
    body: bytes


class InvalidFrame(Exception):
    """The received bytes are not a frame."""


def send(channel: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    """Send one frame."""
    text = json.dumps(head, separators=(",", ":")).encode()
    channel.sendall(_LENGTHS.pack(len(text), len(body)) + text)
    if body:
        channel.sendall(body)


def receive(channel: socket.socket) -> Frame | None:
    """Receive the next frame; None if the other side has closed the channel.

    Raises
    ------
    InvalidFrame
        The stream ends within a frame, or its bytes are not a frame.
    TimeoutError
        No byte arrived within the channel's timeout.
    """
    lengths = _receive_exactly(channel, _LENGTHS.size, or_none=True)
    if lengths is None:
        return None
    head_length, body_length = _LENGTHS.unpack(lengths)
    if head_length > _MAX_BYTES or body_length > _MAX_BYTES:
        raise InvalidFrame("a frame is larger than any page")
    text, body = _receive_exactly(channel, head_length), _receive_exactly(channel, body_length)
    try:
        head = json.loads(bytes(text or b""))
    except ValueError as error:
        raise InvalidFrame("a frame's head is not JSON") from error
    if not isinstance(head, dict):
        raise InvalidFrame("a frame's head is not an object")
    return Frame(head, bytes(body or b""))


def _receive_exactly(channel: socket.socket, length: int, *, or_none: bool = False) -> bytearray | None:
    buffer = bytearray(length)
    view, filled = memoryview(buffer), 0
    while filled < length:
        count = channel.recv_into(view[filled:])
        if count == 0:
            if or_none and filled == 0:
                return None
            raise InvalidFrame("the stream ends within a frame")
        filled += count
    return buffer
