"""The page's address."""

import socket

from monitor.model.errors import MonitorError


class PageNotServedError(MonitorError):
    """The page's address could not be had."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections there; raises PageNotServedError where the address is taken or not allowed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # a restart need not wait for the connections of the run before
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
        listener.setblocking(False)  # noqa: FBT003  the library's own signature
    except OSError as error:
        listener.close()
        raise PageNotServedError(
            f"the page is not served: {host}:{port} is taken or not allowed ({error.strerror or error});"
            " end the other program or set web.port"
        ) from error
    return listener
