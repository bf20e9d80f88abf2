"""A sender whose alerts go by a bot."""

import random

from monitor.delivery.sender import Sender
from monitor.delivery.slack.bot import SlackBot
from tests.integration.delivery.desk import drawn
from tests.integration.delivery.post import Post


class BotPost(Post):
    """As the other, with threads, edits and pictures."""

    def another(self) -> Sender:
        """Another worker over the same outbox, as a second process has it."""
        bot = SlackBot(
            self.slack.token,
            "C0ALERTS",
            clock=self.clock,
            base_url=self.slack.api_url,
            draw=drawn,
            timeout=self.timeout,
        )
        sender = Sender(self.database, self.clock, {"slack": bot}, dice=random.Random(1))
        sender.on_attempt = self.attempts.append
        return sender
