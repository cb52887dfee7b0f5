"""What is done with a customer: contacts and their outcome, follow-ups, promises, consents, phones."""

from app.domain.words import Word


class ActivityKind(Word):
    """What a line of an account's timeline is about."""

    CALL = "call", "Call"
    TEXT = "text", "Text"
    EMAIL = "email", "Email"
    LETTER = "letter", "Letter"
    VISIT = "visit", "Visit"
    NOTE = "note", "Note"
    PAYMENT = "payment", "Payment"
    FOLLOW_UP = "follow_up", "Follow-up"
    PROMISE = "promise", "Promise"
    ARRANGEMENT = "arrangement", "Arrangement"
    RETURN = "return", "Return"
    RECOVERY = "recovery", "Recovery"
    DISPUTE = "dispute", "Dispute"
    STATUS = "status", "Status change"
    IMPORT = "import", "Import"
    ASSIGNMENT = "assignment", "Assignment"
    SYSTEM = "system", "System"


class Disposition(Word):
    """How an attempt to reach somebody ended."""

    RIGHT_PARTY = "right_party", "Right party"
    PROMISED = "promised", "Promised to pay"
    PAID = "paid", "Paid on contact"
    CALL_BACK = "call_back", "Asked to call back"
    REFUSED = "refused", "Refused to pay"
    DISPUTED = "disputed", "Disputes the debt"
    HUNG_UP = "hung_up", "Hung up"
    WRONG_PARTY = "wrong_party", "Wrong party"
    LEFT_MESSAGE = "left_message", "Left message"
    NO_ANSWER = "no_answer", "No answer"
    BUSY = "busy", "Busy"
    BAD_NUMBER = "bad_number", "Bad number"


class FollowUpKind(Word):
    """What is to be done when a follow-up's time has come."""

    CALL = "call", "Call"
    TEXT = "text", "Text"
    EMAIL = "email", "Email"
    NOTE = "note", "Note"
    PROMISE = "promise", "Promise check"
    REVIEW = "review", "Review"


class FollowUpStatus(Word):
    """Whether a follow-up still waits."""

    OPEN = "open", "Open"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class PromiseStatus(Word):
    """What became of a promise to pay."""

    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    PARTLY_KEPT = "partly_kept", "Partly kept"
    BROKEN = "broken", "Broken"
    CANCELLED = "cancelled", "Cancelled"


class ConsentChannel(Word):
    """What a customer can allow and take back."""

    CALL = "call", "Calls"
    TEXT = "text", "Texts"
    EMAIL = "email", "Emails"
    AUTOPAY = "autopay", "AutoPay"


class PhoneKind(Word):
    """What sort of number it is; calling rules differ for mobiles and places of work."""

    MOBILE = "mobile", "Mobile"
    HOME = "home", "Home"
    WORK = "work", "Work"
    OTHER = "other", "Other"


_A, _D, _P = ActivityKind, Disposition, PromiseStatus

CONTACT_KINDS: frozenset[ActivityKind] = frozenset({_A.CALL, _A.TEXT, _A.EMAIL, _A.LETTER, _A.VISIT})
"""Activities by which somebody tried to reach the customer; "last contact" looks at these."""

RECORD_KINDS: frozenset[ActivityKind] = frozenset(
    {
        _A.NOTE,
        _A.PAYMENT,
        _A.FOLLOW_UP,
        _A.PROMISE,
        _A.ARRANGEMENT,
        _A.RETURN,
        _A.RECOVERY,
        _A.DISPUTE,
        _A.STATUS,
        _A.IMPORT,
        _A.ASSIGNMENT,
        _A.SYSTEM,
    }
)
"""Activities that record what happened here, without anybody being reached."""

CONVERSATIONS: frozenset[Disposition] = frozenset(
    {_D.RIGHT_PARTY, _D.PROMISED, _D.PAID, _D.CALL_BACK, _D.REFUSED, _D.DISPUTED, _D.HUNG_UP}
)
"""The customer was on the line: a right-party contact, and a conversation for the contact rules."""

MISSES: frozenset[Disposition] = frozenset({_D.WRONG_PARTY, _D.LEFT_MESSAGE, _D.NO_ANSWER, _D.BUSY, _D.BAD_NUMBER})
"""The customer was not reached."""

ANSWERED_BY_A_CALL: frozenset[FollowUpKind] = frozenset({FollowUpKind.CALL, FollowUpKind.PROMISE})
"""Follow-ups that an attempt to call takes care of."""

NOT_ANSWERED_BY_A_CALL: frozenset[FollowUpKind] = frozenset(
    {FollowUpKind.TEXT, FollowUpKind.EMAIL, FollowUpKind.NOTE, FollowUpKind.REVIEW}
)
"""Follow-ups that somebody has to tick off by hand."""

OPEN_PROMISES: frozenset[PromiseStatus] = frozenset({_P.OPEN})
"""Promises that still wait for their date; while one does, calls are held back."""

MATURED_PROMISES: frozenset[PromiseStatus] = frozenset({_P.KEPT, _P.PARTLY_KEPT, _P.BROKEN})
"""Promises whose date has come; kept % counts these only (domain.md part 11)."""
