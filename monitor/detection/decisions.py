"""What is made of one step, in its order: each way of telling knows what was told before it."""

from monitor.detection.lifecycle import Ledger
from monitor.detection.single_sided import INFLOW, OUTFLOW, one_sided
from monitor.detection.step_view import StepView
from monitor.model.rotation import RotationChange


def decide(m: StepView, ledger: Ledger) -> tuple[RotationChange, ...]:
    """All changes of a step.

    A way back says more than a gain from all other sectors, which says more than a gain from one of them; a loss to
    nobody in particular is told only where nothing else is.
    """
    return (
        *ledger.move_on(m),
        *ledger.confirm(m, returning=True),
        *one_sided(m, ledger, INFLOW),
        *ledger.confirm(m, returning=False),
        *one_sided(m, ledger, OUTFLOW),
        *ledger.outcomes(m),
    )
