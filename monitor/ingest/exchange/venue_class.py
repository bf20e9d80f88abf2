"""One venue's class of ccxt, without the hundred others that its package imports: they take 46 MB and are never asked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

_WHOLE = "ccxt.async_support"


def venue_class(venue: str) -> Any:
    """ccxt's asynchronous class of a venue that it knows.

    A ccxt that is laid out in another way, and one that somebody imported already, is used whole.
    """
    if _WHOLE not in sys.modules:
        try:
            with _bare_packages():
                return getattr(import_module(f"{_WHOLE}.{venue}"), venue)
        except (ImportError, AttributeError):
            pass
    return getattr(import_module(_WHOLE), venue)


@contextmanager
def _bare_packages() -> Iterator[None]:
    """ccxt and its asynchronous part as packages that have imported nothing, until the end of the block.

    Modules that are imported meanwhile stay; whoever imports ccxt afterwards gets all of it, with the same classes.
    """
    spec = find_spec("ccxt")
    folders = [] if spec is None else [*(spec.submodule_search_locations or [])]
    outer, inner = ModuleType("ccxt"), ModuleType(_WHOLE)
    outer.__path__ = folders
    inner.__path__ = [str(Path(folder, "async_support")) for folder in folders]
    bare = {"ccxt": outer, _WHOLE: inner}
    before = {name: sys.modules.get(name) for name in bare}
    sys.modules.update(bare)
    try:
        # what the base classes import from the package itself
        for name, part in vars(import_module("ccxt.base.errors")).items():
            if isinstance(part, type):
                setattr(outer, name, part)
        outer.Exchange = import_module("ccxt.base.exchange").Exchange  # type: ignore[attr-defined]
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
