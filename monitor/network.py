"""The way out, one for venues, vendors and channels: proxy, certificates, the name under which we ask, and how long we wait.

It follows the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (lower case too), SSL_CERT_FILE and SSL_CERT_DIR.
The libraries below differ in which of them they read, and one of them leads what NO_PROXY spares over the proxy all the
same, so none is left to look by itself.
"""

import ipaddress
import os
import ssl
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies_environment

import certifi

from monitor import __version__

if TYPE_CHECKING:
    import httpx

USER_AGENT = f"rotation-monitor/{__version__}"

VENUE_TIMEOUT = timedelta(seconds=10)
"""Of an answer to one request where ``venues.X.timeout`` says nothing else."""
MARKET_TABLE_TIMEOUT = timedelta(seconds=30)
"""The least for a venue's table of markets, which is megabytes."""
VENDOR_TIMEOUT = timedelta(seconds=20)
"""Of supplies, activity, headlines: nobody waits for them."""
CHANNEL_TIMEOUT = timedelta(seconds=15)
"""Of one message to Slack or to the webhook: while it waits, the next one does."""
APPRISE_TIMEOUT = timedelta(seconds=60)
"""Of one of its services, which may cut a message into several requests."""
MAIL_TIMEOUT = timedelta(seconds=30)
"""Of a session with the mail server where ``smtp.timeout`` says nothing else."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""Of a whole exchange: an address that hangs costs its own beat and nothing else."""

_FORM = "http://host:port"
_VARIABLES = (
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD",
)  # fmt: skip
_LOOPBACK_NAMES = ("localhost", "localhost.localdomain")


def proxy_for(url: str) -> str | None:
    """The proxy over which ``url`` is asked; None for the straight way.

    The machine itself and what NO_PROXY spares are asked straight: names with all below them, addresses, networks such
    as 10.0.0.0/8, ``host:port``, ``*`` for all. Raises ValueError where the proxy's address cannot be used.
    """
    parts = urlsplit(url)
    found = _proxies(tuple(map(os.environ.get, _VARIABLES)))
    address = found.get(parts.scheme) or found.get("all")
    if not address or not parts.hostname or _is_spared(parts, found.get("no", "")):
        return None
    wrong = _proxy_fault(address)
    if wrong is not None:
        raise ValueError(f"the proxy of the environment {wrong}")
    return address if "://" in address else f"http://{address}"


@lru_cache(maxsize=8)
def _proxies(_held: tuple[str | None, ...]) -> dict[str, str]:
    """What the environment says, read anew only where one of :data:`_VARIABLES` has changed: it is asked before every request."""
    return getproxies_environment()


def trust() -> ssl.SSLContext:
    """Whose certificates are believed: SSL_CERT_FILE and SSL_CERT_DIR alone where set, else the system's and certifi's.

    Raises OSError where they cannot be read.
    """
    return _trusting(
        os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None
    )


def trusted_path() -> str | None:
    """The file or folder of :func:`trust` for a library that takes a path; None for those that it brings."""
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or None


def http_client(
    url: str, *, timeout: timedelta, headers: Mapping[str, str] | None = None
) -> "httpx.AsyncClient":
    """A client for requests to the host of ``url``. Redirects are not followed, and no ~/.netrc is read.

    Raises ValueError and OSError as :func:`proxy_for` and :func:`trust`.
    """
    import httpx  # noqa: PLC0415  the venues are asked without it

    return httpx.AsyncClient(
        proxy=proxy_for(url),
        verify=trust(),
        trust_env=False,
        follow_redirects=False,
        timeout=timeout.total_seconds(),
        headers={"User-Agent": USER_AGENT, **(headers or {})},
    )


def network_faults() -> Iterator[tuple[str, str]]:
    """(variable, what is wrong with it) of what cannot be used; no address is quoted, it may hold a password."""
    found = getproxies_environment()
    for scheme in ("https", "http", "all"):
        wrong = _proxy_fault(found[scheme]) if found.get(scheme) else None
        if wrong is not None:
            yield f"{scheme.upper()}_PROXY", wrong
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        held = os.environ.get(name)
        if held and not os.access(held, os.R_OK):
            yield name, f"names {held}, which cannot be read, expected PEM certificates"
    file = os.environ.get("SSL_CERT_FILE")
    if file and os.access(file, os.R_OK):
        try:
            trust()
        except OSError:  # of which ssl's own errors are
            yield "SSL_CERT_FILE", f"names {file}, which holds no certificate, expected PEM"


def _proxy_fault(address: str) -> str | None:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        return f"is no address, expected {_FORM}"
    if usable:
        return None
    return f"is of the scheme {parts.scheme!r} or without a host, expected {_FORM}"


def _is_spared(target: SplitResult, spared: str) -> bool:
    host = (target.hostname or "").rstrip(".")
    port = target.port or {"https": 443, "http": 80}.get(target.scheme)
    address = _address(host)
    if host in _LOOPBACK_NAMES or (address is not None and address.is_loopback):
        return True
    for entry in spared.lower().split(","):
        name = entry.strip()
        if name == "*":
            return True
        bare = name
        if name.count(":") == 1:
            bare, _, wanted = name.partition(":")
            if wanted != str(port):
                continue
        if _covers(bare.strip("[]"), host, address):
            return True
    return False


def _covers(
    entry: str, host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


@lru_cache(maxsize=4)
def _trusting(file: str | None, folder: str | None) -> ssl.SSLContext:
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())  # a slim image has no store of its own
    return context
