"""An HTTP server that does nothing but answer: how long it takes is what this machine makes everybody wait now.

`python -m tests.kit.bare_answers --nicer N`: prints its port, and ends with its standard input.
"""

import argparse
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Nothing."""


def main(arguments: list[str]) -> int:
    """Until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.bare_answers")
    parser.add_argument("--nicer", type=int, default=0)
    os.nice(parser.parse_args(arguments).nicer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
