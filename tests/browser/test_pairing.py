from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Playground
from tests.browser.pairs import MODERATOR, PLACE, join, run_round, set_up
from tests.browser.using import go_to, look_as, press, says, use

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

WISHES = {
    "Alex (18+)": ("Music", "Talk"),
    "Sam (Supporter, 18+)": ("Music", "Listen"),
    "Noor (18+)": ("Animals", "Either"),
    "Kim (18+)": ("Animals", "Listen"),
    MODERATOR: ("Books and stories", "Talk"),
}


def test_five_join_a_round_is_run_one_leaves_one_blocks_and_the_next_respects_it(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    page.get_by_role("button", name="Next Monday 9:01").click()
    expect(page.locator("#now")).to_contain_text("09:01", timeout=4 * PATIENCE)
    set_up(page)
    for person, (topic, role) in WISHES.items():
        look_as(page, person, PLACE)
        join(page, topic, role)

    look_as(page, MODERATOR, PLACE)
    use(page, "manage pairing preview", "Numbers only")
    expect(says(page, "2 pairs")).to_be_visible()
    first_round = run_round(page, list(WISHES))
    assert sorted(len(people) for people in first_round.values()) == [2, 2]
    [(one_room, (leaver, left)), (other_room, (blocker, blocked))] = sorted(
        first_round.items(), key=lambda room: MODERATOR in room[1]
    )

    look_as(page, leaver, PLACE)
    go_to(page, one_room)
    expect(says(page, "You meet as equals")).to_be_visible()
    use(page, "pair leave", "You have left")
    look_as(page, left, PLACE)
    use(page, "pair status", "has ended early")

    look_as(page, blocker, PLACE)
    go_to(page, other_room)
    press(page, "Block")
    expect(says(page, "are not brought together here")).to_be_visible()
    look_as(page, blocked, PLACE)
    use(page, "pair status", "has ended early")

    page.get_by_role("button", name="Restart the bot").click()
    expect(page.get_by_text("The bot was restarted.")).to_be_visible()
    staying = [person for person in WISHES if person != leaver]
    second_round = run_round(page, staying)
    together = [set(people) for people in second_round.values()]
    assert sorted(map(len, together)) == [2, 2]
    assert {person for room in together for person in room} == set(staying)
    assert {blocker, blocked} not in together
    expect(page.locator("#errors")).to_be_hidden()
