"""What a review is for, clause by clause, and the tests in a real browser that show it: none without one."""

from __future__ import annotations

from importlib import import_module

import pytest

CLAUSES: dict[str, tuple[str, ...]] = {
    "1 a command starts a server, says where it is, opens the browser":
        ("test_review_page.test_the_browser_is_opened_where_the_server_says_it_is",),
    "1 everything without a network": ("test_review_page.test_the_browser_is_opened_where_the_server_says_it_is",),
    "1 map, list, stacks and score are linked": ("test_review_page.test_list_map_stack_and_score_are_linked",),
    "2 dragged or picked: legal or not with test and numbers, and its price as an interval":
        ("test_review_page.test_a_project_is_dragged_from_the_list_onto_the_map",
         "test_review_page.test_a_project_is_moved_by_picking_with_its_test_and_its_price"),
    "2 lock, ban, withdraw, reserve; capacity, weight, rule, need; an area drawn: each a line of the scenario":
        ("test_review_page.test_acts_forms_and_drawing_become_lines_of_the_scenario",
         "test_review_page.test_every_other_edit_is_made_by_its_form"),
    "2 undo and redo": ("test_review_page.test_a_project_is_moved_by_picking_with_its_test_and_its_price",),
    "2 incumbent, bound and gap stream, and a solve is stopped":
        ("test_review_page.test_a_solve_streams_how_far_it_is_and_is_stopped_with_the_best_so_far",),
    "2 the rest with fewest changes": ("test_review_page.test_the_rest_stays_where_it_can_if_that_is_asked",),
    "2 the price of any edit before it is made": ("test_review_why_page.test_an_edit_is_priced_before_it_is_made",),
    "3 why here, and what it costs elsewhere":
        ("test_review_why_page.test_why_here_tells_the_place_and_what_it_costs_elsewhere",),
    "3 why not, and the smallest change":
        ("test_review_why_page.test_why_not_tells_the_cause_and_a_change_that_is_one_click_away",),
    "3 repairs, of edits made and of one that cannot be":
        ("test_review_why_page.test_where_no_plan_is_left_the_conflict_is_told_and_mended_by_a_click",
         "test_review_why_page.test_what_is_refused_says_why_and_what_would_have_to_change_for_it"),
    "3 prices of land, what one more is worth, given up at will":
        ("test_review_why_page.test_a_long_question_shows_that_it_runs_and_is_given_up",),
    "3 alternatives and comparison": ("test_review_why_page.test_plans_are_compared_and_alternatives_found",),
    "3 before and after as a swipe":
        ("test_review_why_page.test_before_and_after_are_swept_against_the_first_plan_or_another_variant",),
    "4 named variants, comments": ("test_review_page.test_hostile_names_and_comments_are_text",),
    "4 sign-off, of a project or of one part, and its taking back":
        ("test_review_axe.test_keys_walk_the_list_and_sign_off",
         "test_review_page.test_one_part_of_several_is_signed_off_and_taken_back"),
    "4 who did what when": ("test_review_page.test_who_did_what_when_is_told",),
    "4 scenario, workbook, report; one offline file whose comments are merged back":
        ("test_review_page.test_exports_and_an_offline_page_whose_comments_are_merged_back",),
    "5 live updates, and a stale edit shows both versions":
        ("test_review_page.test_what_others_do_is_seen_at_once_and_a_stale_edit_shows_both",),
    "5 roles, and nothing without logging in": ("test_review_axe.test_log_in_is_asked_for_and_a_viewer_only_reads",),
    "5 an owner lets people in and out":
        ("test_review_users_page.test_an_owner_lets_somebody_in_by_keys_changes_and_removes_them",),
    "6 an API, described": ("test_review_page.test_the_api_is_described_to_whoever_asks",),
    "7 Chinese and English, readable at three sizes": ("test_review_axe.test_nothing_is_cut_off_or_unnamed",),
    "7 by keys alone": ("test_review_axe.test_a_move_is_made_and_undone_with_keys_alone",),
    "7 axe finds nothing serious":
        ("test_review_axe.test_axe_finds_nothing_serious_in_any_panel",
         "test_review_axe.test_axe_finds_nothing_serious_in_any_dialog"),
}  # fmt: skip


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_is_shown_in_a_browser(clause: str) -> None:
    for shown in CLAUSES[clause]:
        module, name = shown.split(".")
        of = import_module(module)
        assert callable(getattr(of, name))
        assert of.pytestmark.name == "page"
