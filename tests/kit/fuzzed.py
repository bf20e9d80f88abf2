"""How a property is tried on whatever may come in."""

from hypothesis import HealthCheck, settings


def bounded(runs: int) -> settings:
    """So many examples, the same in each run, in one folder or database and however long one takes."""
    return settings(
        max_examples=runs,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
