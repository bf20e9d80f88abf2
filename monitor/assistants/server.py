"""The server of the tools: each is a question of :mod:`monitor.api`, with the same arguments and the same answer."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from monitor import __version__
from monitor.api import daily, flags, judged, pictures
from monitor.api import status as known
from monitor.api.sources import Sources
from monitor.model.errors import MonitorError

Json = dict[str, Any]
Time = Annotated[
    str | None,
    Field(
        description="ISO 8601 UTC such as 2025-01-19T05:00:00Z, a date, or a length before now such as 36h"
    ),
]
SectorId = Annotated[str, Field(description="A sector's id, as the tool sectors lists them")]
SectorOrAny = Annotated[str, Field(description="A sector's id, or * for any")]
INSTRUCTIONS = (
    "Rotations of capital between sectors of the crypto market, as this monitor saw them. Ask sectors for what is watched, "
    "rotations for what was flagged, explain for why, why_not for why nothing was. Times are UTC; null is unknown, never "
    "zero; returns are simple (0.02 is +2 %); net flow is taker buying less taker selling. Every answer says as_of: later "
    "than that nothing is known. Nothing here is advice, and nothing can be changed."
)
_READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)
FEW = 20
"""Rotations of an answer where no number is asked for: an assistant reads all of it."""


def mcp_server(sources: Sources) -> MCPServer[Any]:
    """The tools over one database; whoever makes it runs it over stdio or HTTP."""
    server: MCPServer[Any] = MCPServer(
        "sector-rotation-monitor",
        title="Sector rotation monitor",
        instructions=INSTRUCTIONS,
        version=__version__,
        log_level="WARNING",
    )
    for tool in (*_seen(sources), *_judged(sources)):
        server.add_tool(_told(tool), annotations=_READ_ONLY)
    return server


def _seen(sources: Sources) -> list[Callable[..., Json]]:
    def sectors(at: Time = None) -> Json:
        """Market cap, share, returns, volume and net flow of every sector and its tokens, now or then."""
        return pictures.sectors(sources, at)

    def series(
        sector: SectorId,
        since: Time = None,
        until: Time = None,
        every: Annotated[str | None, Field(description="Between two points, such as 1h")] = None,
    ) -> Json:
        """One sector's figures over time (a week without since); a long range is thinned."""
        return pictures.series(sources, sector, since, until, every)

    def report(
        date: Annotated[
            str | None, Field(description="Such as 2025-01-20; yesterday without it")
        ] = None,
    ) -> Json:
        """The daily report of a date as text."""
        return daily.report(sources, date)

    def status() -> Json:
        """How the monitor itself is: venues, tokens, notices that wait. Ask it where figures are missing or old."""
        return known.status(sources)

    return [sectors, series, report, status]


def _judged(sources: Sources) -> list[Callable[..., Json]]:
    def rotations(
        status: Annotated[
            str | None, Field(description="open, confirmed, faded, reversed or expired")
        ] = None,
        severity: Annotated[str | None, Field(description="watch, warning or critical")] = None,
        pair: Annotated[str | None, Field(description="FROM,TO: two sectors' ids")] = None,
        since: Time = None,
        until: Time = None,
        limit: Annotated[int, Field(ge=1, le=flags.MOST)] = FEW,
        cursor: Annotated[str | None, Field(description="next of the answer before")] = None,
    ) -> Json:
        """Rotations that were flagged, newest first, with their evidence and what came after."""
        return flags.rotations(
            sources,
            status=status,
            severity=severity,
            pair=pair,
            since=since,
            until=until,
            limit=limit,
            cursor=cursor,
        )

    def explain(
        rotation_id: Annotated[str, Field(description="Its id, or the first characters of it")],
    ) -> Json:
        """Why one rotation was flagged: in words (explanation), as figures, and every change of it."""
        return flags.rotation(sources, rotation_id)

    def why_not(from_sector: SectorOrAny, to_sector: SectorOrAny, at: Time = None) -> Json:
        """Why no rotation was flagged then: each condition with its value and bound, and what stood in the way."""
        return judged.why_not(sources, from_sector, to_sector, at)

    return [rotations, explain, why_not]


def _told(tool: Callable[..., Json]) -> Callable[..., Json]:
    """A failure of ours is the tool's answer: what was found, what is expected, what to do."""

    @wraps(tool)
    def asked(**arguments: Any) -> Json:
        try:
            return tool(**arguments)
        except MonitorError as error:
            raise ToolError(f"{error}{f'; next: {error.remedy}' if error.remedy else ''}") from None

    return asked
