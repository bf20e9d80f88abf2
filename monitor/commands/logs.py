"""Logs on standard error: one rich line per unit of work, JSON on request."""

import logging
import sys

import typer

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def set_up_logs(*, level: str, form: str) -> None:
    """Configure structlog and the libraries' loggers; raises typer.BadParameter for an unknown level or form."""
    if level not in LEVELS:
        raise typer.BadParameter(
            f"found {level!r}, expected one of {', '.join(LEVELS)}", param_hint="--log-level"
        )
    if form not in ("console", "json"):
        raise typer.BadParameter(
            f"found {form!r}, expected console or json", param_hint="--log-format"
        )
    import structlog

    from monitor.commands import log_shortages
    from monitor.commands.log_bounds import LogBounds

    bounds = LogBounds()
    render: structlog.typing.Processor
    if form == "json":
        render = structlog.processors.JSONRenderer()
    else:
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            bounds.of_ours,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            log_shortages.of_ours,
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=max(LEVELS[level], logging.WARNING),
        stream=sys.stderr,
        format="%(levelname)s %(name)s: %(message)s",
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(log_shortages.of_libraries)
        handler.addFilter(bounds.of_libraries)
