"""The one test command: lint, format, types, import contracts and tests, in that order.

`python tests/gate.py` runs everything but the benchmarks (`pytest tests/benchmarks -s`), the bad days without memory and
of ten real minutes (`pytest -m bad_day`), the soak (`pytest -m soak -s`), long tables on venues beyond the first
(`pytest -m every_venue`) and installations from a package index (`pytest -m fresh_start`); arguments go to pytest instead.
Exit code 0 only when all of it is clean.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
STEPS = (
    ("lint", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("import contracts", ["lint-imports"]),
)

ALONE = ("scenario", "benchmark", "bad_day", "soak", "every_venue", "fresh_start")
"""Marks of what is run after the rest, or when it is asked for by name."""


def main(arguments: list[str]) -> int:
    """Run every step, also after one has failed, and end with the tests, whose closing line comes last."""
    failed = []
    for name, command in STEPS:
        started = time.monotonic()
        done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, check=False)
        print(
            f"== {name}: {'ok' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - started:.1f} s",
            flush=True,
        )
        if done.returncode:
            failed.append(name)
    # the tests start hundreds of programs: each module is compiled once, not by each of them
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for name, command in tests_of(arguments):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *command], cwd=ROOT, env=environ, check=False
        )
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"== FAILED: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def tests_of(arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Runs of pytest: what the arguments ask for; else everything but what is asked for by name, whole daemons last."""
    if arguments:
        return [("tests", arguments)]
    return [
        (
            "tests",
            ["-q", "-n", "2", "-m", f"not ({' or '.join(ALONE)})", "--cov"],
        ),
        ("scenarios", ["-q", "-rP", "-n", "2", "-m", "scenario"]),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
