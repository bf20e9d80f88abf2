"""Answers GET by path and JSON-RPC by method with what a test sets, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

Rpc = Callable[[list[Any]], Any]


class VendorServer:
    """``answers``: path, with its query or without -> body, or (status, body); a text is sent as it is, all else as JSON.
    ``rpc``: method -> what makes its result of the parameters. ``headers``: of each request. ``keeps_alive``: connections
    stay open for the next request, as most servers' do."""

    def __init__(self, *, keeps_alive: bool = False) -> None:
        self.answers: dict[str, Any] = {}
        self.rpc: dict[str, Rpc] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1" if keeps_alive else "HTTP/1.0"

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                none = (404, {"error": "id not found"})
                of_path = outer.answers.get(urlsplit(self.path).path, none)
                found = outer.answers.get(self.path, of_path)
                status, body = found if isinstance(found, tuple) else (200, found)
                self._answer(status, body)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                call = json.loads(self.rfile.read(length))
                outer.asked.append(call["method"])
                made = outer.rpc.get(call["method"])
                told = {"jsonrpc": "2.0", "id": call["id"]}
                if made is None:
                    error = {"code": -32601, "message": "no such method"}
                    self._answer(200, {**told, "error": error})
                else:
                    self._answer(200, {**told, "result": made(call["params"])})

            def _answer(self, status: int, body: Any) -> None:
                raw = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: object) -> None:
                """Silent."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
