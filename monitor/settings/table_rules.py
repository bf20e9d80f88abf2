"""Rules across the keys of the tables [engine] to [heartbeat]; each yields its faults as (key, found and expected)."""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from monitor.model.grid import format_duration, parse_duration
from monitor.settings.tables import Tables

Fault = tuple[str, str]
WIDTHS = ("1m", "5m", "15m", "30m", "1h")
LEASES = timedelta(seconds=2), timedelta(minutes=10)
LEAST = {"bars": timedelta(days=30), "outbox": timedelta(days=16)}
"""The longest yardstick that the engine is rebuilt from, the ranks of scores; and how long a rotation may be told of."""
LEAST_OFTEN = timedelta(seconds=30)
MOST_DEPTH, MOST_DERIVATIVES = timedelta(minutes=30), timedelta(hours=1)
LEAST_ROLLUP = timedelta(days=30)
_WHY = {"bars": "yardsticks are made of them", "outbox": "what was told decides what is told"}


def _interval(tables: Tables) -> Iterator[Fault]:
    if tables.engine.interval not in [parse_duration(width) for width in WIDTHS]:
        yield (
            "engine.interval",
            f"found {format_duration(tables.engine.interval)!r}, expected one of {', '.join(WIDTHS)}",
        )
    if tables.engine.deadline >= tables.engine.interval:
        yield (
            "engine.deadline",
            f"found {format_duration(tables.engine.deadline)!r}, expected less than engine.interval",
        )
    if tables.schedule.settle >= tables.engine.deadline:
        yield (
            "schedule.settle",
            f"found {format_duration(tables.schedule.settle)!r}, expected less than engine.deadline",
        )


def _polling(tables: Tables) -> Iterator[Fault]:
    """While a poll waits or hangs no other begins: longer than an interval, and bars are late for nothing."""
    for key in ("retry_every", "poll_timeout"):
        length = getattr(tables.schedule, key)
        if length > tables.engine.interval:
            yield (
                f"schedule.{key}",
                f"found {format_duration(length)!r}, expected engine.interval or less",
            )


def _lease(tables: Tables) -> Iterator[Fault]:
    lease = tables.database.lease
    if not LEASES[0] <= lease <= LEASES[1]:
        yield (
            "database.lease",
            f"found {format_duration(lease)!r}, expected {' to '.join(map(format_duration, LEASES))}",
        )


def _pairs(tables: Tables) -> Iterator[Fault]:
    watched = [s.id for s in tables.sectors if not s.benchmark]
    for i, pair in enumerate(tables.detection.pairs or []):
        for name in pair:
            if name not in watched:
                yield (
                    f"detection.pairs[{i}]",
                    f"found {name!r}, expected a watched sector ({', '.join(watched)})",
                )
        if len(set(pair)) == 1:
            yield f"detection.pairs[{i}]", f"found {pair[0]!r} on both sides, expected two sectors"


def _detection(tables: Tables) -> Iterator[Fault]:
    d = tables.detection
    if not d.off < d.watch_on <= d.on <= d.critical:
        yield (
            "detection",
            f"found off {d.off}, watch_on {d.watch_on}, on {d.on}, critical {d.critical}, expected off < watch_on <= on <= critical",
        )


def _web(tables: Tables) -> Iterator[Fault]:
    if tables.web.enabled and not _is_loopback(tables.web.host) and tables.web.token is None:
        yield (
            "web.host",
            f"found {tables.web.host!r} without a token, expected 127.0.0.1, or MONITOR_WEB__TOKEN set",
        )


def _slack(tables: Tables) -> Iterator[Fault]:
    slack = tables.alerts.slack
    if slack.bot_token is not None and not slack.channel:
        yield "alerts.slack.channel", "found nothing beside a bot token, expected a channel's id"
    if slack.bot_token is not None and slack.webhook is not None:
        yield (
            "alerts.slack.webhook",
            "found a webhook beside a bot token, expected one of both: a message goes one way",
        )
    if slack.base_url is not None and not slack.base_url.endswith("/api/"):
        yield (
            "alerts.slack.base_url",
            f"found {slack.base_url!r}, expected a URL that ends in /api/",
        )
    if slack.webhook is not None and slack.bot_token is None and slack.channel:
        yield (
            "alerts.slack.channel",
            "found a channel beside a webhook, expected none: a webhook has its channel in it",
        )


def _mail(tables: Tables) -> Iterator[Fault]:
    mail = tables.alerts.email
    wanted = mail.recipients or mail.operators or tables.report.recipients
    if wanted and not tables.smtp.host:
        yield (
            "smtp.host",
            "found nothing though mail has recipients, expected the mail server's name",
        )
    if tables.smtp.password is not None and not tables.smtp.user:
        yield "smtp.user", "found nothing beside a password, expected the user's name"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retention(tables: Tables) -> Iterator[Fault]:
    for kind, least in LEAST.items():
        kept = next((v for k, v in tables.schedule.retention.items() if k == kind), None)
        if kept is not None and kept < least:
            yield (
                f"schedule.retention.{kind}",
                f"found {format_duration(kept)!r}, expected {format_duration(least)} or more: {_WHY[kind]}",
            )


def _rollup(tables: Tables) -> Iterator[Fault]:
    for kind, after in tables.schedule.rollup.items():
        if after < LEAST_ROLLUP:
            yield (
                f"schedule.rollup.{kind}",
                f"found {format_duration(after)!r}, expected {format_duration(LEAST_ROLLUP)} or more: "
                + _WHY["bars"],
            )


def _beside_bars(tables: Tables) -> Iterator[Fault]:
    """What a step takes from the hours before it is read within them."""
    for key, every, most, why in (
        ("depth", tables.schedule.depth, MOST_DEPTH, "the books of the hour"),
        (
            "derivatives",
            tables.schedule.derivatives,
            MOST_DERIVATIVES,
            "the perpetuals of the two hours",
        ),
    ):
        if every is not None and not LEAST_OFTEN <= every <= most:
            span = f"{format_duration(LEAST_OFTEN)} to {format_duration(most)}"
            yield (
                f"schedule.{key}",
                f"found {format_duration(every)!r}, expected {span}: a step has {why} before it",
            )


def _trades(tables: Tables) -> Iterator[Fault]:
    """A bar's trades are read before it is stepped."""
    every, most = tables.schedule.trades, tables.engine.interval
    if every is not None and not LEAST_OFTEN <= every <= most:
        span = f"{format_duration(LEAST_OFTEN)} to {format_duration(most)}"
        yield (
            "schedule.trades",
            f"found {format_duration(every)!r}, expected {span}: what is read after a bar's step is not counted in it",
        )
    watched = [s.id for s in tables.sectors if not s.benchmark]
    for i, name in enumerate(tables.schedule.trades_of or []):
        if name not in watched:
            yield (
                f"schedule.trades_of[{i}]",
                f"found {name!r}, expected a watched sector ({', '.join(watched)})",
            )


def _quiet(tables: Tables) -> Iterator[Fault]:
    quiet = tables.alerts.quiet_hours
    if quiet is not None and quiet[0] == quiet[1]:
        yield "alerts.quiet_hours", f"found {quiet[0]:%H:%M} twice, expected two times of day"


RULES = (
    (_interval, {"engine", "schedule"}),
    (_polling, {"engine", "schedule"}),
    (_lease, {"database"}),
    (_retention, {"schedule"}),
    (_beside_bars, {"schedule"}),
    (_trades, {"engine", "schedule", "sectors"}),
    (_rollup, {"schedule"}),
    (_detection, {"detection"}),
    (_pairs, {"detection", "sectors"}),
    (_quiet, {"alerts"}),
    (_slack, {"alerts"}),
    (_mail, {"alerts", "report", "smtp"}),
    (_web, {"web"}),
)
"""Each rule with the tables that it reads."""
