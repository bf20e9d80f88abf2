"""The files that came with the package: beside it in a wheel, the repository's own in a checkout."""

from pathlib import Path

FILES = (
    "monitor.toml",
    "monitor.service",
    "prometheus-rules.yml",
    "grafana-board.json",
    "compose.yml",
    "RUNBOOK.md",
)
"""What an operator starts from."""


def shipped_folder() -> Path:
    """Where they lie."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "_config"
    return packaged if packaged.exists() else package.parent / "config"
