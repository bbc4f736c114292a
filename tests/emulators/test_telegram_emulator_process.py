"""The emulator on a clock that nobody controls, in this process and as one of its own."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import httpx

from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram_wire import ask

ROOT = Path(__file__).parents[2]


async def test_the_emulator_also_lives_in_real_time() -> None:
    async with TelegramEmulator() as telegram:
        anna = telegram.person("Anna")
        anna.write(anna.private, "hello")
        assert len((await ask(telegram, "getUpdates"))["result"]) == 1


async def say(process: Process, **told: Any) -> dict[str, Any]:
    assert process.stdin is not None
    process.stdin.write(json.dumps(told).encode() + b"\n")
    await process.stdin.drain()
    return await hear(process)


async def hear(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(await process.stdout.readline())
    return told


async def test_the_emulator_is_a_process_that_people_speak_with_by_lines() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.emulators.telegram", cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    async with asyncio.timeout(60), httpx.AsyncClient(timeout=60) as client:
        about = await hear(process)
        base = f"{about['api_url']}{about['token']}"
        await say(process, person="Anna", write="/video a lighthouse")
        (update,) = (await client.post(f"{base}/getUpdates", json={"timeout": 50})).json()["result"]
        keyboard = {"inline_keyboard": [[{"text": "Cancel", "callback_data": "c"}]]}
        answer = {"chat_id": update["message"]["chat"]["id"], "text": "1 %", "reply_markup": keyboard}
        await client.post(f"{base}/sendMessage", json=answer)
        pressing = asyncio.create_task(say(process, person="Anna", press="Cancel"))
        offset = update["update_id"] + 1
        (pressed,) = (await client.post(f"{base}/getUpdates", json={"timeout": 50, "offset": offset})).json()["result"]
        told = {"callback_query_id": pressed["callback_query"]["id"], "text": "cancelled"}
        await client.post(f"{base}/answerCallbackQuery", json=told)
        seen = await pressing
        assert seen["toast"] == "cancelled"
        assert [message["text"] for message in seen["messages"]] == ["/video a lighthouse", "1 %"]
        assert "error" in await say(process, person="Anna", press="Nothing")
        assert (await say(process, person="Ben", look=True, group="Film club"))["complaints"] == []
        assert process.stdin is not None
        process.stdin.close()
        assert await process.wait() == 0
