"""Plain HTTP questions to the server, for what the wire itself must look like."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.kit.waiting import PATIENCE_S


@dataclass(frozen=True)
class Got:
    """An answer: status, headers and parsed JSON (text where it is none)."""

    status: int
    headers: dict[str, str]
    body: Any


def ask(base: str, path: str, *, method: Any = "GET", data: Any = None, **params: Any) -> Got:
    """One request with those query parameters (a trailing underscore is cut off, for ``from_``)."""
    query = urllib.parse.urlencode({name.rstrip("_"): value for name, value in params.items()})
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(  # noqa: S310  loopback only
        f"{base}{path}?{query}", data=body, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return Got(answer.status, dict(answer.headers), _parsed(answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Got(error.code, dict(error.headers), _parsed(error.read()))


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode()
