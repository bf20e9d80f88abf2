"""Read, overlay, validate, check, build: every fault at once, nothing half loaded."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from monitor.model.errors import ConfigError
from monitor.settings.build import (
    analytics_of,
    detection_of,
    perpetuals_of,
    supplies_of,
    universe_of,
)
from monitor.settings.checks import all_faults, warnings_of
from monitor.settings.faults import faults_of
from monitor.settings.mending import whole_part
from monitor.settings.schema import Settings
from monitor.settings.shipped import shipped_folder
from monitor.settings.sources import given_keys, overlay, read_file, take_secrets
from monitor.settings.tables import Tables

LOCAL = Path("config/monitor.toml")


def config_path(given: Path | None, environ: Mapping[str, str]) -> Path:
    """The file that counts.

    The one given, the one that MONITOR_CONFIG names, ``./config/monitor.toml``, or the one that came with the package
    (in a checkout that is the repository's own).
    """
    if given is not None:
        return given
    if environ.get("MONITOR_CONFIG"):
        return Path(environ["MONITOR_CONFIG"])
    if LOCAL.exists():
        return LOCAL
    return shipped_folder() / "monitor.toml"


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The effective settings; raises ConfigError with every fault."""
    file = config_path(path, environ)
    data, faults = read_file(file)
    if faults:
        raise ConfigError(faults)
    faults = take_secrets(data, file)
    origins = dict.fromkeys(given_keys(data), "file")
    from_environment, unknown = overlay(data, environ)
    faults += unknown
    try:
        tables = Tables.model_validate(data)
    except ValidationError as error:
        faults += faults_of(error, file, from_environment)
        rest, broken = whole_part(data, error)
        if rest is not None:
            faults += _across(rest, broken, file, from_environment)
        raise ConfigError(faults) from None
    faults += _across(tables, set(), file, from_environment)
    if faults:
        raise ConfigError(faults)
    return _build(file, tables, origins | from_environment)


def _across(
    tables: Tables, broken: set[str], file: Path, from_environment: Mapping[str, str]
) -> list[str]:
    """Faults of the rules across keys, each with the place where its key was set."""
    return [
        f"environment: {from_environment[key]}: {text}"
        if key in from_environment
        else f"{file}: {key}: {text}"
        for key, text in all_faults(tables, broken=broken)
    ]


def _build(file: Path, tables: Tables, origins: dict[str, str]) -> Settings:
    return Settings(
        file=file,
        engine=tables.engine,
        database=tables.database,
        schedule=tables.schedule,
        venues=tables.venues,
        sources={str(name): table for name, table in tables.sources.items()},
        alerts=tables.alerts,
        report=tables.report,
        smtp=tables.smtp,
        web=tables.web,
        heartbeat=tables.heartbeat,
        universe=universe_of(tables),
        supplies=supplies_of(tables),
        perpetuals=perpetuals_of(tables) if tables.schedule.derivatives is not None else (),
        analytics=analytics_of(tables.engine),
        detection=detection_of(tables.detection),
        tables=tables,
        origins=origins,
        warnings=tuple(warnings_of(tables)),
    )
