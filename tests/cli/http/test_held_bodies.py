"""The bound on all request bodies together: who is closed for whom."""

from app.cli.http.held_bodies import HeldBodies


class _Sender:
    def __init__(self) -> None:
        self.is_closed = False

    def give_up(self) -> None:
        self.is_closed = True


def _closed(senders: list[_Sender]) -> list[bool]:
    return [sender.is_closed for sender in senders]


def test_oldest_body_under_way_is_given_up() -> None:
    bodies, senders = HeldBodies(100_000), [_Sender() for _ in range(4)]
    for sender in senders[:3]:
        bodies.add(sender, 1_000)
    bodies.add(senders[0], 1_000)
    assert _closed(senders) == [False, False, False, False]
    bodies.add(senders[3], 1_000)
    assert _closed(senders) == [True, False, False, False]
    bodies.add(senders[1], 50_000)
    assert _closed(senders) == [True, True, False, False]


def test_whole_bodies_stay_and_the_new_one_goes() -> None:
    bodies, senders = HeldBodies(100_000), [_Sender() for _ in range(4)]
    for sender in senders[:3]:
        bodies.add(sender, 1_000)
        bodies.complete(sender)
    bodies.add(senders[3], 10_000)
    assert _closed(senders) == [False, False, False, True]


def test_removed_bodies_weigh_nothing() -> None:
    bodies, senders = HeldBodies(100_000), [_Sender() for _ in range(50)]
    for sender in senders:
        bodies.add(sender, 60_000)
        bodies.complete(sender)
        bodies.remove(sender)
        bodies.remove(sender)
    assert bodies.bytes == 0
    assert not any(_closed(senders))


def test_body_that_is_complete_twice_keeps_no_weight() -> None:
    bodies, sender = HeldBodies(100_000), _Sender()
    for _ in range(2):
        bodies.add(sender, 1_000)
        bodies.complete(sender)
    bodies.remove(sender)
    assert bodies.bytes == 0


def test_single_body_may_exceed_the_bound() -> None:
    bodies, sender = HeldBodies(100_000), _Sender()
    bodies.add(sender, 200_000)
    assert not sender.is_closed


def test_body_without_content_is_no_body() -> None:
    bodies, sender = HeldBodies(100_000), _Sender()
    bodies.complete(sender)
    assert bodies.bytes == 0
