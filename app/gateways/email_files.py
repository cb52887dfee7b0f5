"""E-mails as files in the home folder: nothing leaves the machine, and every mail program opens what it finds there."""

from __future__ import annotations

import os
from pathlib import Path

from app import clock
from app.gateways.email_letter import as_email
from app.gateways.messages import Letter, Outcome, Refused, Sent


class EmailFiles:
    """Writes `outbox/KEY.eml`. A message that was written before is left as it is."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder = folder
        self.sender = sender

    def send(self, letter: Letter) -> Outcome:
        """Write it in one step, so that nobody reads half of it."""
        name = f"{letter.key}.eml"
        try:
            content = as_email(letter, sender=self.sender, at=clock.now()).as_bytes()
        except ValueError:
            return Refused("The address or the subject cannot stand in an e-mail.")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (self.folder / name).exists():
                draft = self.folder / f".{name}.{os.getpid()}"
                draft.write_bytes(content)
                draft.replace(self.folder / name)
        except OSError as problem:
            return Refused(f"The file could not be written: {problem.strerror or problem}.")
        return Sent(f"outbox/{name}")
