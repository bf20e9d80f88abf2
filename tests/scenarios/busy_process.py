"""The pipeline and the sender on a busy market, as processes that are born fast and may be killed at any moment.

`python -m tests.scenarios.busy_process --config FILE --origin ISO --speed X --steps N --seed N`: loads the program once,
then forks a life for each line on standard input. It prints lines of JSON: `ready`, then of each life `up` when its
parts are made and `ended`. A life has nothing but what the database holds; only the imports are shared.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection

from monitor.alerting.chart import AlertCharts
from monitor.alerting.maker import NoticeMaker
from monitor.bootstrap import enricher_of, operators_of, policy_of, rules_of
from monitor.clock import Clock
from monitor.commands.logs import set_up_logs
from monitor.content.mail import Inline
from monitor.delivery.channel import ChannelSender
from monitor.delivery.mail.compose import MailComposer
from monitor.delivery.mail.setup import mail_server
from monitor.delivery.mail.smtp import EmailChannel
from monitor.delivery.sender import Sender
from monitor.delivery.slack.bot import SlackBot
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.model.grid import parse_iso
from monitor.model.notice import Channel, Notice
from monitor.model.rotation import RotationChange, StepOutput
from monitor.pipeline import Pipeline
from monitor.reporting.schedule import ReportMails
from monitor.settings.load import load_settings
from monitor.settings.schema import Settings
from monitor.store import outbox
from monitor.store.database import Database, open_database
from tests.kit.scaled_clock import ScaledClock
from tests.scenarios.busy_market import LIVE_FROM, WIDTH, BusyEngine
from tests.scenarios.busy_script import busy_script, operator_notices

LEASE = timedelta(seconds=15)
"""Of the scaled clock: a life that follows a kill goes on at once."""
STEP_EVERY_S = 0.1
LONGEST_LIFE_S = 400.0
PNG = b"\x89PNG, drawn by nobody"
DRAWING = ("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.dates")
"""Loaded before the first life, not by each."""
DRAWN = 4
"""Of so many pictures one is drawn as ever; the rest, which would take most of a short life, are of one drawing."""


@dataclass(frozen=True)
class Day:
    """What every life of a run shares. ``until``: close of the last interval that is stepped."""

    settings: Settings
    clock: Clock
    script: Mapping[datetime, Sequence[RotationChange]]
    until: datetime


class BusyNotices:
    """The program's own notices of the steps, and what the operator hears of beside them."""

    def __init__(self, maker: NoticeMaker) -> None:
        self._maker = maker

    def __call__(self, conn: Connection, outputs: Sequence[StepOutput]) -> list[Notice]:
        """In the transaction of the steps."""
        closes = [output.step.close_time for output in outputs]
        return [*self._maker(conn, outputs), *operator_notices(closes)]


async def live(day: Day) -> None:
    """One life: step what is due, send what is due, until it is killed."""
    settings, clock = day.settings, day.clock
    database = open_database(settings.database.url.get_secret_value())
    with database.write() as conn:
        outbox.revive(conn, since=clock.now() - timedelta(days=1), now=clock.now())
    channels = _channels(day, database)
    maker = NoticeMaker(policy_of(settings, channels), enricher_of(settings), LIVE_FROM)
    pipeline = Pipeline(
        database,
        BusyEngine(settings.universe, day.script, LIVE_FROM),
        WIDTH,
        deadline=settings.engine.deadline,
        clock=clock,
        notices=BusyNotices(maker),
    )
    sender = Sender(
        database,
        clock,
        channels,
        dice=random.Random(os.getpid()),
        lease=LEASE,
        rules=rules_of(settings),
        operators=operators_of(settings, channels),
    )
    sending = asyncio.create_task(sender.run(asyncio.Event()))
    parent = os.getppid()
    say(up=os.getpid())
    async with asyncio.timeout(LONGEST_LIFE_S):
        while not sending.done() and os.getppid() == parent:
            await asyncio.to_thread(pipeline.catch_up, min(clock.now(), day.until))
            sender.wake()
            await asyncio.sleep(STEP_EVERY_S)


class SomePictures:
    """Draws now and then."""

    def __init__(self, pictures: AlertCharts) -> None:
        self._pictures = pictures

    def __call__(self, notice: Notice) -> Inline | None:
        """Which ones is a function of the notice."""
        if zlib.crc32(notice.dedup_key.encode()) % DRAWN == 0:
            return self._pictures(notice)
        return (
            Inline("chart", PNG, f"the chart of {notice.text}")
            if "change" in notice.payload
            else None
        )


def _channels(day: Day, database: Database) -> dict[Channel, ChannelSender]:
    """As the daemon makes them, but for the drawing."""
    settings, clock = day.settings, day.clock
    slack = settings.alerts.slack
    server = mail_server(settings)
    assert slack.bot_token
    assert slack.channel
    assert slack.operator_webhook
    assert server
    draw = SomePictures(AlertCharts(database, settings.universe))
    letters = MailComposer(draw, ReportMails(database, settings))
    token = slack.bot_token.get_secret_value()
    return {
        "slack": SlackBot(token, slack.channel, clock=clock, base_url=slack.base_url, draw=draw),
        "operator": SlackWebhook(slack.operator_webhook.get_secret_value()),
        "email": EmailChannel(server, settings.report.sender, letters),
    }


def say(**facts: object) -> None:
    """One line to whoever started us, whole or not at all."""
    os.write(1, (json.dumps(facts) + "\n").encode())


def main(arguments: list[str]) -> int:
    """Until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.busy_process")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--origin", type=parse_iso, required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args(arguments)
    set_up_logs(level="info", form="json")
    for heavy in DRAWING:
        import_module(heavy)
    day = Day(
        load_settings(options.config, dict(os.environ)),
        ScaledClock(LIVE_FROM, speed=options.speed, origin=options.origin),
        busy_script(LIVE_FROM, options.steps, options.seed),
        LIVE_FROM + options.steps * WIDTH,
    )
    say(ready=os.getpid())
    for _ in sys.stdin:
        life = os.fork()
        if life == 0:
            _live_and_end(day)
        _, status = os.waitpid(life, 0)
        say(ended=life, signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)
    return 0


def _live_and_end(day: Day) -> None:
    """Of a child: it never returns into the parent's loop."""
    try:
        asyncio.run(live(day))
    finally:
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
