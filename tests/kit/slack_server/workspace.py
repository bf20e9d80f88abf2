"""What the workspace holds and what every channel finally shows: a fold over recorded events."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MENTION = re.compile(r"<!(?:channel|here|everyone)\b[^>]*>|<[@!][USW][A-Z0-9]+[^>]*>")
TEAM, BOT_USER, BOT = "T0TEST", "U0MONITOR", "B0MONITOR"


@dataclass(slots=True)
class Message:
    """A message as it stands now. ``via`` is ``webhook`` or ``bot``; ``edits`` counts changes; replies are in order."""

    channel: str
    ts: str
    text: str
    blocks: list[Any]
    via: str
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    edits: int = 0
    replies: list["Message"] = field(default_factory=list)

    @property
    def mentions(self) -> list[str]:
        """Everything in it that would call people."""
        return _MENTION.findall(json.dumps([self.text, self.blocks], ensure_ascii=False))

    @property
    def shown(self) -> str:
        """All its text, blocks included."""
        return json.dumps([self.text, self.blocks], ensure_ascii=False)


@dataclass(slots=True)
class StoredFile:
    """An uploaded file: ``uploaded`` has its bytes, ``completed`` may be shown, ``polls`` counts files.info."""

    id: str
    name: str
    length: int
    alt_text: str
    title: str = ""
    uploaded: bool = False
    completed: bool = False
    polls: int = 0


class Workspace:
    """The state, changed by :meth:`apply` alone, so that recorded events give the same state again."""

    def __init__(self, channels: Mapping[str, str]) -> None:
        self.channels = dict(channels)  # id -> name
        self.archived: set[str] = set()
        self.files: dict[str, StoredFile] = {}
        self.complaints: list[str] = []
        self.refusals: list[tuple[str, str]] = []  # (method, error)
        self._messages: dict[tuple[str, str], Message] = {}
        self.last_ts = 0.0

    @classmethod
    def read(cls, record: Path, channels: Mapping[str, str]) -> "Workspace":
        """What a record file tells; a last line that was cut off is left out."""
        workspace = cls(channels)
        for event in read_events(record):
            workspace.apply(event)
        return workspace

    def channel(self, name: str) -> list[Message]:
        """What the channel of that id or name shows: its parent messages in order, with their replies."""
        channel = self.channel_id(name) or name
        return [m for (at, _), m in self._messages.items() if at == channel and m.thread_ts is None]

    def messages(self, name: str) -> list[Message]:
        """All messages of a channel, replies included, in the order they arrived."""
        channel = self.channel_id(name) or name
        return [m for (at, _), m in self._messages.items() if at == channel]

    def message(self, channel: str, ts: str) -> Message | None:
        """One message; None where there is none."""
        return self._messages.get((channel, ts))

    def channel_id(self, name: str) -> str | None:
        """The id of a channel named by its id, its name or #name."""
        wanted = name.removeprefix("#")
        return next((i for i, known in self.channels.items() if wanted in (i, known)), None)

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take in one event."""
        match event["event"]:
            case "message":
                self._add(Message(**{k: v for k, v in event.items() if k not in ("event", "at")}))
            case "edit":
                message = self._messages[event["channel"], event["ts"]]
                message.edits += 1
                for name in ("text", "blocks", "metadata"):
                    if name in event:
                        setattr(message, name, event[name])
            case "delete":
                self._remove(event["channel"], event["ts"])
            case "file_deleted":
                self.files[event["file"]].completed = False
            case "file":
                stored = StoredFile(**event["file"])
                self.files[stored.id] = stored
            case "complaint":
                self.complaints.append(f"{event['method']}: {event['what']}")
            case "refused":
                self.refusals.append((event["method"], event["error"]))

    def _remove(self, channel: str, ts: str) -> None:
        message = self._messages.pop((channel, ts))
        parent = self._messages.get((channel, message.thread_ts or ""))
        if parent is not None:
            parent.replies.remove(message)

    def _add(self, message: Message) -> None:
        message.files = tuple(message.files)
        self._messages[message.channel, message.ts] = message
        self.last_ts = max(self.last_ts, float(message.ts))
        parent = self._messages.get((message.channel, message.thread_ts or ""))
        if parent is not None:
            parent.replies.append(message)


def read_events(record: Path) -> Iterator[dict[str, Any]]:
    """Events of a record file, in order."""
    if not record.exists():
        return
    for line in record.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return  # the server died while it wrote
