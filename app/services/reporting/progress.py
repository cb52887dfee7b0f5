"""How a long command says how far it is, without knowing who listens: a job's row, a terminal, nobody."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told how many items there are, how many are over, and what is done now in words; what is not given stays."""

    def __call__(
        self,
        *,
        planned: int | None = None,
        done: int | None = None,
        failed: int | None = None,
        step: str | None = None,
    ) -> None:
        """Note it. May raise, when the work is to be stopped; then whatever it did is rolled back."""


def unheard(*, planned: int | None = None, done: int | None = None, failed: int | None = None, step: str | None = None) -> None:
    """Nobody listens."""
