"""A ccxt exchange whose answers are read up to a bound, so that no venue can fill the memory."""

import asyncio
import socket
from typing import Any

LARGEST_ANSWER = 16_000_000
"""Bytes of one answer: 5,000 candles are a megabyte."""

LARGEST_TABLE = 128_000_000
"""Bytes of a table of markets: real ones are 20 MB and less."""

_CHUNK = 1 << 16


def bounded(exchange_class: Any) -> Any:
    """The class with ``largest_answer`` bytes as the bound of what is read; more fails as AnswerTooLargeError below ccxt's error."""
    import aiohttp  # noqa: PLC0415  as heavy as ccxt, which brings it along

    class AnswerTooLargeError(aiohttp.ClientError):
        """An answer that goes on beyond the bound."""

    class Bounded(exchange_class):  # type: ignore[misc]
        largest_answer = LARGEST_ANSWER
        session: Any
        asyncio_loop: Any

        def open(self, lazy: bool = False) -> None:  # noqa: FBT001, FBT002  as ccxt has it
            """Make the session that ccxt would make, with answers of ours."""
            # what was asked beside a request that failed may go on after the close: ccxt refuses it, and a session that
            # was made for it nobody would close
            is_over = lazy and getattr(self, "closed_by_user", False)
            ready = self.session is not None or not self.own_session or self.ssl_context is None
            if is_over or ready:
                super().open(lazy)
                return
            exchange = self

            class Answer(aiohttp.ClientResponse):
                async def text(self, encoding: str | None = None, errors: str = "strict") -> str:
                    parts, size = [], 0
                    async for part in self.content.iter_chunked(_CHUNK):
                        size += len(part)
                        if size > exchange.largest_answer:
                            self.close()
                            raise AnswerTooLargeError(f"more than {exchange.largest_answer} bytes")
                        parts.append(part)
                    return b"".join(parts).decode(encoding or "utf-8", errors)

            self.asyncio_loop = self.asyncio_loop or asyncio.get_running_loop()
            self.tcp_connector = aiohttp.TCPConnector(
                ssl=self.ssl_context, enable_cleanup_closed=True, family=socket.AF_UNSPEC
            )
            self.session = aiohttp.ClientSession(
                connector=self.tcp_connector,
                response_class=Answer,
                trust_env=self.aiohttp_trust_env,
            )
            super().open(lazy)

    Bounded.__name__ = exchange_class.__name__
    return Bounded
