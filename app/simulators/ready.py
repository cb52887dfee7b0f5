"""The file by which a simulator says where it listens; for its owner only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def announce(path: Path, words: Mapping[str, Any]) -> None:
    """Write the ready file in one step, so that nobody reads half of it. The number of the process is added."""
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({**words, "pid": os.getpid()}, file)
    draft.replace(path)
