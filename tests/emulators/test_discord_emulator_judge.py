"""Requests are judged by Discord's own description, where it is at hand; where it is not, the run says so."""

from typing import Any

import pytest

from tests.emulators.discord import DiscordEmulator, openapi
from tests.emulators.discord_wire import wired

pytestmark = pytest.mark.virtual_time

HERE = openapi.session_line() is None

WRONG: dict[str, tuple[str, str, Any, str]] = {
    "a content that is no text": ("POST", "/channels/{channel}/messages", {"content": 5}, "content"),
    "a component of a wrong shape": (
        "POST",
        "/channels/{channel}/messages",
        {"components": [{"type": 1}]},
        "components.0",
    ),
    "a field that is ignored": ("POST", "/users/@me/channels", {"recipient_id": "5", "nonce": "n"}, "has a nonce"),
    "a limit above a hundred": ("GET", "/channels/{channel}/messages?limit=101", None, "query limit"),
    "a query that does not exist": ("GET", "/users/@me?verbose=1", None, "the query has no verbose"),
    "a body where none belongs": ("GET", "/users/@me", {"x": 1}, "a body is sent"),
    "a body that is missing": ("POST", "/users/@me/channels", None, "the body is missing"),
    "a path that does not exist": ("GET", "/teapots/1", None, "the emulator has no GET"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_the_description_does_not_allow_is_a_complaint(name: str) -> None:
    method, path, body, sentence = WRONG[name]
    async with wired() as wire:
        await wire.ask(method, path.format(channel=wire.channel.id), body)
        found = [line for line in wire.discord.complaints if sentence in line]
        assert bool(found) is (HERE or sentence.startswith("the emulator"))
        wire.discord.complaints.clear()


async def test_where_the_description_is_absent_the_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openapi, "description", lambda: None)
    line = openapi.session_line()
    assert line is not None
    assert "were not judged" in line
    async with wired() as wire:
        assert (await wire.send({"content": "x"})).status == 200
        assert wire.discord.complaints == []


async def test_everything_the_emulator_serves_is_described() -> None:
    for method, route in DiscordEmulator().routes:
        assert not HERE or openapi.is_described(method, route), f"{method} {route}"
