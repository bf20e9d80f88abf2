"""The ways out that the settings name, made."""

from zoneinfo import ZoneInfo

from monitor.alerting.chart import AlertCharts
from monitor.clock import Clock
from monitor.delivery.batching import Rules
from monitor.delivery.channel import ChannelSender, DrawPicture
from monitor.delivery.mail.compose import MailComposer
from monitor.delivery.mail.smtp import EmailChannel, MailServer
from monitor.delivery.slack.bot import SlackBot
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.model.notice import Channel
from monitor.reporting.schedule import ReportMails
from monitor.settings.schema import Settings
from monitor.settings.secret import Secret
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


def operators(settings: Settings) -> list[str]:
    """Who is told by mail what the operator must know: those named for it, else the readers of critical rotations.

    Never the readers of the daily report: they may be customers.
    """
    mail = settings.alerts.email
    return list(mail.operators or mail.recipients)


def mail_readers(settings: Settings) -> list[str]:
    """Whoever is written to beside the daily report, each once."""
    return list(dict.fromkeys([*settings.alerts.email.recipients, *operators(settings)]))


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
        password=smtp.password.reveal() if smtp.password else None,
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


def _slack_ways(slack: SlackTable) -> dict[Channel, str | Secret]:
    """Where each goes: a channel of the bot by its name, or a webhook. Operator notices have a way of their own or go
    where the alerts go."""
    found: dict[Channel, str | Secret] = {}
    if slack.bot_token is not None and slack.channel:
        found[Channel.SLACK] = slack.channel
        found[Channel.OPERATOR] = slack.operator_channel or slack.channel
    elif slack.webhook is not None:
        found[Channel.SLACK] = found[Channel.OPERATOR] = slack.webhook
    if slack.operator_webhook is not None:
        found[Channel.OPERATOR] = slack.operator_webhook
    return found


def _slack(slack: SlackTable, clock: Clock, draw: DrawPicture) -> dict[Channel, ChannelSender]:
    token = slack.bot_token.reveal() if slack.bot_token else ""
    return {
        channel: SlackWebhook(way.reveal())
        if isinstance(way, Secret)
        else SlackBot(token, way, clock=clock, base_url=slack.base_url, draw=draw)
        for channel, way in _slack_ways(slack).items()
    }
