"""One act at a time."""

from loyalty_desk.ui.counter.turn import Turn


def test_what_is_asked_for_meanwhile_follows_in_its_order():
    turn, done = Turn(), []
    turn.take()
    for name in "abc":
        turn.when_free(lambda name=name: done.append(name))
    assert done == []
    turn.end()

    assert done == ["a", "b", "c"]


def test_what_follows_may_be_an_act_itself_and_the_rest_waits_for_it():
    turn, done = Turn(), []
    turn.take()
    turn.when_free(turn.take)
    turn.when_free(lambda: done.append("later"))
    turn.end()
    assert (turn.is_taken, done) == (True, [])
    turn.end()

    assert done == ["later"]


def test_a_refused_act_lets_what_waited_go():
    turn, done = Turn(), []
    turn.take()
    turn.when_free(lambda: done.append("lost"))
    turn.fail()
    turn.when_free(lambda: done.append("next"))

    assert done == ["next"]


def test_what_is_forgotten_does_not_follow():
    turn, done = Turn(), []
    turn.take()
    turn.when_free(lambda: done.append("lost"))
    turn.forget()
    turn.end()

    assert (turn.is_taken, done) == (False, [])
