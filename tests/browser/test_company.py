from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.company import SUPPORTER, ask, close, come, set_up
from tests.browser.conftest import PATIENCE, Playground
from tests.browser.using import conversation, look_as

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)


def unseen(_picture: str) -> None:
    """Take no picture."""


def test_a_request_goes_from_asker_to_supporter_to_closed(
    page: Page, playground: Playground
) -> None:
    page.goto(playground.start("--port", "0", "--fresh"))
    set_up(page)
    name = ask(page, unseen)
    come(page, unseen)
    close(page, name)
    look_as(page, SUPPORTER, "supporters")
    expect(conversation(page).get_by_text("Somebody is there")).to_have_count(0)
    expect(page.locator("#errors")).to_be_hidden()
