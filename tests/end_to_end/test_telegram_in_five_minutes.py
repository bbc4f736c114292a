"""The README's "With your own Telegram bot in five minutes", word for word: its commands as processes, the emulator
as Telegram. Nothing here is virtual: the program lives in this machine's time, as it does for people."""

import asyncio
import re
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import pytest

from tests.emulators.telegram import TelegramEmulator
from tests.end_to_end.programs import command, decodes, environment

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0
"""Seconds after which something will not come any more, on a machine with much else to do."""
FASTER = ("--speed", "4")
"""What is added to the README's words, so that a film does not take its time."""


def section() -> str:
    """What the README says about it."""
    found = re.search(
        r"## With your own Telegram bot in five minutes\n(.*?)\n## ", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert found
    return found[1]


@dataclass
class NewHost:
    """Somebody who does as the README says."""

    folder: Path
    telegram: TelegramEmulator
    commands: list[list[str]]
    """What follows `matinee`, in the README's order."""
    prompt: str
    address: str

    @property
    def env(self) -> Mapping[str, str]:
        """Where Telegram is: all that a new host need not say."""
        return environment(PYTHONPATH=str(ROOT), MATINEE_TELEGRAM_API_URL=self.telegram.url)

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncGenerator[Process]:
        """`matinee WORDS`; whatever becomes of the test, it is gone afterwards."""
        process = await asyncio.create_subprocess_exec(
            *command(*words), cwd=self.folder, env=self.env, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def run(self, *words: str) -> tuple[int | None, str, str]:
        """The same to its end: exit code, what it said, and what it said of errors."""
        async with self.running(*words) as process, asyncio.timeout(PATIENCE):
            said, erred = await process.communicate()
            return process.returncode, said.decode(), erred.decode()

    def set(self, name: str, value: str) -> None:
        """Change one line of .env."""
        file = self.folder / ".env"
        text, count = re.subn(f"^{name}=.*$", f"{name}={value}", file.read_text(), flags=re.MULTILINE)
        assert count == 1, "the README names a line that is there"
        file.write_text(text)


@pytest.fixture
async def host(tmp_path: Path) -> AsyncGenerator[NewHost]:
    """A fresh folder in which .env was made and filled in as the README has it, and a Telegram."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = str(door.getsockname()[1])
    text = section().replace("8081", port)
    for name in ("catalogue.toml", ".env.example"):
        copy(ROOT / name, tmp_path)
    assert re.search("^make demo", text, re.MULTILINE), "that is where .venv comes from"
    for words in re.findall(r"^(?:cp|chmod) .+$", text, re.MULTILINE):
        made = await asyncio.create_subprocess_exec(*words.split(), cwd=tmp_path)
        assert await made.wait() == 0
    said = re.search(r"`/video (.+?)`", text)
    lines = dict(re.findall(r"^(MATINEE_\w+)=(.*)$", text, re.MULTILINE))
    assert said
    async with TelegramEmulator() as telegram:
        commands = [words.split() for words in re.findall(r"\.venv/bin/matinee ([^`\n]+)", text)]
        new = NewHost(tmp_path, telegram, commands, said[1], lines["MATINEE_PROVIDER_URL"])
        for name, value in lines.items():
            new.set(name, telegram.token if value == "…" else value)
        yield new
        assert telegram.complaints == []


async def test_as_the_readme_says_it_a_film_arrives(host: NewHost) -> None:
    simulate, doctor, run = host.commands
    anna = host.telegram.person("Anna")
    chat = anna.private
    assert (host.folder / ".env").stat().st_mode & 0o777 == 0o600
    async with host.running(*simulate, *FASTER) as simulator, asyncio.timeout(3 * PATIENCE):
        assert simulator.stdout
        assert (await simulator.stdout.readline()).decode() + "/v1" == host.address.replace("/v1", "\n/v1")

        code, said, erred = await host.run(*doctor)
        assert (code, erred) == (0, "")
        assert not re.search("^not ok", said, re.MULTILINE), said
        assert "https://t.me/matinee_bot?startgroup" in said

        async with host.running(*run) as matinee:
            anna.start()
            anna.write(chat, f"/video {host.prompt}")
            await host.telegram.until(lambda: chat.videos, PATIENCE)
            (film,) = chat.videos
            assert len(film.versions) > 1, "the message that counted up became the film"
            assert film.media
            (host.folder / "film.mp4").write_bytes(film.media.file.data)
            assert decodes(host.folder / "film.mp4")
            await host.telegram.until(lambda: chat.last is not film, PATIENCE)

            matinee.send_signal(signal.SIGTERM)
            _, log = await matinee.communicate()
            assert matinee.returncode == 0, log.decode()
            assert not re.search("error|critical|Traceback|warning", log.decode()), log.decode()
            assert host.telegram.token not in log.decode()
        simulator.send_signal(signal.SIGTERM)
        assert await simulator.wait() == 0


async def test_a_wrong_token_is_said_with_what_to_do(host: NewHost) -> None:
    _, doctor, run = host.commands
    wrong = "987654321:AAH-not_the_token_of_any_bot_at_all"
    host.set("MATINEE_TELEGRAM_TOKEN", wrong)
    code, said, erred = await host.run(*doctor)
    assert (code, erred) == (1, "")
    assert re.search("^not ok  Telegram: .*token", said, re.MULTILINE), said
    code, said, erred = await host.run(*run)
    assert (code, said) == (2, "")
    assert "@BotFather" in erred
    assert wrong not in said + erred
