"""Missions: so many visits in a calendar week earn a bonus, once a week."""

from dataclasses import dataclass

from sync.programme.document import Mission


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a member is: `done` of `target` visits, `missing` to go."""

    done: int
    target: int

    @property
    def missing(self) -> int:
        """Visits still to make, never negative."""
        return self.target - self.done


def progress(mission: Mission, visits_week: int) -> Progress:
    """Return the progress of a member with so many credited visits this week."""
    return Progress(done=min(visits_week, mission.visits_week), target=mission.visits_week)


def fulfilled_by(mission: Mission, visits_before: int, *, granted: bool = False) -> bool:
    """Say whether the next credited visit of the week is the one that earns the bonus.

    `granted` tells that this week's bonus stands already: a visit taken back and made again does
    not earn it twice.
    """
    return not granted and visits_before + 1 == mission.visits_week
