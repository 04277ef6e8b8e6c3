"""A server that says something else than the real one would, to the questions that a test names."""

from sync.client.outcomes import Rejected
from sync.programme.refusals import Reason, Refused


class Instead:
    """Gives these answers without asking; every other question goes to `server`."""

    def __init__(self, server=None, **answers):
        self._server = server
        self._answers = answers

    def __getattr__(self, name):
        if name in self._answers:
            return self._answers[name]
        return getattr(self._server, name)


def refuses(reason: Reason, **facts):
    """An answer that is always no."""

    def answer(*_):
        raise Rejected(Refused(reason, **facts))

    return answer


def first(answer, then):
    """One answer to the first question, another to all that follow."""
    answers = [answer]

    def either(*arguments):
        return (answers.pop() if answers else then)(*arguments)

    return either
