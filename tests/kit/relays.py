"""Bytes passed on to a server on loopback: over an HTTP proxy that leads every host there, or out of TLS."""

import contextlib
import socket
import socketserver
import ssl
import threading
from urllib.parse import urlsplit

from tests.kit.served import Served
from tests.kit.waiting import PATIENCE_S


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Relay(Served):
    """``target``: the port of 127.0.0.1 that everything goes to."""

    def __init__(self, target: int) -> None:
        self.target = target
        relay = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    self.request.settimeout(PATIENCE_S)
                    relay.take(self.request)

        self._server = _Threads(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen."""
        threading.Thread(target=self._server.serve_forever, name="relay", daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, client: socket.socket) -> None:
        """One connection."""
        raise NotImplementedError

    def pass_on(self, client: socket.socket, first: bytes = b"") -> None:
        """Both ways, until one side ends."""
        with socket.create_connection(("127.0.0.1", self.target), PATIENCE_S) as server:
            if first:
                server.sendall(first)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(PATIENCE_S)


class ProxyServer(_Relay):
    """``asked``: host and port of each request, as the proxy was told them. ``refuses``: the status it answers all with."""

    def __init__(self, target: int) -> None:
        super().__init__(target)
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.refuses: int | None = None

    @property
    def url(self) -> str:
        """As HTTPS_PROXY takes it."""
        return f"http://127.0.0.1:{self.port}"

    def take(self, client: socket.socket) -> None:
        """CONNECT for TLS, else the request with its whole address."""
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(65536)
            if not more:
                return
            head += more
        method, address, version = head.split(b"\r\n", 1)[0].decode().split(" ")
        self.heads.append(head.partition(b"\r\n\r\n")[0].decode())
        parts = urlsplit(address)
        self.asked.append(address if method == "CONNECT" else parts.netloc)
        if self.refuses is not None:
            client.sendall(f"HTTP/1.1 {self.refuses} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.pass_on(client)
            return
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        line = f"{method} {path} {version}\r\nConnection: close\r\n".encode()
        rest = head.split(b"\r\n", 1)[1]
        self.pass_on(client, line + rest)


class TlsFront(_Relay):
    """TLS before a plain server."""

    def __init__(self, target: int, context: ssl.SSLContext) -> None:
        super().__init__(target)
        self._context = context

    @property
    def url(self) -> str:
        """``https://127.0.0.1:port``."""
        return f"https://127.0.0.1:{self.port}"

    def take(self, client: socket.socket) -> None:
        """Take the TLS off."""
        with self._context.wrap_socket(client, server_side=True) as plain:
            self.pass_on(plain)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
