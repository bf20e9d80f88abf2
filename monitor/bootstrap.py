"""From settings to what they name: clients, ways out, policy, rules. Used by the verbs and the daemon."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from monitor.alerting.chart import AlertCharts
from monitor.alerting.enrich import Enricher
from monitor.alerting.operators import Operators
from monitor.alerting.policy import AlertPolicy, Receiver
from monitor.api.sources import Sources
from monitor.clock import Clock
from monitor.content.report import ReportFacts
from monitor.delivery.batching import Rules
from monitor.delivery.channel import ChannelSender
from monitor.delivery.registry import channel_faults, operators_among, ways_out
from monitor.delivery.ways import Tools, Way
from monitor.ingest.venues.registry import unasked
from monitor.model.notice import Channel
from monitor.reporting.compose import day_facts
from monitor.reporting.schedule import ReportMails
from monitor.settings.schema import Settings
from monitor.store.database import Database


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """Of a configuration that can be run in part. ``subject``: of the notice to the operator; ``text``: key, found, expected;
    ``mend``: what to do."""

    subject: str
    text: str
    mend: str


def config_faults(settings: Settings) -> list[ConfigFault]:
    """What of the settings cannot be used though all of them can be read; `config check`, `doctor` and a start name the
    same. Before a run it is mended; a run goes on without that part."""
    asked = {m.id: m for m in (*settings.universe.markets, *settings.perpetuals)}
    return [
        *(
            ConfigFault(
                "channels",
                fault,
                "see the README's section on that channel, or take it out of [alerts]",
            )
            for fault in channel_faults(settings)
        ),
        *(
            ConfigFault("markets", fault, "another venue in tokens.*.markets or perpetuals")
            for fault in unasked(asked.values())
        ),
    ]


def ways_of(settings: Settings) -> tuple[Way, ...]:
    """Those that :func:`channels_of` opens, without opening them."""
    return ways_out(settings).ways


def channels_of(
    settings: Settings, database: Database, clock: Clock
) -> dict[Channel, ChannelSender]:
    """By channel, as far as they are set up."""
    draw = AlertCharts(database, settings.universe)
    return ways_out(settings).opened(Tools(clock, draw, ReportMails(database, settings)))


def operators_of(settings: Settings, channels: Iterable[Channel] | None = None) -> Operators:
    """Who is told what is wrong with the monitor, on the channels that were opened; on all that are set up by default."""
    opened = None if channels is None else set(channels)
    return operators_among(w for w in ways_of(settings) if opened is None or w.channel in opened)


def rules_of(settings: Settings) -> Rules:
    """When many notices become one message."""
    alerts = settings.alerts
    return Rules(
        alerts.messages_per_hour,
        alerts.digest_above,
        quiet=(alerts.quiet_hours[0], alerts.quiet_hours[1]) if alerts.quiet_hours else None,
        zone=ZoneInfo(alerts.quiet_timezone),
    )


def policy_of(settings: Settings, channels: Iterable[Channel]) -> AlertPolicy:
    """The policy of the [alerts] table for the channels that were opened."""
    alerts, opened = settings.alerts, set(channels)
    quiet = alerts.quiet_hours
    return AlertPolicy(
        receivers=tuple(
            Receiver(way.channel, way.form, way.minimum, to)
            for way in ways_of(settings)
            if way.channel in opened
            for to in way.readers
        ),
        quiet=(quiet[0], quiet[1]) if quiet else None,
        quiet_zone=ZoneInfo(alerts.quiet_timezone),
        reminder_after=alerts.reminder_after,
        reminder_step=alerts.reminder_step_pp / 100,
    )


def names_of(settings: Settings) -> dict[str, str]:
    """Sector id -> name."""
    return {sector.id: sector.name for sector in settings.universe.sectors}


def enricher_of(settings: Settings) -> Enricher:
    """What stands around rotations, by these settings."""
    return Enricher(
        settings.universe, names_of(settings), settings.detection, page=settings.web.url or ""
    )


def sources_of(settings: Settings, database: Database, clock: Clock) -> Sources:
    """What questions to the database are answered from, by these settings."""

    def day(asked: date, now: datetime) -> ReportFacts:
        return day_facts(database, settings, asked, now=now)

    return Sources(
        database=database,
        universe=settings.universe,
        clock=clock,
        width=settings.engine.interval,
        detection=settings.detection,
        enricher=enricher_of(settings),
        day=day,
        zone=settings.report.timezone,
        page=settings.web.url or "",
    )
