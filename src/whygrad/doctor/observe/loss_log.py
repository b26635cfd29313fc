"""The losses of a run, thinned as they grow: means over runs of iterations."""

from __future__ import annotations

MOST = 2048


class LossLog:
    """Keeps at most ``MOST`` means of finite losses.

    Attributes:
        points: (iteration, mean loss since the point before).
    """

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []
        self._sum, self._count, self._every = 0.0, 0, 1

    def add(self, iteration: int, loss: float) -> None:
        """Add an iteration's loss, which must be finite."""
        self._sum += loss
        self._count += 1
        if self._count < self._every:
            return
        self.points.append((iteration, self._sum / self._count))
        self._sum, self._count = 0.0, 0
        if len(self.points) >= MOST:
            pairs = zip(self.points[::2], self.points[1::2], strict=True)
            self.points = [(b[0], (a[1] + b[1]) / 2) for a, b in pairs]
            self._every *= 2

    @property
    def growth(self) -> float:
        """The largest loss over the first; 1 if there is none."""
        known = [abs(value) for _, value in self.points]
        return max(known) / max(known[0], 1e-12) if known else 1.0
