"""The Web API methods: typed arguments in, the JSON answer out, or a refusal."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.kit.slack_server.service import Refusal, Service
from tests.kit.slack_server.workspace import BOT, BOT_USER, TEAM, Message, StoredFile

Arguments = Mapping[str, Any]
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 999


class Methods:
    """The methods over one service. ``base_url`` is where uploads go."""

    def __init__(self, service: Service, base_url: Callable[[], str]) -> None:
        self._service = service
        self._base_url = base_url
        self._table: Mapping[str, Callable[[Arguments], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.info": self._info,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete,
            "files.info": self._file_info,
        }

    def call(self, method: str, arguments: Arguments) -> dict[str, Any]:
        """The answer without its ``ok``; raises Refusal."""
        return self._table[method](arguments)

    def _channel(self, arguments: Arguments, *, by_name: bool = False) -> str:
        name = arguments.get("channel") or arguments.get("channel_id") or ""
        if by_name:
            found = self._service.workspace.channel_id(name)
        else:
            found = name if name in self._service.workspace.channels else None
        if found is None:
            raise Refusal("channel_not_found")
        return found

    def _auth_test(self, arguments: Arguments) -> dict[str, Any]:
        names = {"url": self._base_url(), "team": "Test", "user": "monitor", "team_id": TEAM}
        return {**names, "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False}

    def _post(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments, by_name=True)
        message = self._service.post(
            channel,
            arguments.get("text", ""),
            arguments.get("blocks"),
            via="bot",
            thread_ts=arguments.get("thread_ts"),
            broadcast=arguments.get("reply_broadcast", False),
            metadata=arguments.get("metadata"),
        )
        return {"channel": channel, "ts": message.ts, "message": _shown(message, metadata=True)}

    def _update(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        message = self._service.edit(channel, arguments["ts"], arguments)
        shown = _shown(message, metadata=True)
        return {"channel": channel, "ts": message.ts, "text": message.text, "message": shown}

    def _permalink(self, arguments: Arguments) -> dict[str, Any]:
        channel, ts = self._channel(arguments), arguments["message_ts"]
        if self._service.workspace.message(channel, ts) is None:
            raise Refusal("message_not_found")
        path = f"archives/{channel}/p{ts.replace('.', '')}"
        return {"channel": channel, "permalink": f"{self._base_url()}/{path}"}

    def _history(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        every = self._service.workspace.messages(channel)
        shown = [m for m in every if m.thread_ts is None or m.broadcast]
        return _page(list(reversed(_between(shown, arguments))), arguments)

    def _replies(self, arguments: Arguments) -> dict[str, Any]:
        channel, ts = self._channel(arguments), arguments["ts"]
        parent = self._service.workspace.message(channel, ts)
        if parent is None:
            raise Refusal("thread_not_found")
        return _page([parent, *_between(parent.replies, arguments)], arguments)

    def _info(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        workspace = self._service.workspace
        return {
            "channel": {
                "id": channel,
                "name": workspace.channels[channel],
                "is_channel": True,
                "is_member": True,
                "is_archived": channel in workspace.archived,
            }
        }

    def _upload_url(self, arguments: Arguments) -> dict[str, Any]:
        if arguments["length"] <= 0:
            raise Refusal("invalid_arguments", ["length must be above 0"])
        stored = self._service.new_file(
            arguments["filename"], arguments["length"], arguments.get("alt_txt", "")
        )
        url = f"{self._base_url()}/upload/v1/{stored.id}"
        return {"upload_url": url, "file_id": stored.id}

    def _complete(self, arguments: Arguments) -> dict[str, Any]:
        entries = arguments["files"]
        channel = self._channel(arguments) if "channel_id" in arguments else None
        files = self._service.complete(entries)
        if channel is not None:
            self._service.post(
                channel,
                arguments.get("initial_comment", ""),
                arguments.get("blocks"),
                via="bot",
                thread_ts=arguments.get("thread_ts"),
                files=[f.id for f in files],
            )
        return {"files": [{"id": f.id, "title": f.title} for f in files]}

    def _file_info(self, arguments: Arguments) -> dict[str, Any]:
        stored = self._service.workspace.files.get(arguments["file"])
        if stored is None:
            raise Refusal("file_not_found")
        stored.polls += 1
        return {"file": _file(stored, ready=self._service.is_ready(stored.id))}


def _file(stored: StoredFile, *, ready: bool) -> dict[str, Any]:
    kind = stored.name.rpartition(".")[2]
    shape = {"id": stored.id, "name": stored.name, "title": stored.title, "size": stored.length}
    mimetype = f"image/{kind}" if ready else ""
    return {**shape, "alt_txt": stored.alt_text, "mimetype": mimetype, "filetype": kind}


def _shown(message: Message, *, metadata: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        "bot_id": BOT,
        "user": BOT_USER,
        "team": TEAM,
    }
    if message.thread_ts is not None:
        shown["thread_ts"] = message.thread_ts
    elif message.replies:
        shown |= {"thread_ts": message.ts, "reply_count": len(message.replies)}
    if message.files:
        shown["files"] = [{"id": file_id} for file_id in message.files]
    if metadata and message.metadata is not None:
        shown["metadata"] = dict(message.metadata)
    return shown


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    oldest, latest = float(arguments.get("oldest", 0)), float(arguments.get("latest", "inf"))
    if arguments.get("inclusive"):
        return [m for m in messages if oldest <= float(m.ts) <= latest]
    return [m for m in messages if oldest < float(m.ts) < latest]


def _page(messages: list[Message], arguments: Arguments) -> dict[str, Any]:
    size = min(arguments.get("limit", _DEFAULT_PAGE), _LARGEST_PAGE)
    start = int(arguments.get("cursor") or 0)
    more = len(messages) > start + size
    metadata = bool(arguments.get("include_all_metadata"))
    return {
        "messages": [_shown(m, metadata=metadata) for m in messages[start : start + size]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + size) if more else ""},
    }
