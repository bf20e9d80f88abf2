"""Slack's Web API, one call at a time: bounded, never repeated by itself, its failures in our own words."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from monitor.delivery.slack.errors import NO_ANSWER, api_refused, no_way_out, unreachable
from monitor.network import USER_AGENT, proxy_for, trust

SLACK = "https://slack.com/api/"
Answer = Mapping[str, Any]


class SlackApi:
    """The methods that the monitor uses. The token goes into a header and appears in no text."""

    def __init__(self, token: str, *, base_url: str | None, timeout: timedelta) -> None:
        self._token = token
        self._base_url = base_url or SLACK
        self._timeout_s = timeout.total_seconds()
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None

    async def send(self, method: str, **arguments: Any) -> Answer:
        """A method that takes its arguments as JSON (chat.*); raises SlackRefused or DeliveryFailed."""
        return await self._call(method, json=arguments)

    async def ask(self, method: str, **arguments: Any) -> Answer:
        """A method that takes its arguments in the query (conversations.*, files.*); raises as :meth:`send`."""
        return await self._call(method, params=arguments)

    async def upload(self, url: str, content: bytes) -> None:
        """Bytes to the address that Slack named for them, without the token; raises SlackRefused or DeliveryFailed."""
        _, session = self._open()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                session.post(
                    url, data=content, proxy=proxy_for(url), ssl=trust(), allow_redirects=False
                ) as answer,
            ):
                status, headers, said = answer.status, dict(answer.headers), await answer.text()
        except NO_ANSWER as error:
            raise unreachable(error) from None
        if status != 200:
            raise api_refused(status, said, headers)

    async def close(self) -> None:
        """Give the connections back; the next call opens new ones."""
        session, self._session, self._client = self._session, None, None
        if session is not None:
            await session.close()

    async def _call(
        self,
        method: str,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
    ) -> Answer:
        client, _ = self._open()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await client.api_call(method, json=json, params=params)
                data = answer.data
        except SlackApiError as error:
            raise _refused(error) from None
        except NO_ANSWER as error:
            raise unreachable(error) from None
        return data if isinstance(data, dict) else {}

    def _open(self) -> tuple[AsyncWebClient, aiohttp.ClientSession]:
        """One session for the life of the channel, opened in the loop that uses it."""
        try:
            proxy, trusted = proxy_for(self._base_url), trust()
        except (OSError, ValueError) as error:
            raise no_way_out(error) from None
        if self._session is None or self._client is None:
            # The client's own log lines may quote addresses; a logger outside of the tree is switched on by nobody.
            silent = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)  # noqa: LOG001
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_s)
            )
            self._client = AsyncWebClient(
                token=self._token,
                base_url=self._base_url,
                session=self._session,
                ssl=trusted,
                user_agent_prefix=USER_AGENT,
                retry_handlers=[],  # a repeat may double a message: the outbox decides
                logger=silent,
            )
            self._client.proxy = (
                proxy  # it takes one from the environment without a look at NO_PROXY
            )
        return self._client, self._session


def _refused(error: SlackApiError) -> Exception:
    """The client raises with its own response, or with the bare one where the body was no JSON."""
    response = error.response
    data = getattr(response, "data", None)
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    if not isinstance(status, int):
        return unreachable(error)
    headers = {str(name): str(value) for name, value in dict(response.headers or {}).items()}
    said = data.get("error") if isinstance(data, dict) else None
    return api_refused(status, said, headers)
