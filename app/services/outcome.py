"""What a command that changes many rows says afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows were changed, a sentence for the person who did it, and what an undo would need."""

    count: int
    sentence: str
    undo: Mapping[str, Any] | None = None
    """What JSON can hold; None when there is nothing to take back."""
