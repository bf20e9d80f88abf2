"""Switches over HTTP, for a server in a process of its own."""

from typing import TYPE_CHECKING

from aiohttp import web

from tests.kit.slack_server.faults import SlackFault

if TYPE_CHECKING:
    from tests.kit.slack_server.server import SlackServer


def add_control(app: web.Application, server: "SlackServer") -> None:
    """POST /control/faults, /control/archive?channel=, /control/revoke, /control/stop; DELETE /control/faults."""

    async def post_faults(request: web.Request) -> web.Response:
        entries = await request.json()
        try:
            for entry in entries if isinstance(entries, list) else [entries]:
                server.faults.put(SlackFault.of(entry))
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"ok": True})

    async def delete_faults(request: web.Request) -> web.Response:
        server.faults.clear()
        return web.json_response({"ok": True})

    async def archive(request: web.Request) -> web.Response:
        server.archive(request.query["channel"])
        return web.json_response({"ok": True})

    async def revoke(request: web.Request) -> web.Response:
        server.revoke()
        return web.json_response({"ok": True})

    async def stop(request: web.Request) -> web.Response:
        server.end()
        return web.json_response({"ok": True})

    app.router.add_post("/control/faults", post_faults)
    app.router.add_delete("/control/faults", delete_faults)
    app.router.add_post("/control/archive", archive)
    app.router.add_post("/control/revoke", revoke)
    app.router.add_post("/control/stop", stop)
