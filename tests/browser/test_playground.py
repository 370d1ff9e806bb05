from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE, Playground
from tests.browser.using import (
    answers,
    clock,
    conversation,
    go_to,
    inside,
    pick,
    run,
    send,
    type_option,
)

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)


def test_a_country_is_suggested_and_its_helplines_are_read(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    go_to(page, "general")
    pick(page, "helplines")
    type_option(page, "country", "ger", re.compile("^Germany$"))
    send(page)
    expect(answers(page)).to_have_count(1)
    expect(conversation(page).get_by_text("112")).to_be_visible()
    expect(page.locator("#errors")).to_be_hidden()


def test_a_question_is_suggested_and_its_answer_is_read(page: Page, playground: Playground) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    go_to(page, "general")
    pick(page, "faq ask")
    chosen = type_option(page, "question", "waht is peer sup", re.compile("peer support"))
    send(page)
    expect(answers(page)).to_have_count(1)
    expect(conversation(page).get_by_text(chosen).last).to_be_visible()
    expect(page.locator("#errors")).to_be_hidden()


def test_old_buttons_work_after_time_restarts_and_a_stop_of_the_playground(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    go_to(page, "general")
    run(page, "about")

    before = clock(page)
    page.get_by_role("button", name="+1 day").click()
    expect(page.get_by_role("status").filter(has_text="It is now")).to_be_visible()
    assert clock(page)[:10] > before[:10]
    page.get_by_role("button", name="Next Monday 9:01").click()
    # A week has 168 steps, which take half a minute on a busy machine.
    expect(page.locator("#now")).to_contain_text("09:01", timeout=4 * PATIENCE)
    expect(page.locator("#now")).to_contain_text("Mon")
    monday = clock(page)

    page.get_by_role("button", name="Restart the bot").click()
    expect(page.get_by_text("The bot was restarted.")).to_be_visible()
    inside(page).get_by_role("button", name="What can I use?").click()
    expect(conversation(page).get_by_text("What you can use here").first).to_be_visible()

    assert playground.stop() == 0
    expect(page.get_by_text("The playground has stopped.")).to_be_visible()
    again = playground.start()
    assert again == page.url.replace("/?", "/")
    expect(page.get_by_text("The playground has stopped.")).to_be_hidden()
    expect(conversation(page).get_by_text("What you can use here").first).to_be_visible()
    assert clock(page) == monday
    inside(page).get_by_role("button", name="Helplines").click()
    expect(inside(page).get_by_role("dialog")).to_be_visible()
    expect(page.locator("#errors")).to_be_hidden()


def test_each_person_sees_their_own_server_in_their_own_language(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    places = page.get_by_role("navigation")
    go_to(page, "general")
    run(page, "about")
    expect(places.get_by_role("button", name="moderators-only")).to_have_count(0)

    page.get_by_label("Viewing as").select_option(label="Robin (Moderator, 18+)")
    go_to(page, "moderators-only")
    go_to(page, "general")
    expect(answers(page)).to_have_count(0)

    go_to(page, "moderators-only")
    page.get_by_label("Viewing as").select_option(label="Alex (18+)")
    go_to(page, "general")
    expect(answers(page)).to_have_count(1)
    expect(page.get_by_role("navigation")).not_to_contain_text("moderators-only")

    page.get_by_label("Viewing as").select_option(label="Luz")
    expect(page.get_by_label("Their language")).to_have_value("es-ES")
    expect(inside(page).get_by_role("heading", name="general", level=1)).to_be_visible()
    run(page, "about")
    expect(conversation(page).get_by_text("Soy un bot")).to_be_visible()
    go_to(page, "Alongside")


def test_the_page_serves_a_phone_and_a_keyboard(browser: Browser, playground: Playground) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(playground.start("--port", "0", "--fresh"))
    expect(inside(page).get_by_role("heading", name="welcome", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("navigation")).to_be_hidden()

    opener = page.get_by_role("button", name=re.compile("^Channels"))
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="check-ins").press("Enter")
    expect(inside(page).get_by_role("heading", name="check-ins", level=1)).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()

    page.get_by_role("button", name="Time, people").press("Enter")
    before = clock(page)
    page.get_by_role("button", name="+1 hour").press("Enter")
    expect(page.get_by_role("status").filter(has_text="It is now")).to_be_visible()
    assert clock(page) > before
    expect(page.get_by_role("button", name="+1 hour")).to_be_focused()
    context.close()


def test_every_control_has_a_name(page: Page, playground: Playground) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    expect(inside(page).get_by_role("heading", name="welcome", level=1)).to_be_visible()
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, select, iframe, nav, [role=group]")]
        .filter((each) => !(each.textContent.trim() || each.ariaLabel || each.title
            || each.labels?.length)).map((each) => each.outerHTML)"""
    )
    assert nameless == []


def test_a_world_that_cannot_be_read_is_refused_in_one_sentence(playground: Playground) -> None:
    playground.start("--port", "0", "--fresh")
    assert playground.stop() == 0
    world = playground.state / "playground" / "world.json"
    world.write_text(json.dumps({"format": 99}))
    with pytest.raises(AssertionError, match="start once with --fresh"):
        playground.start()
    assert world.read_text() == json.dumps({"format": 99})
