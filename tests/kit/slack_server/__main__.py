"""The server in a process of its own: prints one line of JSON with its addresses, then serves until it is stopped.

`python -m tests.kit.slack_server --record messages.jsonl`: the record survives the process and is continued by the next.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.kit.slack_server.server import CHANNELS, TOKEN, SlackServer


def main(arguments: list[str]) -> int:
    """Serve; 0 when it was stopped or its time was over."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.slack_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--message-interval", type=float, default=0.0, help="seconds a channel")
    parser.add_argument("--processing-seconds", type=float, default=0.0)
    parser.add_argument("--max-seconds", type=float, default=900.0)
    options = parser.parse_args(arguments)
    server = SlackServer(
        port=options.port,
        record=options.record,
        message_interval_s=options.message_interval,
        processing_seconds=options.processing_seconds,
        max_seconds=options.max_seconds,
    )
    with server:
        hooks = {name: server.webhook_url(name) for name in CHANNELS.values()}
        addresses = {"base": server.base_url, "api": server.api_url, "webhooks": hooks}
        print(json.dumps({**addresses, "token": TOKEN, "channels": CHANNELS}), flush=True)
        server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
