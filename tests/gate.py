"""The one test command: lint, format, types, import contracts and tests, in that order.

`python tests/gate.py` runs everything; further arguments go to pytest. Exit code 0 only when all of it is clean.
"""

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
    tests = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False)
    if failed:
        print(f"== failed before the tests: {', '.join(failed)}", flush=True)
    return 1 if failed or tests.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
