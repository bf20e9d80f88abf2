"""Puts a rotation's chart into the alert that has gone before it; whatever fails here, the alert is out."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from monitor.clock import Clock
from monitor.content.mail import Inline
from monitor.delivery.channel import DrawPicture, Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.slack.api import SlackApi
from monitor.delivery.slack.errors import NOT_EDITABLE, SlackRefused
from monitor.delivery.slack.forms import Shown, pictured_form
from monitor.delivery.slack.receipts import Posted, left_out, pictured, was_edited
from monitor.model.notice import Notice

log = structlog.get_logger(__name__)

TRIES = 4
"""A picture that Slack does not take holds up what is to be said next in its thread: it is given up soon."""
LAST_TRY = 8
"""A process that ends while it draws (memory) would come back to the same picture for ever."""
LONGEST_S = 75.0
"""Of drawing and uploading together, well within the lease of a notice."""
POLLS = 10
POLL = timedelta(seconds=1)
EDIT_PAUSES = (timedelta(0), timedelta(seconds=2), timedelta(seconds=4))
"""A file that is not processed yet makes the blocks that show it invalid."""
ALT_TEXT = 1000
_AGAIN = frozenset({"unreachable", "server", "rate_limited"})


class PictureUpload:
    """``pace`` waits until the channel may take another message."""

    def __init__(
        self,
        api: SlackApi,
        clock: Clock,
        draw: DrawPicture | None,
        pace: Callable[[], Awaitable[None]],
    ) -> None:
        self._api = api
        self._clock = clock
        self._draw = draw
        self._pace = pace

    async def show(self, notice: Notice, how: Sending, parent: Posted) -> Receipt:
        """Draw it, upload it, and put it inside the parent, else into its thread.

        Raises DeliveryFailed where Slack does not answer and it is worth trying again; every other failure is a
        receipt that says why the picture was left out.
        """
        if how.attempt > LAST_TRY:
            return _without(notice, "every try ended without an outcome")
        try:
            async with asyncio.timeout(LONGEST_S):
                return await self._show(notice, how, parent)
        except TimeoutError:
            return _without(notice, "it took too long")
        except DeliveryFailed as error:
            if error.kind in _AGAIN and how.attempt < TRIES:
                raise
            return _without(notice, str(error))

    async def _show(self, notice: Notice, how: Sending, parent: Posted) -> Receipt:
        if self._draw is None:
            return left_out("no picture: none are drawn here")
        try:
            picture = await asyncio.to_thread(self._draw, notice)
        except Exception as error:  # noqa: BLE001  a chart that cannot be drawn must not hold up its thread
            return _without(notice, f"drawing failed ({type(error).__name__})")
        if picture is None:
            return left_out("no picture: nothing to draw")
        if not was_edited(how.earlier, parent):  # else the edit's later facts would be overwritten
            shown = await self._uploaded(notice, picture)
            await self._processed(shown.file)
            try:
                if await self._put_inside(notice, parent, shown):
                    return pictured(shown, inside=True)
            except SlackRefused as error:
                if error.word != "message_not_found":
                    raise
                return _without(notice, "the alert is gone")
        await self._pace()
        return pictured(await self._uploaded(notice, picture, into=parent), inside=False)

    async def _uploaded(
        self, notice: Notice, picture: Inline, *, into: Posted | None = None
    ) -> Shown:
        """The file, private to the bot or shared into a thread."""
        place = await self._api.ask(
            "files.getUploadURLExternal",
            filename=f"{re.sub(r'[^A-Za-z0-9._-]', '-', picture.key)[:80]}.png",
            length=len(picture.png),
            alt_txt=picture.alt[:ALT_TEXT],
        )
        url, file = place.get("upload_url"), place.get("file_id")
        if not isinstance(url, str) or not isinstance(file, str):
            raise DeliveryFailed("refused", "slack: no place for an upload")
        await self._api.upload(url, picture.png)
        share = {"channel_id": into.channel, "thread_ts": into.ts} if into else {}
        files = json.dumps([{"id": file, "title": notice.text}])
        await self._api.ask("files.completeUploadExternal", files=files, **share)
        return Shown(file, picture.alt[:ALT_TEXT])

    async def _processed(self, file: str) -> None:
        """Wait until Slack knows what the file is; without the scope for asking, the edit shows whether it does."""
        for _ in range(POLLS):
            try:
                answer = await self._api.ask("files.info", file=file)
            except DeliveryFailed:
                return
            known = answer.get("file")
            if isinstance(known, dict) and known.get("mimetype"):
                return
            await self._clock.sleep(POLL)

    async def _put_inside(self, notice: Notice, parent: Posted, picture: Shown) -> bool:
        """Whether the parent shows it now."""
        form = pictured_form(notice, picture=picture, late=parent.late)
        if form is None:
            return False
        for pause in EDIT_PAUSES:
            await self._clock.sleep(pause)
            try:
                await self._api.send(
                    "chat.update",
                    channel=parent.channel,
                    ts=parent.ts,
                    text=form.text,
                    blocks=form.blocks,
                )
            except SlackRefused as error:
                if error.word in NOT_EDITABLE - {"message_not_found"}:
                    return False
                if not error.payload_refused:
                    raise
            else:
                return True
        return False


def _without(notice: Notice, why: str) -> Receipt:
    log.warning("picture left out", key=notice.dedup_key, why=why)
    return left_out(f"no picture: {why}")
