"""What the bot remembers of its messages: receipts as they are stored, and what a later notice reads from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.delivery.channel import Receipt
from monitor.delivery.slack.forms import Shown
from monitor.model.notice import Act, Notice, NoticeKind


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that stands in a channel. ``late``: how late it said it was, empty where it was in time."""

    channel: str
    ts: str
    late: str = ""


def said(notice: Notice, told: Posted, *, act: Act) -> Receipt:
    """Of a message that was posted. ``act``: what it has become, a parent or a mere reply."""
    receipt = {
        "channel": told.channel,
        "ts": told.ts,
        "act": act.value,
        "key": notice.dedup_key,
        "kind": notice.kind.value,
    }
    return receipt | ({"late": told.late} if told.late else {})


def left_out(why: str) -> Receipt:
    """Of what was not done, though nothing is lost by it."""
    return {"left_out": why}


def parent_of(earlier: Sequence[Receipt], channel: str) -> Posted | None:
    """The rotation's newest message of its own; no digest. ``channel``: the id that is posted to, empty if unknown."""
    return _newest(earlier, channel, digests=False)


def thread_of(earlier: Sequence[Receipt], channel: str) -> Posted | None:
    """What a reply goes under: the rotation's own message, else the digest that told it."""
    return parent_of(earlier, channel) or _newest(earlier, channel, digests=True)


def pictured(picture: Shown, *, inside: bool) -> Receipt:
    """Of a picture that the parent shows ``inside``, or its thread."""
    return {"file": picture.file, "alt": picture.alt, "shown": "parent" if inside else "thread"}


def picture_of(earlier: Sequence[Receipt]) -> Shown | None:
    """What the parent shows inside, if anything."""
    for receipt in reversed(earlier):
        file = receipt.get("file")
        if receipt.get("shown") == "parent" and isinstance(file, str):
            return Shown(file, str(receipt.get("alt", "")))
    return None


def was_edited(earlier: Sequence[Receipt], parent: Posted) -> bool:
    """Whether the parent tells more by now than it was posted with."""
    return any(receipt.get("edited") == parent.ts for receipt in earlier)


def _newest(earlier: Sequence[Receipt], channel: str, *, digests: bool) -> Posted | None:
    for receipt in reversed(earlier):
        told = _told(receipt)
        is_digest = receipt.get("kind") == NoticeKind.DIGEST.value
        if told is None or receipt.get("act") != Act.SAY.value or is_digest is not digests:
            continue
        if channel in ("", told.channel):  # the channel may have been changed by configuration
            return told
    return None


def _told(receipt: dict[str, Any]) -> Posted | None:
    channel, ts = receipt.get("channel"), receipt.get("ts")
    if not (isinstance(channel, str) and isinstance(ts, str) and channel and ts):
        return None  # of a webhook, or of an edit
    return Posted(channel, ts, str(receipt.get("late", "")))
