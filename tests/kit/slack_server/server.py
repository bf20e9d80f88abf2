"""The HTTP side: webhooks under /services, methods under /api, uploads under /upload, switches under /control."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from monitor.clock import Clock, LiveClock, monotonic
from tests.kit.loopback import LoopbackServer, cut, reset
from tests.kit.served import OnLoopback
from tests.kit.slack_server.control import add_control
from tests.kit.slack_server.faults import BEFORE, SlackFault, SlackFaultKind, SlackFaults
from tests.kit.slack_server.methods import Methods
from tests.kit.slack_server.service import Refusal, Service
from tests.kit.slack_server.signatures import SIGNATURES, checked
from tests.kit.slack_server.workspace import Message, Workspace

CHANNELS = {"C0ALERTS": "alerts", "C0OPERATOR": "operator"}
TOKEN = "xoxb-test-token"
SCOPES = frozenset({"chat:write", "files:write", "files:read", "channels:history", "channels:read"})
_WEBHOOK_KEYS = frozenset(
    {
        "text", "blocks", "attachments", "unfurl_links", "unfurl_media", "mrkdwn", "metadata",
        "username", "icon_emoji", "icon_url", "response_type", "replace_original", "delete_original",
    }
)  # fmt: skip
_WEBHOOK_STATUS = {
    "action_prohibited": 403,
    "posting_to_general_channel_denied": 403,
    "invalid_token": 403,
    "team_disabled": 403,
    "channel_not_found": 404,
    "no_service": 404,
    "no_service_id": 404,
    "no_team": 404,
    "channel_is_archived": 410,
    "rate_limited": 429,
    "rollup_error": 500,
    "internal_error": 500,
}


class SlackServer(OnLoopback):
    """A workspace behind HTTP. Use it as a context manager, or call start and stop.

    ``message_interval_s``: least time between two messages of a channel (0: no limit), with ``burst`` on top.
    ``processing_seconds`` and ``processing_polls``: how long, and how many files.info, until a file may be shown.
    ``record``: JSON lines of everything that was accepted; a file that exists is continued.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        record: Path | None = None,
        clock: Clock | None = None,
        channels: Mapping[str, str] = CHANNELS,
        token: str = TOKEN,
        scopes: frozenset[str] = SCOPES,
        strict: bool = True,
        message_interval_s: float = 0.0,
        burst: int = 1,
        processing_seconds: float = 0.0,
        processing_polls: int = 0,
        max_seconds: float = 900.0,
    ) -> None:
        self.faults = SlackFaults()
        self.token = token
        self.scopes = scopes
        self.revoked = False
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._service = Service(
            channels,
            clock or LiveClock(),
            record=record,
            strict=strict,
            processing_seconds=processing_seconds,
            processing_polls=processing_polls,
        )
        self._methods = Methods(self._service, lambda: self.base_url)
        self._interval, self._burst = message_interval_s, burst
        self._sent: dict[str, list[float]] = {}
        app = web.Application(client_max_size=32 << 20)
        app.router.add_post("/services/{team}/{hook}/{secret}", self._webhook)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/upload/v1/{file}", self._upload)
        add_control(app, self)
        self._server = LoopbackServer(
            {"slack": (app, port)}, name="Slack-shaped server", max_seconds=max_seconds
        )

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return self._server.urls["slack"]

    @property
    def api_url(self) -> str:
        """What goes into ``AsyncWebClient(base_url=...)``."""
        return f"{self.base_url}/api/"

    @property
    def workspace(self) -> Workspace:
        """What was accepted and what every channel shows."""
        return self._service.workspace

    def webhook_url(self, channel: str) -> str:
        """The secret address of a channel, named by id or name."""
        channel_id = self.workspace.channel_id(channel)
        if channel_id is None:
            raise KeyError(channel)
        return f"{self.base_url}/services/T0TEST/B{channel_id}/secret{channel_id.lower()}"

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        self.workspace.archived.add(self.workspace.channel_id(channel) or channel)

    def revoke(self) -> None:
        """Revoke the token and remove the webhooks."""
        self.revoked = True

    def delete(self, message: Message) -> None:
        """A person deletes a message: it takes no replies and no edits any more."""
        gone = {"event": "delete", "channel": message.channel, "ts": message.ts}
        self._service.write(gone)

    def delete_file(self, file_id: str) -> None:
        """A person deletes a file: no block may show it any more."""
        self._service.write({"event": "file_deleted", "file": file_id})

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        hook, secret = request.match_info["hook"], request.match_info["secret"]
        channel = hook.removeprefix("B")
        known = channel in self.workspace.channels and secret == f"secret{channel.lower()}"
        fault = self._spoilt("webhook", channel)
        raw = await request.text()
        early = await self._before(request, fault, webhook=True)
        if early is not None:
            return early
        try:
            self._post_by_webhook(channel if known else None, request.content_type, raw)
        except Refusal as refusal:
            return self._refused("webhook", refusal)
        return await self._after(request, fault, web.Response(text="ok"))

    def _post_by_webhook(self, channel: str | None, content_type: str, raw: str) -> None:
        if channel is None or self.revoked:
            raise Refusal("no_service")
        self._pace(channel, "rate_limited")
        try:
            payload = json.loads(raw)
        except ValueError:
            raise Refusal("invalid_payload") from None
        if not isinstance(payload, dict) or content_type != "application/json":
            raise Refusal("invalid_payload")
        self.calls.append(("webhook", payload))
        unknown = sorted(set(payload) - _WEBHOOK_KEYS)
        if unknown:
            self._service.complain("webhook", f"unknown keys {unknown}")
            raise Refusal("invalid_payload")
        self._service.post(
            channel,
            payload.get("text") or "",
            payload.get("blocks"),
            via="webhook",
            metadata=payload.get("metadata"),
        )

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        raw, as_json = await _arguments(request)
        fault = self._spoilt(method, raw.get("channel") or raw.get("channel_id"))
        early = await self._before(request, fault, webhook=False)
        if early is not None:
            return early
        try:
            answer = self._call(method, request, raw, as_json=as_json)
        except Refusal as refusal:
            return self._refused(method, refusal)
        return await self._after(request, fault, web.json_response({"ok": True, **answer}))

    def _call(
        self, method: str, request: web.Request, raw: Mapping[str, Any], *, as_json: bool
    ) -> dict[str, Any]:
        signature = SIGNATURES.get(method)
        if signature is None:
            raise Refusal("unknown_method")
        self._authorize(request, raw)
        if signature.scope is not None and signature.scope not in self.scopes:
            raise Refusal("missing_scope", [f"needed: {signature.scope}"])
        self.calls.append((method, dict(raw)))
        arguments, found = checked(method, raw, as_json=as_json)
        if found:
            self._service.complain(method, "; ".join(found))
            raise Refusal("invalid_arguments", found)
        if method == "chat.postMessage":
            self._pace(self.workspace.channel_id(arguments["channel"]) or "", "ratelimited")
        return self._methods.call(method, arguments)

    def _authorize(self, request: web.Request, raw: Mapping[str, Any]) -> None:
        header = request.headers.get("Authorization", "")
        if "token" in raw:
            self._service.complain("auth", "the token came as an argument, not in the header")
        if not header.startswith("Bearer "):
            raise Refusal("not_authed")
        if header != f"Bearer {self.token}":
            raise Refusal("invalid_auth")
        if self.revoked:
            raise Refusal("token_revoked")

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        fault = self._spoilt("upload", None)
        content = await _upload_bytes(request)
        early = await self._before(request, fault, webhook=True)
        if early is not None:
            return early
        if "Authorization" in request.headers:
            self._service.complain("upload", "the token went to the upload address")
        try:
            self._service.upload(request.match_info["file"], content)
        except Refusal as refusal:
            return web.Response(status=400, text=refusal.error)
        return await self._after(request, fault, web.Response(text=f"OK - {len(content)}"))

    def _spoilt(self, method: str, channel: str | None) -> SlackFault | None:
        """The fault that spoils this call, recorded before what the call may do."""
        fault = self.faults.take(method, channel)
        if fault is not None:
            told = {"event": "fault", "method": method, "channel": channel}
            self._service.write({**told, "kind": fault.kind.value, "seconds": fault.seconds})
        return fault

    def _pace(self, channel: str, error: str) -> None:
        if not self._interval:
            return
        now = monotonic()
        recent = [at for at in self._sent.get(channel, []) if now - at < self._interval]
        if len(recent) >= self._burst:
            raise Refusal(error, ["1"])
        self._sent[channel] = [*recent, now]

    def _refused(self, method: str, refusal: Refusal) -> web.Response:
        self._service.write({"event": "refused", "method": method, "error": refusal.error})
        headers = {"Retry-After": "1"} if refusal.error in ("rate_limited", "ratelimited") else {}
        return _error_answer(method, refusal, headers)

    async def _before(
        self, request: web.Request, fault: SlackFault | None, *, webhook: bool
    ) -> web.StreamResponse | None:
        """What a fault answers in place of accepting; None where the call goes on."""
        if fault is None or fault.kind not in BEFORE:
            return None
        if fault.kind is SlackFaultKind.STATUS:
            return web.Response(status=fault.status, text=fault.body)
        if fault.kind is SlackFaultKind.ERROR:
            return _error_answer("webhook" if webhook else "api", Refusal(fault.error), {})
        if fault.kind is SlackFaultKind.RATE_LIMITED:
            headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
            error = "rate_limited" if webhook else "ratelimited"
            return _error_answer("webhook" if webhook else "api", Refusal(error), headers)
        if fault.kind is SlackFaultKind.STALL:
            await self._server.pause(fault.seconds)
        reset(request)
        return web.Response()

    async def _after(
        self, request: web.Request, fault: SlackFault | None, answer: web.Response
    ) -> web.StreamResponse:
        """The answer to an accepted call, or what a fault makes of it."""
        if fault is None:
            return answer
        if fault.kind in (SlackFaultKind.SLOW, SlackFaultKind.STALL_AFTER):
            await self._server.pause(fault.seconds)
        if fault.kind in (SlackFaultKind.RESET_AFTER, SlackFaultKind.STALL_AFTER):
            reset(request)
        if fault.kind is SlackFaultKind.HALF_JSON:
            body = answer.body
            return await cut(request, body if isinstance(body, bytes) else b"", answer.content_type)
        return answer


def _error_answer(method: str, refusal: Refusal, headers: Mapping[str, str]) -> web.Response:
    if method == "webhook":
        status = _WEBHOOK_STATUS.get(refusal.error, 400)
        return web.Response(status=status, text=refusal.error, headers=headers)
    body = {"ok": False, "error": refusal.error}
    if refusal.messages:
        body["response_metadata"] = {"messages": refusal.messages}
    status = 429 if refusal.error == "ratelimited" else 200
    return web.json_response(body, status=status, headers=headers)


async def _arguments(request: web.Request) -> tuple[dict[str, Any], bool]:
    """The arguments of a call from the query, a form or JSON, and whether they came as JSON."""
    raw: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        try:
            body = await request.json()
        except ValueError:
            body = {}
        return {**raw, **(body if isinstance(body, dict) else {})}, True
    return {**raw, **dict(await request.post())}, False


async def _upload_bytes(request: web.Request) -> bytes:
    if request.content_type.startswith("multipart/"):
        for part in (await request.post()).values():
            if isinstance(part, web.FileField):
                return part.file.read()
        return b""
    return await request.read()
