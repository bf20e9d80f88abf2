"""A Slack-shaped HTTP server on loopback: incoming webhooks and the Web API methods that the monitor uses.

It checks arguments and Block Kit limits, answers with Slack's documented errors, fails by switch, and keeps what every
channel finally shows, also in a file that outlives it.
"""

from tests.kit.slack_server.faults import SlackFault, SlackFaultKind
from tests.kit.slack_server.server import SlackServer
from tests.kit.slack_server.workspace import Message, Workspace

__all__ = ["Message", "SlackFault", "SlackFaultKind", "SlackServer", "Workspace"]
