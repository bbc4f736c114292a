"""The README's "With your own Discord server in five minutes", word for word: its commands as processes, the emulator
as Discord. Nothing here is virtual: the program lives in this machine's time, as it does for people."""

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

from tests.bots.discord_looks import headings
from tests.emulators.discord import DiscordEmulator
from tests.end_to_end.programs import command, decodes, environment

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0
"""Seconds after which something will not come any more, on a machine with much else to do."""
FASTER = ("--speed", "4")
"""What is added to the README's words, so that a film does not take its time."""


def section() -> str:
    """What the README says about it."""
    found = re.search(
        r"## With your own Discord server in five minutes\n(.*?)\n## ", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert found
    return found[1]


@dataclass
class NewHost:
    """Somebody who does as the README says."""

    folder: Path
    discord: DiscordEmulator
    commands: list[list[str]]
    """What follows `matinee`, in the README's order."""
    prompt: str
    address: str

    @property
    def env(self) -> Mapping[str, str]:
        """Where Discord is: all that a new host need not say."""
        return environment(
            PYTHONPATH=str(ROOT),
            MATINEE_DISCORD_API_URL=self.discord.api_url,
            MATINEE_DISCORD_GATEWAY_URL=self.discord.gateway_url,
        )

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
        assert count == 1
        file.write_text(text)
        file.chmod(0o600)


@pytest.fixture
async def host(tmp_path: Path) -> AsyncGenerator[NewHost]:
    """A fresh folder with .env as the README has it, and a Discord."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = str(door.getsockname()[1])
    text = section().replace("8081", port)
    for name in ("catalogue.toml", ".env.example"):
        copy(ROOT / name, tmp_path)
    copy(tmp_path / ".env.example", tmp_path / ".env")
    said = re.search(r"`/video (.+?)`", text)
    lines = dict(re.findall(r"^(MATINEE_\w+)=(.*)$", text, re.MULTILINE))
    assert said
    async with DiscordEmulator() as discord:
        commands = [words.split() for words in re.findall(r"\.venv/bin/matinee ([^`\n]+)", text)]
        new = NewHost(tmp_path, discord, commands, said[1], lines["MATINEE_PROVIDER_URL"])
        for name, value in lines.items():
            new.set(name, discord.token if value == "…" else value)
        yield new
        assert discord.complaints == []


async def test_as_the_readme_says_it_a_film_arrives(host: NewHost) -> None:
    simulate, doctor, run = host.commands
    mia = host.discord.person("mia")
    channel = host.discord.guild("Film club", mia).channel("videos")
    async with host.running(*simulate, *FASTER) as simulator, asyncio.timeout(PATIENCE):
        assert simulator.stdout
        assert (await simulator.stdout.readline()).decode() + "/v1" == host.address.replace("/v1", "\n/v1")

        code, said, erred = await host.run(*doctor)
        assert (code, erred) == (0, "")
        assert not re.search("^not ok", said, re.MULTILINE)
        assert f"https://discord.com/oauth2/authorize?client_id={host.discord.application_id}&scope=bot" in said

        async with host.running(*run) as matinee:
            await host.discord.until_ready(PATIENCE)
            asked = await mia.slash(channel, "video", prompt=host.prompt)
            assert asked.message
            await host.discord.until(lambda: len(channel.messages) == 2, PATIENCE)
            film, ping = channel.messages
            assert film is asked.message
            phases = headings(film)
            assert phases[-1] == "Done"
            assert len(phases) > 1  # how many there is time to show is the machine's affair
            (host.folder / "film.mp4").write_bytes(film.files[0].data)
            assert decodes(host.folder / "film.mp4")
            assert ping.pinged == [mia]

            code, _, erred = await host.run(*run)
            assert code == 2
            assert erred == (
                "MATINEE_DATABASE_URL: another Matinee is at work on data/matinee.*; stop it, or name another file; "
                "only processes that each name their shards or their role share one\n"
            )

            matinee.send_signal(signal.SIGTERM)
            _, log = await matinee.communicate()
            assert matinee.returncode == 0
            assert not re.search("error|critical|Traceback|warning", log.decode()), log.decode()
        simulator.send_signal(signal.SIGTERM)
        assert await simulator.wait() == 0


@pytest.mark.parametrize("token", ["the.wrong.token", "MTIz"])
async def test_a_wrong_token_is_said_with_what_to_do(host: NewHost, token: str) -> None:
    _, doctor, run = host.commands
    host.set("MATINEE_DISCORD_TOKEN", token)
    code, said, erred = await host.run(*doctor)
    assert (code, erred) == (1, "")
    assert re.search("^not ok  Discord: .*token", said, re.MULTILINE)
    code, said, erred = await host.run(*run)
    assert (code, said) == (2, "")
    assert "take a new one from the application's Bot page" in erred
    assert token not in said + erred


async def test_the_doctor_names_all_that_is_missing_at_once(host: NewHost) -> None:
    _, doctor, _ = host.commands
    code, said, erred = await host.run(*doctor)
    assert (code, erred) == (1, "")
    port = host.address.removeprefix("http://127.0.0.1:").removesuffix("/v1")
    assert f"`matinee simulate --port {port}` starts it." in said
    (host.folder / ".env").unlink()
    code, said, erred = await host.run(*doctor)
    assert (code, erred) == (1, "")
    assert "There is no .env in this folder" in said
    assert re.search("^not ok  catalogue.toml:.* the setting MATINEE_PROVIDER_URL is not set", said, re.MULTILINE)
    assert "no MATINEE_DISCORD_TOKEN is set" in said
