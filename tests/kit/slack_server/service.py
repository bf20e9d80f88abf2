"""What Slack does with a message or a file once a call has come through: checks, accepts, remembers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from monitor.clock import Clock, monotonic
from monitor.model.grid import iso
from tests.kit.slack_server.block_kit import MAX_CHARACTERS, characters, problems
from tests.kit.slack_server.workspace import Message, StoredFile, Workspace, read_events

_TEXT_CUT, _TEXT_ADVISED = 40_000, 4_000


class Refusal(Exception):  # noqa: N818  an answer on its way, no failure
    """Slack refuses with a documented error; ``messages`` are its hints."""

    def __init__(self, error: str, messages: Sequence[str] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.messages = list(messages)


class Service:
    """The workspace and its record. Not safe between threads: only the server's loop changes it."""

    def __init__(
        self,
        channels: Mapping[str, str],
        clock: Clock,
        *,
        record: Path | None = None,
        strict: bool = True,
        processing_seconds: float = 0.0,
        processing_polls: int = 0,
    ) -> None:
        self.workspace = Workspace(channels)
        self._clock = clock
        self._record = record
        self._strict = strict
        self._processing_seconds = processing_seconds
        self._processing_polls = processing_polls
        self._completed_at: dict[str, float] = {}
        if record is not None:
            for event in read_events(record):
                self.workspace.apply(event)

    def post(
        self,
        channel: str,
        text: str,
        blocks: Any,
        *,
        via: str,
        thread_ts: str | None = None,
        broadcast: bool = False,
        metadata: Any = None,
        files: Sequence[str] = (),
    ) -> Message:
        """Accept a message or raise the refusal Slack would answer with."""
        if channel in self.workspace.archived:
            raise Refusal("channel_is_archived" if via == "webhook" else "is_archived")
        self._check_content(text, blocks, has_files=bool(files))
        _check_metadata(metadata)
        if thread_ts is not None and self.workspace.message(channel, thread_ts) is None:
            raise Refusal("cannot_reply_to_message", [f"no message {thread_ts}"])
        ts = self._next_ts()
        self.write(
            {
                "event": "message",
                "channel": channel,
                "ts": ts,
                "text": text[:_TEXT_CUT],
                "blocks": blocks or [],
                "via": via,
                "thread_ts": thread_ts,
                "broadcast": broadcast,
                "metadata": metadata,
                "files": list(files),
            }
        )
        message = self.workspace.message(channel, ts)
        assert message is not None
        return message

    def edit(self, channel: str, ts: str, changes: Mapping[str, Any]) -> Message:
        """Change a message in place; what is not named stays, but a text without blocks takes the blocks away."""
        message = self.workspace.message(channel, ts)
        if message is None:
            raise Refusal("message_not_found")
        if channel in self.workspace.archived:
            raise Refusal("is_archived")
        if message.via != "bot":
            raise Refusal("cant_update_message")
        text, blocks = changes.get("text", ""), changes.get("blocks")
        self._check_content(text, blocks)
        _check_metadata(changes.get("metadata"))
        event = {
            "event": "edit",
            "channel": channel,
            "ts": ts,
            "text": text,
            "blocks": blocks or [],
        }
        if "metadata" in changes:
            event["metadata"] = changes["metadata"]
        self.write(event)
        return message

    def new_file(self, name: str, length: int, alt_text: str) -> StoredFile:
        """A place for a file that is going to be uploaded."""
        number = len(self.workspace.files) + 1
        return self._keep(StoredFile(f"F{number:08d}", name, length, alt_text))

    def upload(self, file_id: str, content: bytes) -> None:
        """Take in the bytes; raises Refusal where they are not those that were announced."""
        stored = self.workspace.files.get(file_id)
        if stored is None:
            raise Refusal("file_not_found")
        if len(content) != stored.length:
            self.complain("upload", f"{len(content)} bytes came, {stored.length} were announced")
            raise Refusal("invalid_length")
        stored.uploaded = True
        self._keep(stored)

    def complete(self, entries: Sequence[Mapping[str, Any]]) -> list[StoredFile]:
        """Make uploaded files showable."""
        files = [self.workspace.files.get(str(entry.get("id"))) for entry in entries]
        if not files or any(f is None or not f.uploaded for f in files):
            raise Refusal("file_not_found")
        done = [f for f in files if f is not None]
        for stored, entry in zip(done, entries, strict=True):
            stored.completed, stored.title = True, str(entry.get("title", stored.name))
            self._completed_at[stored.id] = monotonic()
            self._keep(stored)
        return done

    def is_ready(self, file_id: str) -> bool:
        """Whether a file is processed, so that a block may show it."""
        stored = self.workspace.files.get(file_id)
        if stored is None or not stored.completed:
            return False
        waited = monotonic() - self._completed_at.get(file_id, 0.0)
        return waited >= self._processing_seconds and stored.polls >= self._processing_polls

    def complain(self, method: str, what: str) -> None:
        """Note something that Slack would let pass but a careful client does not do."""
        self.write({"event": "complaint", "method": method, "what": what})

    def write(self, event: Mapping[str, Any]) -> None:
        """Record an event before anybody hears of it, then apply it."""
        stamped = {**event, "at": iso(self._clock.now())}
        if self._record is not None:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(stamped, ensure_ascii=False) + "\n")
        self.workspace.apply(stamped)

    def _keep(self, stored: StoredFile) -> StoredFile:
        self.write({"event": "file", "file": asdict(stored)})
        return self.workspace.files[stored.id]

    def _check_content(self, text: str, blocks: Any, *, has_files: bool = False) -> None:
        if not text and not has_files and (self._strict or not blocks):
            raise Refusal("no_text")
        if len(text) > _TEXT_ADVISED:
            self.complain("text", f"{len(text)} characters, better under {_TEXT_ADVISED}")
        if not blocks:
            return
        found = problems(blocks, self.is_ready)
        if found:
            raise Refusal("invalid_blocks", found)
        if characters(blocks) > MAX_CHARACTERS:
            raise Refusal("msg_blocks_too_long")

    def _next_ts(self) -> str:
        """A time that is later than every one before, as Slack counts: seconds and microseconds."""
        now = self._clock.now().timestamp()
        ticks = max(round(now * 1e6), round(self.workspace.last_ts * 1e6) + 1)
        return f"{ticks // 1_000_000}.{ticks % 1_000_000:06d}"


def _check_metadata(metadata: Any) -> None:
    if metadata is None:
        return
    fits = (
        isinstance(metadata, Mapping)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), Mapping)
    )
    if not fits:
        raise Refusal("invalid_metadata_format")
