"""Which iterations are audited: decided by counts alone, so that every machine audits the same.

An audit costs about as much as a number of iterations do, whatever the machine. The first ones are
always made; after that audits are due at twice the iteration of the one before, and those are
made that the run's length so far affords.
"""

from __future__ import annotations

ALWAYS = 3  # audits that are made whatever the run's length
SHARE = 0.05  # of the run's iterations, that audits may cost
COST = 8  # iterations: two for an audit's copies, about six to work out what they say


class AuditSchedule:
    """Says before each iteration whether it is audited.

    Attributes:
        audits: how many were ended in which a gradient could arrive.
        due: the next iteration for which an audit is considered, counted from 1.
    """

    def __init__(self) -> None:
        self.audits = 0
        self.due = 2  # the first iteration is audited from the start
        self._paid = 0
        self._followed_a_step = False

    def begins(self, coming: int, after_step: bool, stepping: bool) -> bool:
        """Say whether the coming iteration is audited.

        Args:
            coming: its number, counted from 1.
            after_step: an optimizer stepped in the iteration before it.
            stepping: an optimizer has stepped at all.
        """
        if coming < self.due:
            return False
        if not after_step and stepping and coming > ALWAYS:
            # Gradients are being added up: whether they were set to zero is seen after the step.
            return False
        self.due = 2 * coming if coming >= ALWAYS else coming + 1
        if self.audits < ALWAYS or (after_step and not self._followed_a_step):
            self._followed_a_step = self._followed_a_step or after_step
            return True
        if (self._paid + 1) * COST > SHARE * coming:
            return False
        self._paid += 1
        return True
