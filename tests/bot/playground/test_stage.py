import asyncio
import json
from datetime import timedelta

import pytest
from simcord.enums import MessageType

from bot.errors import StartError
from bot.playground.calendar import Jump
from bot.playground.stage import RefusedError, Stage
from tests.bot.playground.conftest import House, channel, member, person, said, use


def names(stage: Stage, part: str) -> list[str]:
    return [each["name"] for each in stage.state()[part]]


async def look(stage: Stage, who: str, where: str) -> None:
    await stage.look(person(stage, who), channel(stage, where).id, "UTC")


async def test_a_first_start_finds_a_small_community(stage: Stage) -> None:
    state = stage.state()
    assert state["server"] == "Harbour"
    assert names(stage, "people") == ["Alex", "Sam", "Noor", "Luz", "Robin", "Kim"]
    assert names(stage, "channels") == ["welcome", "general", "check-ins", "meet-a-peer"]
    assert names(stage, "direct") == ["Alongside"]
    assert state["errors"] == {"count": 0, "last": None}


async def test_a_moderator_sees_what_members_do_not(stage: Stage) -> None:
    await look(stage, "Robin", "moderators-only")
    assert "moderators-only" in names(stage, "channels")
    moderators = stage.state()["channel"]
    await stage.look(person(stage, "Alex"), int(moderators), "UTC")
    assert "moderators-only" not in names(stage, "channels")
    assert stage.state()["channel"] != moderators


async def test_ids_are_the_same_in_every_playground(house: House) -> None:
    first = (await house.open()).state()
    second = (await house.open(fresh=True)).state()
    assert second["boot"] != first["boot"]
    assert second["people"] == first["people"]
    assert [each["id"] for each in second["channels"]] == [each["id"] for each in first["channels"]]
    assert [each["id"] for each in second["direct"]] == [each["id"] for each in first["direct"]]


async def test_time_moves_by_the_buttons_and_what_is_due_comes_in_order(stage: Stage) -> None:
    before = stage.env.now()
    await stage.jump(Jump.DAY)
    assert stage.env.now() - before == timedelta(days=1)
    assert len(said(stage, "general")) >= 4
    assert said(stage, "general") == sorted(said(stage, "general"))
    at_rest = stage.env.now()
    await asyncio.sleep(0)
    assert stage.env.now() == at_rest


async def test_waiting_timers_are_left_to_the_buttons(stage: Stage) -> None:
    timers = [record for record in stage.env._work.callbacks if record.real_handle is not None]  # pyright: ignore[reportPrivateUsage]
    assert all(record.real_handle.cancelled() for record in timers if record.real_handle)


async def test_an_old_button_works_after_the_bot_and_the_playground_were_restarted(
    house: House,
) -> None:
    stage = await house.open()
    await use(stage, "Alex", "check-ins", "post")
    await stage.restart()
    stage = await house.open()
    place = channel(stage, "check-ins")
    assert place.last_message is not None
    async with stage.acting():
        await member(stage, "Sam").click(place.last_message, custom_id="test:0")
    [message] = stage.env.backend.messages[place.id].values()
    assert "test:1" in json.dumps(message.components)


async def test_the_playground_comes_back_as_it_was_left(house: House) -> None:
    stage = await house.open()
    await use(stage, "Alex", "general", "apart")
    await use(stage, "Alex", "general", "whisper")
    await look(stage, "Alex", "general")
    await stage.speak(person(stage, "Alex"), "es-ES")
    await stage.jump(Jump.MONDAY)
    before = stage.state()
    after = (await house.open()).state()
    for kept in ("now", "viewer", "channel", "language", "threads", "direct", "people", "zone"):
        assert after[kept] == before[kept], kept


async def test_a_restart_closes_the_old_bot_before_the_new_one_opens(house: House) -> None:
    stage = await house.open()
    await stage.restart()
    first, second = house.lodgers
    assert first.gone
    assert not second.gone
    await use(stage, "Alex", "general", "hello")
    assert said(stage, "general")[-1] == "hello in en-US"


async def test_the_bot_hears_the_language_of_the_person(stage: Stage) -> None:
    await use(stage, "Luz", "general", "hello")
    await use(stage, "Sam", "general", "hello")
    await stage.speak(person(stage, "Sam"), "es-ES")
    await use(stage, "Sam", "general", "hello")
    assert said(stage, "general")[-3:] == ["hello in es-ES", "hello in en-US", "hello in es-ES"]


async def test_a_private_thread_and_a_direct_message_show_as_new_to_the_one_they_are_for(
    stage: Stage,
) -> None:
    await use(stage, "Sam", "general", "apart")
    await look(stage, "Alex", "welcome")
    assert names(stage, "threads") == []
    assert stage.state()["direct"][0]["new"] == 0
    await look(stage, "Sam", "welcome")
    assert names(stage, "threads") == ["apart"]
    assert stage.state()["direct"][0]["new"] == 1
    await stage.look(person(stage, "Sam"), int(stage.state()["direct"][0]["id"]), "UTC")
    await look(stage, "Sam", "welcome")
    assert stage.state()["direct"][0]["new"] == 0


async def test_a_private_thread_is_announced_to_nobody(stage: Stage) -> None:
    await use(stage, "Sam", "general", "apart")
    shown = stage.env.backend.messages[channel(stage, "general").id].values()
    assert MessageType.THREAD_CREATED not in {message.type for message in shown}


async def test_an_error_of_the_bot_is_shown_and_a_refusal_is_not(stage: Stage) -> None:
    await use(stage, "Alex", "general", "refuse")
    assert stage.state()["errors"]["count"] == 0
    await use(stage, "Alex", "general", "broken")
    assert stage.state()["errors"] == {"count": 1, "last": "ZeroDivisionError"}
    await use(stage, "Alex", "general", "hello")


async def test_what_is_not_offered_is_refused(stage: Stage) -> None:
    with pytest.raises(RefusedError):
        await stage.look(1, 1, "UTC")
    with pytest.raises(RefusedError):
        await stage.speak(person(stage, "Alex"), "tlh")
    await stage.look(person(stage, "Alex"), 1, "Nowhere/Land")
    assert stage.state()["zone"] == "UTC"


async def test_fresh_begins_anew_and_touches_nothing_else(house: House) -> None:
    stage = await house.open()
    await use(stage, "Alex", "general", "hello")
    (house.folder / "bot" / "store").write_text("x")
    beside = house.folder / "mine.txt"
    beside.write_text("x")
    stage = await house.open(fresh=True)
    assert "hello in en-US" not in said(stage, "general")
    assert not (house.folder / "bot" / "store").exists()
    assert beside.exists()


async def test_a_damaged_world_is_refused_before_the_bot_is_touched(house: House) -> None:
    stage = await house.open()
    path = stage.play.folder / "world.json"
    await house.close()
    kept = json.loads(path.read_text())
    kept["world"]["parts"]["guilds"] = {"$model": "Guild", "of": {"id": 1}}
    path.write_text(text := json.dumps(kept))
    with pytest.raises(StartError, match="--fresh"):
        await house.open()
    assert path.read_text() == text
    assert len(house.lodgers) == 1


async def test_two_playgrounds_cannot_share_a_folder(house: House, stage: Stage) -> None:
    with pytest.raises(StartError, match="Another playground"):
        await Stage(house.play()).open()


async def test_a_full_disk_is_told_and_does_not_end_the_playground(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_kept: object) -> bool:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(stage._file, "write", full)  # pyright: ignore[reportPrivateUsage]
        await use(stage, "Alex", "general", "hello")
        assert "No space left on device" in stage.state()["unsaved"]
    await use(stage, "Alex", "general", "hello")
    assert stage.state()["unsaved"] == ""
