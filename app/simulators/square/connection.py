"""The wire: HTTP/1.1 connections that stay open, one thread each, and that can be cut in the middle of an answer.

A ready-made WSGI server would hide the socket, and half of the faults happen on the socket.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.simulators.square.exchange import Exchange, Incoming, Reply, Reset

MOST_BODY_BYTES = 1 << 20
# Idle connections are closed after this, as Square's front does; clients must live with that.
IDLE_SECONDS = 65


class Connection(BaseHTTPRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    server_version = "SquareSimulator"
    sys_version = ""
    timeout = IDLE_SECONDS
    # One segment for an answer instead of many, and no waiting for acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Wire

    def _serve(self) -> None:
        with self.server.counting():
            body = self._body()
            if body is None:
                return
            incoming = Incoming(self.command, self.path, dict(self.headers.items()), body)
            outcome = self.server.exchange.answer(incoming)
            if isinstance(outcome, Reply):
                self._send(outcome)
                return
            self.close_connection = True
            if isinstance(outcome, Reset):
                self._reset()
                return
        # Outside the count: a stop does not wait for a silence to end.
        self._stay_silent(outcome.seconds)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self._refuse(411)
            return None
        if int(length) > MOST_BODY_BYTES:
            self._refuse(413)
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: int) -> None:
        self.close_connection = True
        self._send(Reply(status, b'{"errors": []}'))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.is_cut or self.close_connection or self.server.is_stopping.is_set():
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.is_cut else reply.body)
        self.wfile.flush()

    def _reset(self) -> None:
        # A lingering time of zero makes the kernel send RST instead of an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _stay_silent(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.server.is_stopping.is_set():
            is_readable, _, _ = select.select([self.connection], [], [], 0.2)
            if is_readable and not self.connection.recv(1, socket.MSG_PEEK):
                return  # The asker gave up.

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet; the request log has it all."""


class Wire(ThreadingHTTPServer):
    """Listens on loopback and gives every connection its thread."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], exchange: Exchange, is_stopping: threading.Event) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.exchange = exchange
        self.is_stopping = is_stopping
        self._in_flight = 0
        self._changed = threading.Condition()
        super().__init__(address, Connection)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count a request as in flight while it is worked on."""
        self._add_in_flight(1)
        try:
            yield
        finally:
            self._add_in_flight(-1)

    def drain(self, seconds: float) -> bool:
        """Wait until no request is in flight; False when some still are after that many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._in_flight == 0, seconds)

    def _add_in_flight(self, change: int) -> None:
        with self._changed:
            self._in_flight += change
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error here; everything else is shown."""
        if not isinstance(sys.exception(), OSError):
            traceback.print_exc()
