"""The sentences of LeasePak's "Collection Tracking Setup" that state a behaviour, and the tests that show each of them."""

from __future__ import annotations

from importlib import import_module

import pytest

SHOWN_BY = {
    "Access to reassignment is reserved for supervisors.": ("test_reassignment.test_a_collector_does_not_get_in",),
    "These parameters affect the entire database: one set of parameters for all portfolios.": (
        "test_collection_settings.test_an_admin_chooses_the_amount_and_switches_steps_off",
    ),
    "Parameters that apply to a single portfolio are set for it; a user restricted to a portfolio sets that one.": (
        "test_collection_settings.test_an_admin_chooses_who_gets_what_fits_nobody",
        "test_collection_settings.test_an_admin_of_one_portfolio_changes_that_one_only",
    ),
    "Portfolio restrictions prevent the user from seeing data from the prohibited portfolios and creating data for them.": (
        "test_reassignment.test_who_is_restricted_to_a_portfolio_sees_no_other_ones_accounts",
        "test_reassignment.test_nobody_gets_accounts_of_a_portfolio_they_may_not_see",
    ),
    "Collection users have to be established before delinquent accounts may be assigned to them.": (
        "test_assignment_at_night.test_staff_without_a_profile_are_handed_nothing",
    ),
    "Reassignment moves delinquent lessees from one collector to another.": (
        "test_reassignment.test_a_reassignment_is_kept_with_its_history_and_taken_back_whole",
    ),
    "Lessees are selected by portfolio, company, region, office, collector, days and amounts delinquent, or one by number.": (
        "test_reassignment.test_a_selection_is_by_place_collector_days_amount_and_number",
    ),
    "All lessees that match are listed, for another collector and for the automatic reassignment parameter of each.": (
        "test_reassignment.test_the_page_lists_late_accounts_and_says_who_would_get_what_before_anything_moves",
        "test_reassignment.test_a_hold_is_set_and_lifted",
    ),
    "At most 500 accounts are listed; a message says that only the first 500 are displayed.": (
        "test_reassignment.test_more_than_are_listed_are_announced_and_do_not_page_on",
    ),
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
    "For newly delinquent lessees the field is blank, and automatic reassignment takes place.": (
        "test_assignment_at_night.test_who_does_not_fit_any_more_loses_the_account",
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
    "The delinquent amount adds up the unpaid amounts of all past-due invoices.": (
        "test_worklist.test_days_and_amounts_are_of_today_even_before_the_day_is_opened",
    ),
    "Changing the amount may result in the automatic reassignment of collectors.": (
        "test_assignment_at_night.test_another_amount_in_the_settings_moves_whom_it_does_not_fit",
    ),
    "Minimum and maximum delinquent amounts, portfolios and offices limit what is assigned to a user.": (
        "test_assignment_at_night.test_limits_and_places_and_an_ended_employment_count",
    ),
    "A collector with access to all collectors and no short names views all accounts and is assigned none.": (
        "test_assignment_at_night.test_who_sees_all_and_has_no_letters_is_assigned_none",
    ),
    "A collector may not be deleted if there are any delinquent lessees still assigned to that collector.": (
        "test_collection_users.test_a_collector_with_accounts_cannot_be_deleted",
    ),
    "A message appears to confirm or cancel the deletion of a profile.": (
        "test_collection_users.test_a_collector_with_accounts_cannot_be_deleted",
    ),
    "A profile is made for a member of staff and can be changed; here a change counts at once, not at the next sign-in.": (
        "test_collection_users.test_an_admin_makes_somebody_a_collection_user_like_another_one",
        "test_collection_users.test_a_change_counts_at_once",
    ),
    "The Signature tab holds the collector's title, phone and e-mail.": (
        "test_collection_users.test_the_six_tabs_are_saved_together",
    ),
    "The Menu tab grants access to customer summary, selection, account summary, work schedule, repo request; by default none.": (
        "test_work_orders.test_each_tick_of_the_menu_opens_its_page_and_nothing_else",
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
    "Work schedules show the lessees in weight order when WEIGHT is the sort order.": (
        "test_collection_users.test_the_worklist_of_a_collector_stands_in_the_order_of_their_profile",
        "test_worklist.test_the_list_stands_in_the_order_of_the_rule_and_so_do_its_pages",
    ),
    "Due date, average days delinquent and account age have weights of their own.": (
        "test_weights.test_each_part_of_the_table_weighs_by_itself",
        "test_weights.test_the_sql_weighs_as_the_rule_does",
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
    "The collection status of a lessee is set by hand.": ("test_statuses.test_a_collector_gives_a_status_on_the_account",),
    "Status defaults are added, changed and deleted.": (
        "test_statuses.test_an_admin_adds_a_status_on_its_page",
        "test_statuses.test_an_admin_changes_a_status_on_its_page",
    ),
    "Collection status is one of the criteria by which delinquent lessees are assigned.": (
        "test_assignment_at_night.test_limits_and_places_and_an_ended_employment_count",
        "test_assignment_at_night.test_the_sql_finds_those_who_fit_by_the_rule",
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
    "Statuses are assigned automatically only while the switch is on, and only codes that have been added.": (
        "test_end_of_day.test_a_step_that_is_switched_off_does_not_run",
        "test_automatic_statuses.test_a_status_that_is_switched_off_is_not_given",
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
