"""The life of money that came in without an account: it is matched, split, or left alone with a reason."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.words import Word


class RemittanceState(Word):
    """Where a remittance stands."""

    QUEUED = "queued", "Waiting"
    POSTED = "posted", "Posted"
    IGNORED = "ignored", "Ignored"
    UNDONE = "undone", "Taken out"


_S = RemittanceState

REMITTANCE_TRANSITIONS: Mapping[RemittanceState, frozenset[RemittanceState]] = MappingProxyType(
    {
        _S.QUEUED: frozenset({_S.POSTED, _S.IGNORED, _S.UNDONE}),
        # Queued again: somebody undid the match; its payments were reversed.
        _S.POSTED: frozenset({_S.QUEUED, _S.UNDONE}),
        _S.IGNORED: frozenset({_S.QUEUED, _S.UNDONE}),
        # The file that brought it was undone; the same file may bring it again.
        _S.UNDONE: frozenset(),
    }
)
"""What each state may become."""
