"""The log beside an SQLite file, kept small.

SQLite copies it back into the file and begins it anew when nobody reads an older state; where readers follow each other
without a gap that moment never comes, and the log grows with every write. So a writer that finds it large waits a little
for those who still read an older state, while others begin at the newest, which does not hold it up.
"""

from pathlib import Path

from sqlalchemy import Engine

MOST_BYTES = 16 << 20
"""From here on the log is emptied by force, and it is cut back to this size when it begins anew. What is written while a
reader stays in one state, and one transaction of more, come on top.
"""
_PATIENCE_MS = 1_000


class Wal:
    """The log of one file. ``keep_small`` is called by whoever has the turn to write, after the commit."""

    def __init__(self, engine: Engine, file: Path) -> None:
        self._engine = engine
        self._log = file.with_name(f"{file.name}-wal")
        self._bound = MOST_BYTES

    def keep_small(self) -> None:
        """Empty the log where it is too large; where a reader stays in an older state, not again before it has grown by as much."""
        size = self._size()
        if size <= self._bound:
            return
        self._checkpoint()
        left = self._size()
        self._bound = MOST_BYTES + (left if left > MOST_BYTES else 0)

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0

    def _checkpoint(self) -> None:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
            cursor.execute("PRAGMA query_only=OFF")
            cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
            cursor.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
            )  # a row that says whether it was held up; never an error
            cursor.fetchall()
            cursor.execute(f"PRAGMA busy_timeout={before}")
            cursor.close()
        finally:
            connection.close()
