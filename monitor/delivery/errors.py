"""Why a message did not go, by what is to be done next."""

from datetime import timedelta

from monitor.model.errors import MonitorError


class DeliveryFailed(MonitorError):  # noqa: N818  it says what happened, as the field does
    """``permanent``: it will never go this way. ``retry_after``: the channel said how long to wait.
    ``payload_refused``: our own form was refused; a plainer one may go. ``may_have_arrived``: the answer was lost or says
    nothing that we know, so a repeat may be the second copy. ``kind`` is a short word for counting.

    The text never holds an address or a secret.
    """

    def __init__(
        self,
        kind: str,
        text: str,
        *,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        payload_refused: bool = False,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self.permanent = permanent
        self.retry_after = retry_after
        self.payload_refused = payload_refused
        self.may_have_arrived = may_have_arrived
