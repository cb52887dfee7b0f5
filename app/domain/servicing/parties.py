"""Who stands on a contract beside its customer."""

from app.domain.words import Word


class PartyRole(Word):
    """What a second person on a contract is."""

    CO_APPLICANT = "co_applicant", "Co-applicant"
    GUARANTOR = "guarantor", "Guarantor"
