"""Slack by bot token: a parent a rotation, its thread, edits in place, pictures.

Slack drops no repeat by itself. Every message carries its notice's key as metadata, and a repeated try looks for it
first: a process that is killed after Slack said ok finds its message again when the lease is over. What is left of
the window: the token has no right to read the channel's history, or the channel is configured by name and nothing was
posted to it since the start; then the message goes once more.
"""

import asyncio
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import structlog

from monitor.clock import Clock
from monitor.content.lateness import late_words
from monitor.delivery.channel import DrawPicture, Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.slack.api import Answer, SlackApi
from monitor.delivery.slack.errors import NOT_EDITABLE, THREAD_GONE, SlackRefused
from monitor.delivery.slack.find_copy import find_copy, metadata_of
from monitor.delivery.slack.forms import Form, Shown, edited_form, short_form, whole_form
from monitor.delivery.slack.receipts import (
    Posted,
    left_out,
    parent_of,
    picture_of,
    said,
    thread_of,
)
from monitor.delivery.slack.upload import PictureUpload
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.network import CHANNEL_TIMEOUT

log = structlog.get_logger(__name__)

PACE = timedelta(seconds=1)
"""Least time between two messages of one channel; Slack tolerates short bursts only."""
LOOK_S = 20.0
SURE_LOOKS = 3
"""So often a look for an earlier copy that gets no answer puts the notice off; after that it goes unlooked. Counted are
looks, not tries: those are counted too by a process that was killed and by a notice that waits for the morning."""
_ID = re.compile(r"[CGD][A-Z0-9]{5,}")
_PASSING = frozenset({"unreachable", "server", "rate_limited"})


class SlackBot:
    """Posts to one channel, named by its id (better) or as ``#name``; the token appears in no text.

    ``draw``: the chart of a rotation's notice; None where none are drawn. ``base_url``: of a local server, with
    ``/api/`` at its end.
    """

    def __init__(
        self,
        token: str,
        channel: str,
        *,
        clock: Clock,
        base_url: str | None = None,
        draw: DrawPicture | None = None,
        timeout: timedelta = CHANNEL_TIMEOUT,
    ) -> None:
        self._api = SlackApi(token, base_url=base_url, timeout=timeout)
        self._clock = clock
        self._channel = channel
        self._id = channel if _ID.fullmatch(channel) else ""
        self._pictures = PictureUpload(self._api, clock, draw, self._pace)
        self._free_at: datetime | None = None
        self._turn = asyncio.Lock()
        self._unanswered: Counter[str] = Counter()
        """Key of a notice -> looks for it that got no answer."""

    async def send(self, notice: Notice, how: Sending) -> Receipt:
        """Do what the notice's act says; raises DeliveryFailed."""
        match notice.act:
            case Act.SAY:
                form = whole_form(notice, how)
                return said(notice, await self._once(notice, how, form, None), act=Act.SAY)
            case Act.REPLY:
                return await self._reply(notice, how)
            case Act.EDIT:
                return await self._edit(notice, how)
            case Act.PICTURE:
                parent = parent_of(how.earlier, self._id)
                if parent is None:
                    return left_out("no picture: nothing was said that could show it")
                return await self._pictures.show(notice, how, parent)

    async def find(self, notice: Notice, how: Sending) -> Receipt | None:
        """The receipt of an earlier try that arrived without our knowing, where there is one; raises DeliveryFailed."""
        thread = thread_of(how.earlier, self._id) if notice.act is Act.REPLY else None
        channel = thread.channel if thread else self._id
        ts = await self._copy(notice, channel, thread)
        if ts is None:
            return None
        stands_alone = notice.act is Act.SAY or (thread is None and _is_whole_of(notice))
        told = Posted(channel, ts, late_words(notice, how.now))
        return said(notice, told, act=Act.SAY if stands_alone else Act.REPLY)

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    async def _reply(self, notice: Notice, how: Sending) -> Receipt:
        """Into the thread; where it is gone, a message of its own, which as the rotation's whole alert is the new parent."""
        thread = thread_of(how.earlier, self._id)
        if thread is not None:
            try:
                told = await self._once(notice, how, short_form(notice, how), thread)
                return said(notice, told, act=Act.REPLY)
            except SlackRefused as error:
                if error.word not in THREAD_GONE:
                    raise
                log.info("thread is gone", key=notice.dedup_key, error=error.word)
        told = await self._once(notice, how, whole_form(notice, how), None)
        return said(notice, told, act=Act.SAY if _is_whole_of(notice) else Act.REPLY)

    async def _edit(self, notice: Notice, how: Sending) -> Receipt:
        """The parent, with the picture it shows; what cannot be edited is left as it is, since the thread tells it too."""
        parent = parent_of(how.earlier, self._id)
        if parent is None:
            return left_out("nothing was said that could be edited")
        if how.plain:
            return left_out("its form was refused")
        picture = picture_of(how.earlier)
        try:
            return await self._edited(notice, parent, picture)
        except SlackRefused as error:
            if picture is None or not error.payload_refused:
                raise
        return await self._edited(notice, parent, None)  # the file may have been deleted

    async def _edited(self, notice: Notice, parent: Posted, picture: Shown | None) -> Receipt:
        form = edited_form(notice, picture=picture, late=parent.late)
        if form is None:
            return left_out("it tells no change")
        try:
            await self._update(parent, form)
        except SlackRefused as error:
            if error.word not in NOT_EDITABLE:
                raise
            return left_out(f"slack: {error.word}")
        return {"edited": parent.ts}

    async def _update(self, parent: Posted, form: Form) -> None:
        await self._api.send(
            "chat.update",
            channel=parent.channel,
            ts=parent.ts,
            text=form.text,
            blocks=form.blocks or [],
        )

    async def _once(
        self, notice: Notice, how: Sending, form: Form, thread: Posted | None
    ) -> Posted:
        """Post it, unless an earlier try has."""
        channel = thread.channel if thread else self._id
        late = late_words(notice, how.now)
        if how.attempt > 1:
            ts = await self._copy(notice, channel, thread)
            if ts is not None:
                log.info("was posted before", key=notice.dedup_key)
                return Posted(channel, ts, late)
        answer = await self._post(notice, form, channel or self._channel, thread)
        self._id = self._id or str(answer.get("channel") or "")
        return Posted(str(answer.get("channel") or channel), str(answer.get("ts") or ""), late)

    async def _post(
        self, notice: Notice, form: Form, channel: str, thread: Posted | None
    ) -> Answer:
        arguments: dict[str, Any] = {
            "channel": channel,
            "text": form.text,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": metadata_of(notice),
        }
        if form.blocks is not None:
            arguments["blocks"] = form.blocks
        if thread is not None:
            arguments |= {"thread_ts": thread.ts, "reply_broadcast": notice.urgent}
        await self._pace()
        try:
            return await self._api.send("chat.postMessage", **arguments)
        except SlackRefused as error:
            if "metadata" not in error.word:  # a token that may not attach any
                raise
        del arguments["metadata"]
        return await self._api.send("chat.postMessage", **arguments)

    async def _copy(self, notice: Notice, channel: str, thread: Posted | None) -> str | None:
        """``ts`` of what an earlier try posted. Where it cannot be found out the notice goes: lost is worse than twice."""
        if not channel:
            log.warning("not looked for an earlier copy", key=notice.dedup_key, error="no id")
            return None
        try:
            async with asyncio.timeout(LOOK_S):
                found = await find_copy(self._api, notice, channel, thread.ts if thread else None)
                del self._unanswered[notice.dedup_key]
                return found
        except TimeoutError:
            failed = DeliveryFailed("unreachable", "slack: looking took too long")
        except DeliveryFailed as error:
            failed = error
        if failed.kind in _PASSING:
            self._unanswered[notice.dedup_key] += 1
            if self._unanswered[notice.dedup_key] <= SURE_LOOKS:
                raise failed
            del self._unanswered[notice.dedup_key]
        log.warning("not looked for an earlier copy", key=notice.dedup_key, error=str(failed))
        return None

    async def _pace(self) -> None:
        """Wait for the channel's next second."""
        async with self._turn:
            if self._free_at is not None:
                wait = self._free_at - self._clock.now()
                await self._clock.sleep(max(timedelta(0), min(PACE, wait)))  # clocks jump
            self._free_at = self._clock.now() + PACE


def _is_whole_of(notice: Notice) -> bool:
    """Whether a message of its own tells the thread's own rotation whole; a leg may be told in another's thread."""
    own = notice.thread in notice.payload.get("rotations", ())
    return own and notice.kind is NoticeKind.ROTATION
