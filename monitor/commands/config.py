"""`monitor config`: begin with one, validate it, show what counts."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.commands.context import WRONG, context_of, print_json
from monitor.commands.started_as import as_typed

if TYPE_CHECKING:
    from monitor.model.universe import Market, Membership
    from monitor.settings.schema import Settings

app = typer.Typer(
    help="Begin with a configuration, validate it, show what counts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(whole: typer.Typer) -> None:
    """Add the verbs."""
    whole.add_typer(app, name="config")


@app.command("init", epilog="Example:  monitor config init config")
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write; made where it is missing.")
    ] = Path("config"),
) -> None:
    """Write configuration, systemd unit, Prometheus rules, Grafana board and compose file."""
    from monitor.model.errors import MonitorError
    from monitor.settings.load import LOCAL
    from monitor.settings.shipped import FILES, shipped_folder

    there = [str(folder / name) for name in FILES if (folder / name).exists()]
    if there:
        raise MonitorError(
            f"{', '.join(there)}: found, expected no file of that name; nothing was written",
            remedy="monitor config init ANOTHER_DIR",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (folder / name).write_bytes((shipped_folder() / name).read_bytes())
    except OSError as error:
        raise MonitorError(f"{folder}: cannot be written: {error.strerror}") from None
    for name in FILES:
        typer.echo(f"wrote {folder / name}")
    file = folder / "monitor.toml"
    option = "" if file == LOCAL else f" --config {file}"
    typer.echo(as_typed(f"Next: monitor{option} config check; monitor{option} doctor"))


@app.command("keys", epilog="Example:  monitor config keys | grep alerts")
def keys(
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Every key there is, with its kind, default and variable."""
    from dataclasses import asdict

    from monitor.settings.reference import REQUIRED, key_rows
    from monitor.settings.tables import Tables

    rows = list(key_rows(Tables))
    if as_json:
        print_json({"keys": [asdict(row) for row in rows]})
        return
    for row in rows:
        default = f"default {row.default}" if row.default != REQUIRED else REQUIRED
        typer.echo(f"{row.key}: {row.kind}" + (f", {default}" if row.default else ""))
        if row.variable:
            typer.echo(f"    {row.variable}")


@app.command("check", epilog="Example:  monitor config check")
def check(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Name every fault at once; exit 2 when there is one."""
    from monitor.bootstrap import config_faults
    from monitor.ingest.venues.registry import untested
    from monitor.model.errors import ConfigError
    from monitor.settings.checks import future_supplies

    context = context_of(ctx)
    try:
        settings = context.settings()
        _check_database(settings)
        faults = [f"{settings.file}: {fault.text}" for fault in config_faults(settings)]
        if faults:
            raise ConfigError(faults)  # noqa: TRY301  told as every other fault
    except ConfigError as error:
        if not as_json:
            raise
        print_json({"ok": False, "problems": error.problems})
        raise typer.Exit(WRONG) from None
    warnings = [
        *settings.warnings,
        *future_supplies(settings.tables, context.clock.now()),
        *untested(settings.universe),
    ]
    universe = settings.universe
    counts = {
        "sectors": len(universe.watched),
        "tokens": len(universe.tokens),
        "markets": len(universe.markets),
        "venues": len({market.venue for market in universe.markets}),
    }
    if as_json:
        print_json({"ok": True, "file": str(settings.file), "warnings": warnings, **counts})
        return
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    typer.echo(
        f"ok: {settings.file}: " + ", ".join(f"{count} {what}" for what, count in counts.items())
    )


def _check_database(settings: "Settings") -> None:
    from monitor.model.errors import ConfigError
    from monitor.store.database import check_url
    from monitor.store.errors import StoreError

    try:
        check_url(settings.database.url.get_secret_value())
    except StoreError as error:
        place = settings.origins.get("database.url", "default")
        raise ConfigError([f"{settings.file} ({place}): {error}"]) from None


@app.command("show", epilog="Example:  monitor config show")
def show(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Effective settings with the origin of each; secrets are masked."""
    from monitor.settings.keys import keys_of
    from monitor.settings.tables import Tables

    settings = context_of(ctx).settings()
    in_file = {key.text for key in keys_of(Tables) if key.in_file is not None}
    rows = [
        (
            key,
            _shown(value) if key in in_file else _plain(value),
            settings.origins.get(key, "default"),
        )
        for key, value in _flat(settings.tables.model_dump(exclude={"tokens", "sectors"}))
    ]
    if as_json:
        shown = {key: {"value": value, "origin": origin} for key, value, origin in rows}
        print_json(shown | _universe(settings))
        return
    typer.echo(f"# {settings.file}, fingerprint {settings.digest()}")
    for key, value, origin in rows:
        typer.echo(f"{key} = {value}  # {origin}")
    for sector in settings.universe.sectors:
        typer.echo(f"sector {sector.id}: " + ", ".join(_member_text(m) for m in sector.members))
    for token in settings.universe.tokens:
        typer.echo(f"token {token.id}: " + ", ".join(_market_text(m) for m in token.markets))
        for supply in settings.supplies:
            if supply.token == token.id:
                typer.echo(
                    f"  from {supply.valid_from:%Y-%m-%d}: {supply.units:.4g}, {supply.source}"
                )


def _universe(settings: "Settings") -> dict[str, Any]:
    """Sectors, tokens and supplies as built: a migrated token's successor stands in its sector."""
    universe = settings.universe
    return {
        "sectors": {s.id: [_member_text(member) for member in s.members] for s in universe.sectors},
        "tokens": {t.id: [_market_text(market) for market in t.markets] for t in universe.tokens},
        "supplies": [[s.token, _plain(s.valid_from), s.units, s.source] for s in settings.supplies],
    }


def _member_text(member: "Membership") -> str:
    return member.token + _span(member.since, member.until)


def _market_text(market: "Market") -> str:
    units = "" if market.multiplier == 1 else f" x {market.multiplier:g}"
    return f"{market.id}{units}{_span(market.listed_from, market.listed_to)}"


def _span(since: datetime, until: datetime) -> str:
    """`` (from 2025-01-19T05:00:00Z)``; empty where it has neither beginning nor end."""
    from monitor.model.universe import BEGINNING, END

    ends = [f"from {_plain(since)}"] if since != BEGINNING else []
    ends += [f"to {_plain(until)}"] if until != END else []
    return f" ({' '.join(ends)})" if ends else ""


def _flat(tables: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _shown(value: Any) -> str:
    """A secret that may stand in the file, without what may not."""
    from monitor.model.passwords import hide_password

    return hide_password(value.get_secret_value())


def _plain(value: Any) -> Any:
    from pydantic import SecretStr

    from monitor.model.grid import format_duration, iso
    from monitor.model.passwords import hide_password

    match value:
        case SecretStr():
            return "***"
        case timedelta():
            value = format_duration(value)
        case datetime():
            value = iso(value)
        case time():
            value = f"{value:%H:%M}"
        case list():
            value = [_plain(item) for item in value]
        case str():
            value = hide_password(value)
    return value
