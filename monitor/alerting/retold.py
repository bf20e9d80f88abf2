"""A stored rotation as its alert would be told once more, for whoever takes a second look."""

from sqlalchemy import Connection

from monitor.alerting.enrich import Enricher
from monitor.content.alert import AlertFacts, AlertMessage, alert_message
from monitor.model.rotation import ChangeReason, Rotation, RotationChange, Status
from monitor.store import steps


def retold(conn: Connection, rotation: Rotation, enricher: Enricher) -> AlertMessage:
    """The alert's facts as of the rotation's last turn, and what stood around it then."""
    opened = rotation.status is Status.OPEN
    reason = ChangeReason.OPENED if opened else ChangeReason(rotation.status.value)
    at = rotation.closed_at or rotation.confirmed_at or rotation.detected_at
    step = steps.step_at(conn, at)
    facts = (
        AlertFacts(names=enricher.names) if step is None else enricher.facts(conn, rotation, step)
    )
    return alert_message(RotationChange(rotation, reason, at), facts, afterwards=True)
