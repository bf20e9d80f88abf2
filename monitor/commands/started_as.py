"""How the reader called this program, so that what is printed to be typed next runs where he stands."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def started_as(
    arguments: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """``monitor``, ``uv run --no-dev monitor``, ``.venv/bin/monitor`` or ``PYTHON -m monitor``, quoted for a shell.

    ``arguments``: of the process, its own by default; ``folder``: where the reader stands.
    """
    program = Path((sys.argv if arguments is None else arguments)[0])
    known = os.environ if environ is None else environ
    if "UV_RUN_RECURSION_DEPTH" in known:  # its environment is on the path of this process alone
        return "uv run --no-dev monitor"
    if program.name == "__main__.py":
        return f"{shlex.quote(_shown(Path(sys.executable), folder))} -m monitor"
    found = shutil.which("monitor", path=known.get("PATH"))
    if found is not None and Path(found).resolve() == program.resolve():
        return "monitor"
    return shlex.quote(_shown(program, folder))


def as_typed(words: str, call: str | None = None) -> str:
    """A remedy with its verbs as the reader types them: ``uv run --no-dev monitor backfill`` where he came in by uv.

    ``call``: how he called the program, found by default. Who imports it as a module knows how to call it.
    """
    call = started_as() if call is None else call
    if call == "monitor" or not call.endswith("monitor") or call.endswith(" -m monitor"):
        return words
    return re.sub(r"(?<![\w./-])monitor(?= (?:-|[a-z]))", lambda _: call, words)


def _shown(program: Path, folder: Path | None) -> str:
    """Short where it lies below ``folder``; a link is kept, since it is what makes an environment's Python its own."""
    whole = Path(os.path.abspath(program))  # noqa: PTH100  resolve() would follow the link
    here = folder or Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
