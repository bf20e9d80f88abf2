"""What was on when the daemon first looked is owed until it is told, whatever restarts come between."""

from datetime import timedelta

from monitor.alerting.policy import IN_THREADS, AlertPolicy, Receiver
from monitor.alerting.start_digest import digest_at_start, owe_start_digest, owes_start_digest
from monitor.model.notice import Notice
from monitor.model.rotation import ChangeReason
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START, Desk, confirmed, step, turned

POLICY = AlertPolicy(receivers=(Receiver("slack", IN_THREADS),))


def on_at_start(database: Database) -> Desk:
    """The daemon looks from ``START`` on; a rotation was confirmed five hours before."""
    desk = Desk(database, POLICY, live_from=START)
    before = START - 5 * HOUR
    desk.batch(
        step(before, turned(confirmed(before, at_start=True), ChangeReason.CONFIRMED, before))
    )
    with database.write() as conn:
        owe_start_digest(conn)
    return desk


def is_owed(database: Database) -> bool:
    with database.read() as conn:
        return owes_start_digest(conn)


def sent(desk: Desk) -> list[Notice]:
    return [s.notice for s in desk.stored() if s.notice.told_in is None]


def test_it_is_told_once_and_owed_until_then(database: Database) -> None:
    desk = on_at_start(database)
    assert is_owed(database)
    for _ in range(2):  # a process that died after it was told, and another start
        digest_at_start(database, POLICY, desk.enricher, START + timedelta(minutes=1))
        assert not is_owed(database)
    (digest,) = sent(desk)
    assert digest.text == "Already on at start: AI agents → Memes"


def test_a_store_that_takes_nothing_leaves_it_owed(database: Database) -> None:
    desk = on_at_start(database)

    class Broken:
        def facts(self, *_: object) -> None:
            raise RuntimeError("killed here")

    try:
        digest_at_start(database, POLICY, Broken(), START)  # type: ignore[arg-type]
    except RuntimeError:
        assert is_owed(database)
    else:
        raise AssertionError("it was not told that it died")
    assert sent(desk) == []


def test_a_later_turn_of_it_is_told_in_its_own_thread(database: Database) -> None:
    desk = on_at_start(database)
    digest_at_start(database, POLICY, desk.enricher, START)
    at = START + HOUR
    over = confirmed(START - 5 * HOUR, at_start=True, closed_at=at)
    made = desk.batch(step(at, turned(over, ChangeReason.FADED, at)))
    assert [(n.act.value, n.thread) for n in made] == [("reply", "rot-7f3a")]
