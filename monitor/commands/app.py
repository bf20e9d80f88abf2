"""The console script: global options, the list of verbs, and exit codes."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__
from monitor.commands.context import FAILED, WRONG, Context, say_failure
from monitor.commands.help_text import Verbs
from monitor.model.errors import ConfigError, MonitorError, SchemaError

app = typer.Typer(
    name="monitor",
    cls=Verbs,
    help="Watches sectors of the crypto market and tells when capital rotates from one into another.",
    epilog="First look, without network or keys:  monitor demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"monitor {__version__}")
        raise typer.Exit


@app.callback()
def _globals(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="MONITOR_CONFIG", help="Configuration file [default: ./config/monitor.toml]."
        ),
    ] = None,
    db: Annotated[str | None, typer.Option(help="Database URL, before the configured one.")] = None,
    log_level: Annotated[
        str, typer.Option(envvar="MONITOR_LOG_LEVEL", help="debug, info, warning or error.")
    ] = "info",
    log_format: Annotated[
        str, typer.Option(envvar="MONITOR_LOG_FORMAT", help="console or json.")
    ] = "console",
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    _ = version
    from monitor.commands.logs import set_up_logs

    set_up_logs(level=log_level, form=log_format)
    ctx.obj = Context(config_path=config, db_url=db)


def _add_verbs() -> None:
    """Each verb lives in a thin module of its own; none of them imports a heavy room before it is called."""
    from monitor.commands import (
        annotate,
        backfill,
        config,
        db,
        demo,
        doctor,
        evaluate,
        explain,
        files,
        mcp,
        notify,
        poll,
        replay,
        report,
        rotations,
        run,
        sectors,
        status,
        web,
        why_not,
        why_silent,
    )

    for title, modules in (
        ("First look", (demo, config, doctor)),
        ("The daemon, and its work by hand", (run, web, mcp, poll, backfill, notify)),
        ("What is seen", (status, sectors, rotations, report, annotate)),
        ("Why", (explain, why_not, why_silent)),
        ("History and research", (files, replay, evaluate)),
        ("The database", (db,)),
    ):
        before = len(app.registered_commands)
        for module in modules:
            module.register(app)
        for command in app.registered_commands[before:]:
            command.rich_help_panel = title
        for group in app.registered_groups:
            group.rich_help_panel = group.rich_help_panel or title


def main() -> None:
    """Run a verb; failures of ours become one clear text and an exit code, never a traceback."""
    _add_verbs()
    _print_anywhere()
    try:
        app()
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        typer.echo(
            f"monitor: {len(error.problems)} fault(s) in the configuration; nothing was started",
            err=True,
        )
        sys.exit(WRONG)
    except SchemaError as error:
        say_failure(error)
        sys.exit(WRONG)
    except MonitorError as error:
        say_failure(error)
        sys.exit(FAILED)
    except BrokenPipeError:
        sys.exit(FAILED)


def _print_anywhere() -> None:
    """A console or file that knows no arrow gets a question mark for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
