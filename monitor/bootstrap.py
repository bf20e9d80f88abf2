"""From settings to what they name: clients, ways out, policy, rules. Used by the verbs and the daemon."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from monitor.alerting.chart import AlertCharts
from monitor.alerting.enrich import Enricher
from monitor.alerting.operators import Operators
from monitor.alerting.policy import AlertPolicy, Form, Receiver
from monitor.clock import Clock
from monitor.delivery.batching import Rules
from monitor.delivery.channel import ChannelSender, DrawPicture
from monitor.delivery.mail.compose import MailComposer
from monitor.delivery.mail.smtp import EmailChannel, MailServer
from monitor.delivery.slack.bot import SlackBot
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.ingest.exchange.clients import ClientOptions
from monitor.model.notice import Channel
from monitor.model.rotation import Severity
from monitor.reporting.schedule import ReportMails
from monitor.settings.schema import Settings
from monitor.settings.tables import SlackTable
from monitor.store.database import Database


def channels_of(
    settings: Settings, database: Database, clock: Clock
) -> dict[Channel, ChannelSender]:
    """By channel, as far as they are set up."""
    draw = AlertCharts(database, settings.universe)
    found = _slack(settings.alerts.slack, clock, draw)
    return found | _mail(settings, database, draw)


def report_channel(settings: Settings, database: Database) -> ChannelSender | None:
    """The way out of daily reports alone; None where no mail server or no recipient is set up."""
    return _mail(settings, database, AlertCharts(database, settings.universe)).get(Channel.REPORT)


def names_of_channels(settings: Settings) -> list[Channel]:
    """Those that :func:`channels_of` makes, without making them."""
    return [*_slack_ways(settings.alerts.slack), *_readers(settings)]


def operators_of(settings: Settings, channels: Iterable[Channel]) -> Operators:
    """Who is told what is wrong with the monitor, on the channels that are set up."""
    return Operators(frozenset(channels), tuple(operator_addresses(settings)))


def operator_addresses(settings: Settings) -> list[str]:
    """Who is told by mail what the operator must know: those named for it, else the readers of critical rotations.

    Never the readers of the daily report: they may be customers.
    """
    mail = settings.alerts.email
    return list(mail.operators or mail.recipients)


def mail_readers(settings: Settings) -> list[str]:
    """Whoever is written to beside the daily report, each once."""
    return list(dict.fromkeys([*settings.alerts.email.recipients, *operator_addresses(settings)]))


def mail_server(settings: Settings) -> MailServer | None:
    """None where no host is named."""
    smtp = settings.smtp
    if smtp.host is None:
        return None
    return MailServer(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        user=smtp.user,
        password=smtp.password.get_secret_value() if smtp.password else None,
        timeout=smtp.timeout,
    )


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
    """The policy of the [alerts] table for the channels that are set up."""
    alerts, found = settings.alerts, set(channels)
    quiet = alerts.quiet_hours
    receivers: list[Receiver] = []
    if Channel.SLACK in found:
        form = Form.THREADS if alerts.slack.bot_token is not None else Form.MESSAGES
        receivers.append(Receiver(Channel.SLACK, form, Severity(alerts.minimum_severity)))
    if Channel.EMAIL in found:
        receivers += [
            Receiver(Channel.EMAIL, Form.MAIL, Severity.CRITICAL, address)
            for address in alerts.email.recipients
        ]
    return AlertPolicy(
        receivers=tuple(receivers),
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


def client_options(settings: Settings) -> dict[str, ClientOptions]:
    """Of the venues' tables."""
    return {
        venue: ClientOptions(
            enabled=table.enabled,
            base_url=table.base_url,
            timeout=table.timeout,
            rate_limit_ms=table.rate_limit_ms,
            settle=table.settle,
        )
        for venue, table in settings.venues.items()
    }


def _readers(settings: Settings) -> dict[Channel, list[str]]:
    """Who is written to, by channel; nobody without a mail server."""
    if settings.smtp.host is None:
        return {}
    wanted = {Channel.EMAIL: mail_readers(settings), Channel.REPORT: settings.report.recipients}
    return {channel: readers for channel, readers in wanted.items() if readers}


def _mail(
    settings: Settings, database: Database, draw: DrawPicture
) -> dict[Channel, ChannelSender]:
    server = mail_server(settings)
    if server is None:
        return {}
    letters = MailComposer(draw, ReportMails(database, settings))
    report = settings.report
    return {
        channel: EmailChannel(server, report.sender, letters, unsubscribe=report.unsubscribe)
        for channel in _readers(settings)
    }


def _slack_ways(slack: SlackTable) -> dict[Channel, str | SecretStr]:
    """Where each goes: a channel of the bot by its name, or a webhook. Operator notices have a way of their own or go
    where the alerts go."""
    found: dict[Channel, str | SecretStr] = {}
    if slack.bot_token is not None and slack.channel:
        found[Channel.SLACK] = slack.channel
        found[Channel.OPERATOR] = slack.operator_channel or slack.channel
    elif slack.webhook is not None:
        found[Channel.SLACK] = found[Channel.OPERATOR] = slack.webhook
    if slack.operator_webhook is not None:
        found[Channel.OPERATOR] = slack.operator_webhook
    return found


def _slack(slack: SlackTable, clock: Clock, draw: DrawPicture) -> dict[Channel, ChannelSender]:
    token = slack.bot_token.get_secret_value() if slack.bot_token else ""
    return {
        channel: SlackWebhook(way.get_secret_value())
        if isinstance(way, SecretStr)
        else SlackBot(token, way, clock=clock, base_url=slack.base_url, draw=draw)
        for channel, way in _slack_ways(slack).items()
    }
