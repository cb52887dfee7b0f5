"""The sentences of LeasePak's "Collection Tracking Setup" that state a behaviour, and the tests that show each of them."""

from __future__ import annotations

from importlib import import_module

import pytest

SHOWN_BY = {
    "Newly delinquent lessees are automatically assigned to collectors by the End of Period process.": (
        "test_assignment_at_night.test_a_late_account_goes_to_the_collector_who_takes_its_letter",
        "test_assignment_at_night.test_accounts_are_shared_out_by_load",
    ),
    "If a newly delinquent account cannot be assigned to any other collector, it is assigned to this supervisor.": (
        "test_assignment_at_night.test_what_nobody_takes_goes_to_the_supervisor_of_its_portfolio",
        "test_collection_settings.test_an_admin_chooses_who_gets_what_fits_nobody",
    ),
    "The End of Period process may reassign the lessee when the collector no longer meets the assignment criteria.": (
        "test_assignment_at_night.test_who_does_not_fit_any_more_loses_the_account",
    ),
    "If PERFORM AUTOMATIC REASSIGNMENT is inactive, no automatic reassignments are performed, whatever MANUAL REASG says.": (
        "test_assignment_at_night.test_automatic_reassignment_off_wins",
    ),
    "It is possible to prevent automatic reassignment for a specific lessee.": (
        "test_assignment_at_night.test_a_lessee_who_is_held_stays_with_the_collector",
        "test_statuses.test_a_supervisor_forbids_that_the_end_of_day_reassigns_an_account",
    ),
    "A lessee who was reassigned manually stays with the collector.": (
        "test_assignment_at_night.test_a_manual_reassignment_sticks",
    ),
    "If the short name begins with a number, the letter which begins the number is used: F for 4. Otherwise X.": (
        "test_assignment_at_night.test_a_late_account_goes_to_the_collector_who_takes_its_letter",
        "test_assignment_at_night.test_a_name_that_begins_with_neither_letter_nor_digit_is_an_x",
    ),
    "Status codes that start with 0, 1, 2 & 3, 4 & 5, 6 & 7, 8, 9 are assigned by Z, O, T, F, S, E, N; others by X.": (
        "test_assignment_at_night.test_the_sql_finds_those_who_fit_by_the_rule",
        "test_assignment_at_night.test_limits_and_places_and_an_ended_employment_count",
    ),
    "Accounts are selected by the delinquent, gross outstanding, net outstanding or gross receivable amount.": (
        "test_assignment_at_night.test_the_amount_is_the_one_that_the_settings_choose",
        "test_assignment_at_night.test_the_sql_finds_those_who_fit_by_the_rule",
    ),
    "A collector with access to all collectors and no short names views all accounts and is assigned none.": (
        "test_assignment_at_night.test_who_sees_all_and_has_no_letters_is_assigned_none",
    ),
    "A collector may not be deleted if there are any delinquent lessees still assigned to that collector.": (
        "test_collection_users.test_a_collector_with_accounts_cannot_be_deleted",
    ),
    "A default collection user can be selected when a profile is added.": (
        "test_collection_users.test_an_admin_makes_somebody_a_collection_user_like_another_one",
    ),
    "Fields of a collection user profile are arranged onto 6 tabs.": (
        "test_collection_users.test_the_six_tabs_are_saved_together",
    ),
    "The sort order of the work schedule is the order in which the collector sees the accounts.": (
        "test_collection_users.test_the_worklist_of_a_collector_stands_in_the_order_of_their_profile",
    ),
    "There are 48 possibilities that weigh a delinquent lessee by receivable and days delinquent.": (
        "test_weights.test_the_sql_weighs_as_the_rule_does",
        "test_weights_page.test_saving_weighs_every_account_and_is_audited",
    ),
    "Weights are assessed only while PERFORM WEIGHT ASSESSMENT is on.": (
        "test_weights.test_switched_off_weights_leave_a_point_a_dollar_and_a_point_a_day",
    ),
    "An alternative calculation of days delinquent presumes that all months have 30 days.": (
        "test_weights.test_the_sql_weighs_as_the_rule_does",
    ),
    "Up to ten collection statuses have a weight.": ("test_statuses.test_an_eleventh_status_gets_no_weight",),
    "The statuses define the order of the work schedule, provided that no other weight criteria are used.": (
        "test_weights.test_statuses_alone_order_the_list",
    ),
    "A status has a follow-up after so many days, minutes or hours.": ("test_statuses.test_giving_a_status_plans_its_follow_up",),
    "When a status default is deleted, its code remains.": (
        "test_statuses.test_deleting_the_defaults_of_a_code_leaves_it_usable",
    ),
    "In a supervisor-type status, only a supervisor can change the status of the account.": (
        "test_statuses.test_a_collector_does_not_take_an_account_out_of_a_supervisors_status",
        "test_statuses.test_the_supervisor_switch_of_a_profile_makes_a_collector_a_supervisor",
    ),
    "Automatic status reassignments do not change a supervisor-type status, but they still generate notes.": (
        "test_automatic_statuses.test_a_supervisors_status_stays_and_a_note_says_what_was_wanted",
    ),
    "80 is NSF check.": ("test_automatic_statuses.test_a_returned_check_gives_80_and_its_follow_up",),
    "81 is first payment default.": (
        "test_automatic_statuses.test_who_never_paid_the_first_installment_is_in_first_payment_default",
    ),
    "82 is first time delinquent.": (
        "test_automatic_statuses.test_who_is_late_for_the_first_time_gets_82_and_the_second_time_does_not",
    ),
    "83 is given for a broken promise.": ("test_automatic_statuses.test_a_broken_promise_gives_83",),
    "85 is no contact in the last 7 days, from 00, 01 and 30 only.": (
        "test_automatic_statuses.test_no_contact_in_seven_days_gives_85",
        "test_automatic_statuses.test_no_contact_is_said_only_of_00_01_and_30",
    ),
}
"""A sentence of the document, shortened → the tests of this folder that show it."""


@pytest.mark.parametrize("sentence", SHOWN_BY)
def test_a_sentence_of_the_document_is_shown_by_tests_that_there_are(sentence: str) -> None:
    for named in SHOWN_BY[sentence]:
        module, _, name = named.partition(".")
        assert callable(getattr(import_module(f"tests.collections.{module}"), name))
