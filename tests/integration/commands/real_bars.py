"""The real bars beside the project, imported under the names they bear."""

from functools import cached_property
from pathlib import Path
from time import perf_counter

from monitor.research.history import History, read_history
from monitor.settings.load import load_settings
from monitor.store.database import open_database
from tests.integration.commands.stage import ROOT, Market

REAL = ROOT.parent / "shared" / "data" / "real"
BARS = ("hyperliquid_perp_1h.csv.gz", "binance_spot_1h.csv.gz", "binance_perp_pippin_1h.csv.gz")
NEEDED = [REAL / name for name in (*BARS, "monitor.toml", "labels.jsonl")]
MISSING = [path.name for path in NEEDED if not path.exists()]


class RealBars:
    """A database of their own in ``folder``; the history is read once."""

    def __init__(self, folder: Path) -> None:
        self.config = REAL / "monitor.toml"
        self.environ = {"MONITOR_DATABASE__URL": f"sqlite:///{folder / 'real.db'}"}
        self.market = Market(server=None, config=self.config, folder=folder, now=None)  # type: ignore[arg-type]
        self.market.monitor("db", "upgrade", environ=self.environ)
        began = perf_counter()
        files = [str(REAL / name) for name in BARS]
        self.imported = self.market.monitor("import", *files, code=(0, 3), environ=self.environ)
        print(f"import: {perf_counter() - began:.1f} s: {self.imported.stdout.splitlines()[-1]}")

    @cached_property
    def history(self) -> History:
        """All stored intervals."""
        settings = load_settings(self.config, self.environ)
        database = open_database(settings.database.url.get_secret_value())
        try:
            with database.read() as conn:
                return read_history(conn, settings.universe, settings.engine.interval)
        finally:
            database.close()
