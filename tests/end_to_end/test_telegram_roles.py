"""Telegram alone, served by several processes: one hears, another takes over from it, and a third makes the films."""

from contextlib import AsyncExitStack
from pathlib import Path
from shutil import copy

import pytest

from core.simulator import Simulator
from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.programs import SECONDS
from tests.end_to_end.test_several_processes import CATALOGUE, process


def settings(telegram: TelegramEmulator, provider: str) -> dict[str, str]:
    """What all of the processes are told."""
    return {
        "MATINEE_TELEGRAM_TOKEN": telegram.token,
        "MATINEE_TELEGRAM_API_URL": telegram.url,
        "MATINEE_PROVIDER_URL": provider,
    }


async def test_a_gateway_and_a_worker_bring_a_film_and_one_of_them_fetches_updates(tmp_path: Path) -> None:
    copy(CATALOGUE, tmp_path)
    async with TelegramEmulator() as telegram, Simulator(speed=20) as simulator:
        anna = telegram.person("Anna", started=True)
        env = settings(telegram, f"{simulator.url}/v1")
        async with (
            process(tmp_path, env, "--role", "gateway"),
            process(tmp_path, env, "--role", "worker"),
        ):
            anna.write(anna.private, "/video a dog on the beach")
            await telegram.until(lambda: anna.private.last.text == "Your video is ready.", SECONDS)
        assert len(anna.private.videos) == 1
        assert telegram.complaints == []
    said = (tmp_path / "log").read_text()
    assert "another program" not in said
    assert telegram.token not in said


async def test_a_gateway_takes_over_from_another_that_leaves(tmp_path: Path) -> None:
    copy(CATALOGUE, tmp_path)
    async with TelegramEmulator() as telegram, Simulator(speed=20) as simulator:
        anna = telegram.person("Anna", started=True)
        env = settings(telegram, f"{simulator.url}/v1")
        async with process(tmp_path, env, "--role", "worker"), AsyncExitStack() as stays:
            async with process(tmp_path, env, "--role", "gateway"):
                await telegram.until(lambda: telegram.calls("getUpdates"), SECONDS)
                await stays.enter_async_context(process(tmp_path, env, "--role", "gateway"))
                await telegram.until(lambda: "another process is on duty" in (tmp_path / "log").read_text(), SECONDS)
            anna.write(anna.private, "/video a dog on the beach")
            await telegram.until(lambda: anna.private.last.text == "Your video is ready.", SECONDS)
        assert len(anna.private.videos) == 1
        assert telegram.complaints == []


@pytest.mark.parametrize("role", ["gateway", "worker", "all"])
async def test_each_role_alone_serves_a_telegram_token(tmp_path: Path, role: str) -> None:
    copy(CATALOGUE, tmp_path)
    async with TelegramEmulator() as telegram:
        async with process(tmp_path, settings(telegram, "http://127.0.0.1:9/v1"), "--role", role):
            await telegram.until(lambda: telegram.calls("getMe"), SECONDS)
            if role != "worker":
                await telegram.until(lambda: telegram.calls("getUpdates"), SECONDS)
        assert bool(telegram.calls("getUpdates")) is (role != "worker")


async def test_two_workers_bring_twelve_films_to_one_group_and_flood_nobody(tmp_path: Path) -> None:
    copy(CATALOGUE, tmp_path)
    async with TelegramEmulator() as telegram, Simulator(speed=20) as simulator:
        people = [telegram.person(f"P{number}", started=True) for number in range(12)]
        group = telegram.supergroup("Film club", *people)
        env = settings(telegram, f"{simulator.url}/v1") | {"MATINEE_AT_ONCE": "6", "MATINEE_WAITING_TOTAL": "40"}
        async with (
            process(tmp_path, env, "--role", "gateway"),
            process(tmp_path, env, "--role", "worker"),
            process(tmp_path, env, "--role", "worker"),
        ):
            for number, person in enumerate(people):
                person.command(group, "video", f"dog number {number} on the beach")
            await telegram.until(lambda: len(group.videos) >= 6 or telegram.flooded, SECONDS)
        assert telegram.flooded == []
        assert telegram.complaints == []
