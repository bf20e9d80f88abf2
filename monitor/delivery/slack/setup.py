"""Slack's ways out by its settings: a bot, or webhooks."""

import re
from collections.abc import Callable

from pydantic import SecretStr

from monitor.alerting.policy import IN_MESSAGES, IN_THREADS
from monitor.delivery.channel import ChannelSender
from monitor.delivery.slack.api import SlackApi
from monitor.delivery.slack.bot import SlackBot
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.delivery.ways import READER, Tools, Way
from monitor.model.rotation import Severity
from monitor.network import CHANNEL_TIMEOUT
from monitor.settings.schema import Settings
from monitor.settings.tables import SlackTable

_WEBHOOK = re.compile(r"https://hooks\.slack(-gov)?\.com/services/T\w+/B\w+/\w+")


def ways(settings: Settings) -> list[Way]:
    """One for readers and one for operators, as far as they are set up."""
    slack = settings.alerts.slack
    readers, operators = _targets(slack)
    found = []
    if readers is not None:
        form = IN_MESSAGES if isinstance(readers, SecretStr) else IN_THREADS
        minimum = Severity(settings.alerts.minimum_severity)
        found.append(Way("slack", _opener(slack, readers), form, readers=READER, minimum=minimum))
    if operators is not None:
        found.append(Way("operator", _opener(slack, operators), operators=READER))
    return found


def _targets(slack: SlackTable) -> tuple[str | SecretStr | None, str | SecretStr | None]:
    """Where each goes: a channel of the bot by its name, or a webhook. Operator notices have a way of their own or go
    where the alerts go."""
    readers: str | SecretStr | None = slack.webhook
    operators: str | SecretStr | None = slack.webhook
    if slack.bot_token is not None and slack.channel:
        readers, operators = slack.channel, slack.operator_channel or slack.channel
    return readers, slack.operator_webhook or operators


def _opener(slack: SlackTable, target: str | SecretStr) -> Callable[[Tools], ChannelSender]:
    def opened(tools: Tools) -> ChannelSender:
        if isinstance(target, SecretStr):
            return SlackWebhook(target.get_secret_value())
        token = slack.bot_token.get_secret_value() if slack.bot_token else ""
        return SlackBot(token, target, clock=tools.clock, base_url=slack.base_url, draw=tools.draw)

    return opened


async def who_am_i(settings: Settings) -> str:
    """Who Slack takes the token for; raises DeliveryFailed."""
    slack = settings.alerts.slack
    token = slack.bot_token.get_secret_value() if slack.bot_token else ""
    api = SlackApi(token, base_url=slack.base_url, timeout=CHANNEL_TIMEOUT)
    try:
        answer = await api.ask("auth.test")
    finally:
        await api.close()
    return (
        f"is {answer.get('user', 'somebody')} in {answer.get('team', 'a workspace without a name')}"
    )


def looks_like_webhook(address: str) -> bool:
    """Whether it has the form of Slack's own incoming webhooks."""
    return _WEBHOOK.fullmatch(address) is not None
