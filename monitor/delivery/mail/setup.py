"""Mail's ways out by its settings."""

from monitor.alerting.policy import BY_MAIL
from monitor.delivery.channel import ChannelSender
from monitor.delivery.mail.compose import MailComposer
from monitor.delivery.mail.smtp import EmailChannel, MailServer
from monitor.delivery.ways import Tools, Way
from monitor.model.rotation import Severity
from monitor.settings.schema import Settings


def ways(settings: Settings) -> list[Way]:
    """One of critical rotations and what the operator must know, one of daily reports; none without a mail server."""
    server = mail_server(settings)
    if server is None:
        return []
    report = settings.report

    def opened(tools: Tools) -> ChannelSender:
        letters = MailComposer(tools.draw, tools.reports)
        return EmailChannel(server, report.sender, letters, unsubscribe=report.unsubscribe)

    mail = Way(
        "email",
        opened,
        BY_MAIL,
        readers=tuple(settings.alerts.email.recipients),
        operators=operator_addresses(settings),
        minimum=Severity.CRITICAL,
    )
    reports = Way("report", opened, BY_MAIL, reports=tuple(report.recipients))
    return [way for way in (mail, reports) if way.tested or way.reports]


def operator_addresses(settings: Settings) -> tuple[str, ...]:
    """Who is told by mail what the operator must know: those named for it, else the readers of critical rotations.

    Never the readers of the daily report: they may be customers.
    """
    mail = settings.alerts.email
    return tuple(mail.operators or mail.recipients)


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
