"""Options of the PostgreSQL driver in the database's URL: libpq's by their names, and ``prepare_threshold``."""

from difflib import get_close_matches
from typing import Any

from sqlalchemy import URL

from monitor.store.errors import StoreError

_DEFAULTS = {"connect_timeout": "10", "application_name": "monitor"}
_PREPARE = "prepare_threshold"


def split_options(url: URL) -> tuple[URL, dict[str, Any]]:
    """(the URL with libpq's options, the driver's own arguments); raises StoreError for a threshold that is no number.

    By default no statement is prepared on the server: PgBouncer in transaction mode hands each transaction to another
    connection, which knows nothing of what was prepared on the last. ``prepare_threshold=5`` prepares what was run five
    times, for servers without a pooler between.
    """
    missing = {key: value for key, value in _DEFAULTS.items() if key not in url.query}
    threshold = url.query.get(_PREPARE)
    if threshold is not None and not str(threshold).isdecimal():
        raise StoreError(
            f"database.url: {_PREPARE}: found {threshold!r}, expected a whole number from 0 on",
            remedy=f"leave {_PREPARE} out: nothing is prepared then",
        )
    plain = url.difference_update_query([_PREPARE]).update_query_dict(missing)
    return plain, {_PREPARE: None if threshold is None else int(str(threshold))}


def check_options(url: URL, driver: Any) -> None:
    """Raises StoreError for an option that libpq does not know, with the nearest that it does. ``driver``: the module."""
    known = [option.keyword.decode() for option in driver.pq.Conninfo.get_defaults()]
    for name in url.query:
        if name not in known:
            near = get_close_matches(name, [*known, _PREPARE], 1)
            raise StoreError(
                f"database.url: found the option {name!r}, expected one of libpq's"
                + (f" (did you mean {near[0]}?)" if near else ""),
                remedy="see the parameter key words of libpq, or leave it out",
            )
