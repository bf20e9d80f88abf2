"""``python -m tests.integration.surfaces.verbs WAIT``: many calls of the console script in one process.

A line of JSON in is one call's arguments, a line out its exit code and what it printed. ``WAIT``: seconds that a locked
database is waited for.
"""

import contextlib
import io
import json
import sys
import traceback

from monitor.commands.app import main
from monitor.store import database


class Output(io.TextIOWrapper):
    """What a call printed: text, and bytes where a verb writes those."""

    def __init__(self) -> None:
        self.kept = io.BytesIO()
        super().__init__(self.kept, encoding="utf-8", write_through=True)


def call(arguments: list[str]) -> dict[str, object]:
    """Exit code, standard output and standard error of one call."""
    out, err = Output(), Output()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        sys.argv = ["monitor", *arguments]
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException:  # noqa: BLE001  as the interpreter would say it at the end
            code = 1
            traceback.print_exc()
    return {"code": code, "out": out.kept.getvalue().decode(), "err": err.kept.getvalue().decode()}


if __name__ == "__main__":
    database.WRITE_WAIT_S = float(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(call(json.loads(line))), flush=True)
