"""JSON over HTTP from a data provider: bounded, its failures in our words and told apart by what to do next."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueBusy, VenueDown, VenueError, VenueForbidden
from monitor.ingest.exchange.retry import ask_again
from monitor.ingest.exchange.translate import Answer, asked_wait
from monitor.network import VENDOR_TIMEOUT, http_client

LARGEST_ANSWER = 4_000_000
BUSY_WAIT_S = 60.0
_NOT_ALLOWED = (401, 402, 403, 451)


class VendorHttp:
    """Requests to one provider. ``attempts``: of each, while the failure may pass. ``base_url`` is in no text.

    ``is_no_entry``: whether an answer that is no 200 means that we may not ask, beside the usual statuses.
    ``setting``: where the configuration names it, ``sources.NAME`` by default.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        clock: Clock,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 3,
        is_no_entry: Callable[[httpx.Response], bool] = lambda _: False,
        setting: str | None = None,
    ) -> None:
        self._name = name
        self._base = base_url.rstrip("/")
        self._clock = clock
        self._attempts = attempts
        self._is_no_entry = is_no_entry
        self._setting = setting or f"sources.{name}"
        self._http = http_client(
            self._base, headers={"accept": "application/json", **(headers or {})}, timeout=timeout
        )

    async def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """The JSON at a path; raises VenueError."""
        return await self._again(partial(self._http.get, self._base + path, params=parameters))

    async def post(self, path: str, body: Any) -> Any:
        """The JSON that answers ``body``, of a request that may be repeated; raises VenueError."""
        return await self._again(partial(self._http.post, self._base + path, json=body))

    async def get_bytes(self) -> bytes:
        """What stands at the base address itself, as it is; raises VenueError."""
        response = await self._asked_again(partial(self._http.get, self._base))
        return bytes(response.content)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _again(self, ask: Callable[[], Any]) -> Any:
        return await ask_again(
            partial(self._json, ask), self._clock, attempts=self._attempts, wait=_wait
        )

    async def _asked_again(self, ask: Callable[[], Any]) -> httpx.Response:
        return await ask_again(
            partial(self._once, ask), self._clock, attempts=self._attempts, wait=_wait
        )

    async def _json(self, ask: Callable[[], Any]) -> Any:
        response = await self._once(ask)
        try:
            return response.json()
        except ValueError:
            raise BadVenueData(self._name, "gave an answer that is no JSON") from None

    async def _once(self, ask: Callable[[], Any]) -> httpx.Response:
        try:
            response: httpx.Response = await ask()
        except httpx.TimeoutException:
            raise VenueDown(self._name, "gave no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise VenueDown(self._name, f"is unreachable ({type(error).__name__})") from None
        if response.status_code != httpx.codes.OK:
            raise self._refused(response)
        if len(response.content) > LARGEST_ANSWER:
            text = f"gave {len(response.content):,} bytes, expected a short answer"
            raise BadVenueData(self._name, text)
        return response

    def _refused(self, response: httpx.Response) -> VenueError:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            answer = Answer(status, dict(response.headers))
            wait = max(asked_wait(answer, "", self._clock.now()) or 0.0, BUSY_WAIT_S)
            text = f"asks for fewer requests, waiting {wait:.0f} s"
            return VenueBusy(self._name, text, wait_s=wait)
        if status in _NOT_ALLOWED or self._is_no_entry(response):
            remedy = f"check {self._setting}: its key, plan and address"
            return VenueForbidden(self._name, f"does not let us ask (HTTP {status})", remedy=remedy)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return VenueDown(self._name, f"is unreachable (HTTP {status})")
        return VenueError(self._name, f"refused the request (HTTP {status})")


def _wait(error: VenueError, attempt: int) -> timedelta | None:
    """1, 2, 4 s while the failure may pass."""
    return timedelta(seconds=1 << (attempt - 1)) if error.worth_repeating else None
