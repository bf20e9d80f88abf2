"""The writers' lock is handed over in order."""

import threading
from functools import partial

from monitor.store.turns import Turns
from tests.kit.waiting import eventually


def test_who_takes_it_again_at_once_comes_after_those_who_wait() -> None:
    turns, order = Turns(), []
    assert turns.acquire(1)

    def take(name: str) -> None:
        assert turns.acquire(60)
        order.append(name)
        turns.release()

    threads = []
    for number, name in enumerate("abc", start=1):
        threads.append(threading.Thread(target=take, args=(name,)))
        threads[-1].start()
        eventually(partial(_has_waiting, turns, number), what=f"{name} waits")
    turns.release()
    take("again")
    for thread in threads:
        thread.join(60)
    assert order == ["a", "b", "c", "again"]


def test_who_gave_up_waiting_is_passed_over() -> None:
    turns = Turns()
    assert turns.acquire(1)
    assert not turns.acquire(0.01)
    assert turns.waiting == 0
    turns.release()
    assert turns.acquire(0.01)


def _has_waiting(turns: Turns, number: int) -> bool:
    return turns.waiting == number
