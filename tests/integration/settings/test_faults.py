"""Each fault of a configuration, word by word."""

from pathlib import Path

import pytest

from tests.kit.small_settings import INTERVAL, changed, faults

ARC_SUPPLY = '{from = 2024-12-10, circulating = 1e9, source = "by hand"}'


def member(text: str) -> str:
    """The small configuration with another second member of memes."""
    return changed(('tokens = ["DOGE"]', f'tokens = ["DOGE", {text}]'))


def engine(lines: str) -> str:
    """With other lines in [engine]."""
    return changed((INTERVAL, lines))


ONE_FAULT = {
    "unknown key": (
        engine('intervall = "5m"'),
        "c.toml: engine.intervall: found an unknown key, expected 'interval'?",
    ),
    "unknown table": (
        changed(more="[alert]\n"),
        "c.toml: alert: found an unknown key, expected 'alerts'?",
    ),
    "unknown key of a market": (
        changed(('{venue = "bybit", symbol', '{venue = "bybit", simbol = "X", symbol')),
        "c.toml: tokens.DOGE.markets[0].simbol: found an unknown key, expected 'symbol'?",
    ),
    "unknown source": (
        changed(more="[sources.coingeko]\n"),
        "c.toml: sources.coingeko: found 'coingeko', expected 'coingecko', 'coinpaprika', 'defillama', 'dune', 'sosovalue', 'base', 'bsc', 'ethereum' or 'solana'",
    ),
    "protocols of nothing": (
        changed(more="[sources.defillama]\nenabled = true\n"),
        'c.toml: sources.defillama: found no token with a protocol, expected tokens.X.defillama = "virtuals-protocol"',
    ),
    "saved query without a key": (
        changed(
            (
                'name = "Dogecoin"',
                'name = "Dogecoin"\ndune = [{query = 7, figure = "fees", day = "d", value = "v"}]',
            ),
            more="[sources.dune]\nenabled = true\n",
        ),
        "c.toml: sources.dune.api_key: found none, expected a key in MONITOR_SOURCES__DUNE__API_KEY",
    ),
    "perpetual that is a spot market": (
        changed(
            (
                'name = "Dogecoin"',
                'name = "Dogecoin"\nperpetuals = [{venue = "bybit", symbol = "DOGE/USDC"}]',
            )
        ),
        "c.toml: tokens.DOGE.perpetuals[0].symbol: found 'DOGE/USDC', expected a perpetual such as VIRTUAL/USDT:USDT",
    ),
    "books that are too old for a step": (
        changed(more='[schedule]\ndepth = "2h"\n'),
        "c.toml: schedule.depth: found '2h', expected 30s to 30m: a step has the books of the hour before it",
    ),
    "trades that come after a bar's step": (
        changed(more='[schedule]\ntrades = "10m"\n'),
        "c.toml: schedule.trades: found '10m', expected 30s to 5m: what is read after a bar's step is not counted in it",
    ),
    "trades of nobody": (
        changed(more='[schedule]\ntrades_of = ["agents"]\n'),
        "c.toml: schedule.trades_of[0]: found 'agents', expected a watched sector (ai, memes)",
    ),
    "figure that is none of a query": (
        changed(
            (
                'name = "Dogecoin"',
                'name = "Dogecoin"\ndune = [{query = 7, figure = "tvl", day = "d", value = "v"}]',
            )
        ),
        "c.toml: tokens.DOGE.dune[0].figure: found 'tvl', expected 'volume', 'fees' or 'revenue'",
    ),
    "text for a number": (
        changed(more='[detection]\non = "3.0"\n'),
        "c.toml: detection.on: found '3.0', expected a number",
    ),
    "number without a unit": (
        engine("interval = 300"),
        "c.toml: engine.interval: found 300, expected a length of time such as '90s', '5m' or '7d'",
    ),
    "length of time in other words": (
        engine('interval = "5 minutes"'),
        "c.toml: engine.interval: found '5 minutes', expected a length of time such as '90s', '5m' or '7d'",
    ),
    "length of time past all bounds": (
        engine('drop_after = "99999999999d"'),
        "c.toml: engine.drop_after: found '99999999999d', expected a length of time such as '90s', '5m' or '7d'",
    ),
    "length of time that no date can be taken from": (
        engine('drop_after = "99999d"'),
        "c.toml: engine.drop_after: found '99999d', expected 36500d or less",
    ),
    "poll that may hang over the next ones": (
        changed(more='[schedule]\npoll_timeout = "10m"\n'),
        "c.toml: schedule.poll_timeout: found '10m', expected engine.interval or less",
    ),
    "asking again later than the next poll": (
        changed(more='[schedule]\nretry_every = "1d"\n'),
        "c.toml: schedule.retry_every: found '1d', expected engine.interval or less",
    ),
    "date as a number": (
        member("{id = 'ARC', from = 20250101}").replace(', {id = "ARC", from = 2024-12-10}', ""),
        "c.toml: sectors[1].tokens[1].from: found 20250101, expected a date or time such as 2025-01-19T05:00:00Z",
    ),
    "date in other words": (
        member("{id = 'ARC', from = 'May'}").replace(', {id = "ARC", from = 2024-12-10}', ""),
        "c.toml: sectors[1].tokens[1].from: found 'May', expected a date or time such as 2025-01-19 or 2025-01-19T05:00:00Z",
    ),
    "time without an offset": (
        changed(("from = 2024-12-10}]\n\n[[", "from = 2024-12-10T00:00:00}]\n\n[[")),
        ("c.toml: sectors[0].tokens[1].from: found 2024-12-10 00:00:00,"
        " expected a time with its offset, such as 2025-01-19T05:00:00Z"),
    ),
    "chain without a node": (
        changed(more="[sources.base]\nenabled = true\n"),
        "c.toml: sources.base.base_url: found none, expected the address of a node of base: there is no public one to rely on",
    ),
    "second opinion of nothing": (
        changed(more="[sources.coinpaprika]\nenabled = true\n"),
        "c.toml: sources.coinpaprika: found no token with a coinpaprika id, expected one at least",
    ),
    "yes for true": (
        changed(more='[web]\nenabled = "yes"\n'),
        "c.toml: web.enabled: found 'yes', expected true or false",
    ),
    "port past the last": (
        changed(more="[web]\nport = 70000\n"),
        "c.toml: web.port: found 70000, expected less than 65536",
    ),
    "not a number": (
        changed(more="[detection]\ncritical = inf\n"),
        "c.toml: detection.critical: found inf, expected a finite number",
    ),
    "a word of a list": (
        changed(more='[alerts]\nminimum_severity = "loud"\n'),
        "c.toml: alerts.minimum_severity: found 'loud', expected 'watch', 'warning' or 'critical'",
    ),
    "local time with an offset": (
        changed(more='[report]\ntime = "07:00Z"\n'),
        "c.toml: report.time: found '07:00Z', expected a time of day such as 07:00, without an offset",
    ),
    "unknown zone": (
        changed(more='[report]\ntimezone = "Mars/Phobos"\n'),
        "c.toml: report.timezone: found 'Mars/Phobos', expected a time zone such as UTC or Europe/Berlin",
    ),
    "venue under its old name": (
        changed(("[venues.gate]", "[venues.gate]\n[venues.gateio]")),
        "c.toml: venues.gateio: found 'gateio', expected 'gate'?",
    ),
    "market of a venue under its old name": (
        changed(('"gate", symbol = "ARC/USDT"', '"gateio", symbol = "ARC/USDT"')),
        "c.toml: tokens.ARC.markets[0].venue: found 'gateio', expected 'gate'?",
    ),
    "venue that ccxt does not have": (
        changed(("[venues.gate]", "[venues.gate]\n[venues.hyperlikwid]")),
        "c.toml: venues.hyperlikwid: found 'hyperlikwid', expected 'hyperliquid'?",
    ),
    "market of a venue without a table": (
        changed(('"gate", symbol = "ARC/USDT"', '"mexc", symbol = "ARC/USDT"')),
        "c.toml: tokens.ARC.markets[0].venue: found 'mexc', expected a venue that has a table (add [venues.mexc])",
    ),
    "symbol of one venue's own form": (
        changed(('symbol = "ARC/USDT"', 'symbol = "ARC_USDT"')),
        ("c.toml: tokens.ARC.markets[0].symbol: found 'ARC_USDT',"
        " expected a unified symbol such as VIRTUAL/USDT or VIRTUAL/USDT:USDT"),
    ),
    "market twice": (
        changed(('symbol = "ARC/USDT"', 'symbol = "VIRTUAL/USDT"')),
        ("c.toml: tokens.ARC.markets[0]: found 'VIRTUAL/USDT' of gate,"
        " expected each market once (it stands at tokens.VIRTUAL.markets[0])"),
    ),
    "market that ends before it begins": (
        changed(('symbol = "ARC/USDT"', 'symbol = "ARC/USDT", from = 2025-02-01, to = 2025-01-01')),
        "c.toml: tokens.ARC.markets[0]: found an end before the beginning, expected from < to",
    ),
    "token in two sectors": (
        member('{id = "ARC", from = 2025-01-05}'),
        "c.toml: sectors[1].tokens[1]: found 'ARC' in memes and in ai from 2025-01-05, expected one sector at a time",
    ),
    "token in two sectors for ever": (
        member('"VIRTUAL"'),
        "c.toml: sectors[1].tokens[1]: found 'VIRTUAL' in memes and in ai always, expected one sector at a time",
    ),
    "unknown token": (
        member('"VIRTUEL"'),
        "c.toml: sectors[1].tokens[1]: found 'VIRTUEL', expected a token that has a table (nearest: 'VIRTUAL')",
    ),
    "token in no sector": (
        changed(more='[tokens.FAI]\nname = "Freysa"\n'),
        "c.toml: tokens.FAI: found a token in no sector, expected a member of a sector, a successor or a quote currency",
    ),
    "member that leaves before it joins": (
        changed(("from = 2024-12-10}]\n\n[[", "from = 2024-12-10, to = 2024-12-10}]\n\n[[")),
        "c.toml: sectors[0].tokens[1]: found an end before the beginning, expected from < to",
    ),
    "supplies out of order": (
        changed((ARC_SUPPLY, f"{ARC_SUPPLY}, {ARC_SUPPLY.replace('2024', '2023')}")),
        "c.toml: tokens.ARC.supplies: found dates out of order or twice, expected them ascending",
    ),
    "no supply": (
        changed((ARC_SUPPLY, "")),
        ("c.toml: tokens.ARC.supplies: found none, expected a dated circulating supply,"
        " or sources.coingecko enabled and tokens.*.coingecko set"),
    ),
    "two supplies of one day": (
        changed((ARC_SUPPLY, f"{ARC_SUPPLY}, {ARC_SUPPLY}")),
        "c.toml: tokens.ARC.supplies: found dates out of order or twice, expected them ascending",
    ),
    "negative supply": (
        changed((ARC_SUPPLY, ARC_SUPPLY.replace("1e9", "-1"))),
        "c.toml: tokens.ARC.supplies[0].circulating: found -1, expected greater than 0",
    ),
    "deadline as long as the interval": (
        engine(f'{INTERVAL}\ndeadline = "5m"'),
        "c.toml: engine.deadline: found '5m', expected less than engine.interval",
    ),
    "interval that no venue has": (
        engine('interval = "7m"'),
        "c.toml: engine.interval: found '7m', expected one of 1m, 5m, 15m, 30m, 1h",
    ),
    "interval that only reads like one": (
        engine('interval = "5.005m"'),
        "c.toml: engine.interval: found '5m', expected one of 1m, 5m, 15m, 30m, 1h",
    ),
    "settle after the deadline": (
        changed(more='[schedule]\nsettle = "90s"\n'),
        "c.toml: schedule.settle: found '90s', expected less than engine.deadline".replace("90s", "90s"),
    ),
    "lease that no renewal keeps": (
        changed(more='[database]\nlease = "1s"\n'),
        "c.toml: database.lease: found '1s', expected 2s to 10m",
    ),
    "bounds in another order": (
        changed(more="[detection]\nwatch_on = 3.5\n"),
        "c.toml: detection: found off 1.2, watch_on 3.5, on 3.0, critical 4.0, expected off < watch_on <= on <= critical",
    ),
    "pair of an unknown sector": (
        changed(more='[detection]\npairs = [["ai", "dogs"]]\n'),
        "c.toml: detection.pairs[0]: found 'dogs', expected a watched sector (ai, memes)",
    ),
    "pair of one sector": (
        changed(more='[detection]\npairs = [["ai", "ai"]]\n'),
        "c.toml: detection.pairs[0]: found 'ai' on both sides, expected two sectors",
    ),
    "sector twice": (
        changed(('id = "memes"', 'id = "ai"')),
        "c.toml: sectors[1].id: found 'ai' twice, expected each id once",
    ),
    "one sector to watch": (
        changed(('name = "Memes"', 'name = "Memes"\nbenchmark = true')),
        "c.toml: sectors: found fewer than two sectors to watch, expected two or more beside the benchmark",
    ),
    "page for everybody": (
        changed(more='[web]\nhost = "0.0.0.0"\n'),
        "c.toml: web.host: found '0.0.0.0' without a token, expected 127.0.0.1, or MONITOR_WEB__TOKEN set",
    ),
    "secret in the file": (
        changed(more='[alerts.slack]\nwebhook = "https://hooks.example/services/T/B/wJ4h"\n'),
        ("c.toml: alerts.slack.webhook: found a secret in the file,"
        " expected it in MONITOR_ALERTS__SLACK__WEBHOOK or MONITOR_ALERTS__SLACK__WEBHOOK_FILE"),
    ),
    "password in the database's URL": (
        changed(more='[database]\nurl = "postgresql://joe:wJ4h@db/monitor"\n'),
        ("c.toml: database.url: found a password in the file,"
        " expected it in MONITOR_DATABASE__URL or MONITOR_DATABASE__URL_FILE"),
    ),
    "secret in the place of its table": (
        changed(more='[alerts]\nslack = "https://hooks.example/services/T/B/wJ4h"\n'),
        "c.toml: alerts.slack: found ***, expected a table",
    ),
    "mail without a server": (
        changed(more='[report]\nrecipients = ["desk@example.com"]\n'),
        "c.toml: smtp.host: found nothing though mail has recipients, expected the mail server's name",
    ),
    "one coin under two names": (
        changed(
            ('name = "Virtuals"', 'name = "Virtuals"\nidentity = {base = "0xAB"}\ncoingecko = "a"'),
            ('name = "Dogecoin"', 'name = "Dogecoin"\nidentity = {base = "0xab"}\ncoingecko = "b"'),
        ),
        "c.toml: tokens.DOGE.identity.base: found '0xab', which is VIRTUAL already, expected each coin once",
    ),
    "one vendor's id twice": (
        changed(
            ('name = "Virtuals"', 'name = "Virtuals"\nidentity = {solana = "AB"}\ncoingecko = "a"'),
            ('name = "Dogecoin"', 'name = "Dogecoin"\nidentity = {solana = "ab"}\ncoingecko = "a"'),
        ),
        "c.toml: tokens.DOGE.coingecko: found 'a', which is VIRTUAL already, expected each coin once",
    ),
    "bars kept for less than the yardsticks": (
        changed(more='[schedule]\nretention = {bars = "29d"}\n'),
        "c.toml: schedule.retention.bars: found '29d', expected 30d or more: yardsticks are made of them",
    ),
    "bars rolled up within the yardsticks": (
        changed(more='[schedule]\nrollup = {bars = "7d"}\n'),
        "c.toml: schedule.rollup.bars: found '7d', expected 30d or more: yardsticks are made of them",
    ),
    "notices kept for less than a rotation is told of": (
        changed(more='[schedule]\nretention = {outbox = "15d"}\n'),
        "c.toml: schedule.retention.outbox: found '15d', expected 16d or more: what was told decides what is told",
    ),
    "quiet hours without a length": (
        changed(more='[alerts]\nquiet_hours = ["07:00", "07:00"]\n'),
        "c.toml: alerts.quiet_hours: found 07:00 twice, expected two times of day",
    ),
    "one quiet hour": (
        changed(more='[alerts]\nquiet_hours = ["07:00"]\n'),
        "c.toml: alerts.quiet_hours: found ['07:00'], expected 2 or more items",
    ),
    "pair of three": (
        changed(more='[detection]\npairs = [["ai", "memes", "ai"]]\n'),
        "c.toml: detection.pairs[0]: found ['ai', 'memes', 'ai'], expected 2 or fewer items",
    ),
    "sector without a name": (
        changed(('name = "Memes"', 'name = ""')),
        "c.toml: sectors[1].name: found '', expected 1 or more characters",
    ),
    "nowhere to unsubscribe": (
        changed(more='[report]\nunsubscribe = "ask the desk"\n'),
        ("c.toml: report.unsubscribe: found 'ask the desk', expected an address such as"
        " mailto:desk@example.com, or a URL that begins with https://"),
    ),
    "mail to nobody": (
        changed(more='[smtp]\nhost = "mail"\n[report]\nrecipients = ["desk"]\n'),
        "c.toml: report.recipients[0]: found 'desk', expected a mail address such as desk@example.com",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_FAULT)
def test_a_fault_is_named_with_what_was_found_and_what_is_expected(
    case: str, tmp_path: Path
) -> None:
    text, expected = ONE_FAULT[case]
    assert faults(tmp_path, text) == [expected]
