"""Answers GET by path and JSON-RPC by method with what a test sets, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

Rpc = Callable[[list[Any]], Any]


class VendorServer:
    """``answers``: path -> body, or (status, body); ``rpc``: method -> what makes its result of the parameters."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.rpc: dict[str, Rpc] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                found = outer.answers.get(
                    urlsplit(self.path).path, (404, {"error": "id not found"})
                )
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
                raw = json.dumps(body).encode()
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
