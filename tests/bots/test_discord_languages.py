"""What people read on Discord is in their language: the commands, private answers, and their own job's message."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.app_commands import TranslationContextTypes, locale_str
from typing_extensions import override

from bots.discord.buttons import JobButton, Press
from bots.discord.languages import CatalogueTranslator
from bots.discord.place import read_place
from bots.discord.platform import DiscordPlatform
from core.db import Database
from core.errors import ErrorKind, ProviderError
from core.model import JobId, JobState
from core.texts import ENGLISH, keys, languages, say, speaking
from tests.bots.discord_house import DiscordHouse, discord_house, place
from tests.bots.discord_looks import headings, told
from tests.emulators.discord import Interaction, Message
from tests.stand_ins import WELL, Upstream

pytestmark = pytest.mark.virtual_time

NAME = re.compile(r"[-_\w]{1,32}")
MOST_CHARACTERS = 8000
"""Of a command, with the longest of each translation."""
CHAT_INPUT = 1
SUB_COMMAND = 1
ONLY_TELEGRAMS = {"command-name-cancel"}


async def commands(database: Database, folder: Path) -> list[dict[str, Any]]:
    """All commands, as Discord was told them."""
    async with discord_house(database, folder) as house, house.open():
        return house.server.commands.offered(None)


def parts(thing: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A command, its options, and their choices."""
    yield thing
    for inner in (*thing.get("options", ()), *thing.get("choices", ())):
        yield from parts(inner)


def in_german(thing: dict[str, Any]) -> str:
    """What a part is called in German."""
    name: str = thing["name_localizations"]["de"]
    return name


def size(thing: dict[str, Any]) -> int:
    """Characters, as Discord counts them."""
    own = sum(
        max(map(len, (thing.get(field) or "", *(thing.get(f"{field}_localizations") or {}).values())))
        for field in ("name", "description")
    )
    return own + len(str(thing.get("value", "")))


async def ask(house: DiscordHouse, command: str, **options: object) -> str:
    """What mia alone reads as the answer to a command."""
    asked = await house.mia.slash(house.channel, command, **options)
    await asyncio.sleep(1)
    return told(asked)


async def made(house: DiscordHouse) -> Message:
    """A film of mia's in the channel, and a moment for its ping."""
    asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
    await house.over()
    await asyncio.sleep(2)
    assert asked.message is not None
    return asked.message


# What Discord is told


async def test_commands_options_choices_and_menus_have_german_names(database: Database, tmp_path: Path) -> None:
    by_name = {command["name"]: command for command in await commands(database, tmp_path)}
    assert {name: in_german(command) for name, command in by_name.items()} == {
        "video": "video",
        "animate": "animieren",
        "jobs": "jobs",
        "quota": "guthaben",
        "queue": "warteschlange",
        "models": "modelle",
        "settings": "einstellungen",
        "help": "hilfe",
        "videomod": "videomod",
        "Animate this image": "Dieses Bild animieren",
        "Remix this video": "Dieses Video remixen",
    }
    video = by_name["video"]
    assert video["description_localizations"]["de"] == "Ein Video aus Worten machen, oder aus einem Bild"
    options = {option["name"]: option for option in video["options"]}
    assert [in_german(option) for option in options.values()] == [
        *("prompt", "bild", "länge", "format", "modell", "stil", "sichtbarkeit")
    ]
    assert options["length"]["description_localizations"]["de"] == "Wie viele Sekunden"
    assert [in_german(choice) for choice in options["visibility"]["choices"]] == ["Alle", "Nur ich", "Spoiler"]


async def test_everything_that_is_told_is_told_in_every_language_and_in_english_too(
    database: Database, tmp_path: Path
) -> None:
    for command in await commands(database, tmp_path):
        for part in parts(command):
            for field in ("name", "description"):
                if part.get(field):
                    known = part[f"{field}_localizations"]
                    assert known["en-US"] == known["en-GB"] == part[field]
                    assert "de" in known
                    assert "fr" not in known, "Discord says the default itself"


async def test_discord_takes_the_commands_in_every_language(database: Database, tmp_path: Path) -> None:
    told = await commands(database, tmp_path)
    for command in told:
        assert sum(map(size, parts(command))) <= MOST_CHARACTERS
        for part in parts(command):
            assert all(1 <= len(text) <= 100 for text in (part.get("description_localizations") or {}).values())
            for name in part["name_localizations"].values():
                if "value" in part or command["type"] != CHAT_INPUT:
                    assert 1 <= len(name) <= (100 if "value" in part else 32)
                else:
                    assert NAME.fullmatch(name)
                    assert name == name.lower()
    slash = [command for command in told if command["type"] == CHAT_INPUT]
    for siblings in (slash, *(command["options"] for command in slash)):
        for locale in {locale for one in siblings for locale in one["name_localizations"]}:
            names = [one["name_localizations"][locale] for one in siblings]
            assert len(set(names)) == len(names)


async def test_the_catalogue_names_what_there_is_and_nothing_else(database: Database, tmp_path: Path) -> None:
    slash = [command for command in await commands(database, tmp_path) if command["type"] == CHAT_INPUT]
    typed = [option for command in slash for option in command["options"] if option["type"] != SUB_COMMAND]
    steps = [option for command in slash for option in command["options"] if option["type"] == SUB_COMMAND]
    options = {option["name"] for option in (*typed, *(inner for step in steps for inner in step["options"]))}
    assert {say(f"videomod-name-{step['name']}") for step in steps} == {step["name"] for step in steps}
    for group, names in (("command-name-", {command["name"] for command in slash}), ("option-name-", options)):
        named = {key.removeprefix(group): say(key) for key in keys() - ONLY_TELEGRAMS if key.startswith(group)}
        assert named == {name: name for name in names}, "in English they are called as in the code"


@pytest.mark.parametrize("language", sorted(languages()))
async def test_help_speaks_of_the_commands_by_the_names_that_they_have(
    database: Database, tmp_path: Path, language: str
) -> None:
    locale = "en-US" if language == ENGLISH else language
    names = {one["name_localizations"][locale] for one in await commands(database, tmp_path)}
    with speaking(language):
        spoken_of = set(re.findall(r"\*\*/?(.*?)\*\*", say("chat-help")))
        assert spoken_of == names - {say("command-name-help")}


@pytest.mark.parametrize("language", sorted(languages()))
def test_buttons_and_forms_are_short_enough_in_every_language(language: str) -> None:
    with speaking(language):
        for press in Press:
            assert 1 <= len(JobButton(press, JobId("7F3K7F3K"), of_several=True).item.label or "") <= 80
        assert all(len(say(key)) <= 45 for key in keys() if key.startswith("form-"))


async def test_commands_are_told_again_when_only_a_translation_has_changed(database: Database, tmp_path: Path) -> None:
    class Louder(CatalogueTranslator):
        @override
        async def translate(
            self, string: locale_str, locale: discord.Locale, context: TranslationContextTypes
        ) -> str | None:
            said = await super().translate(string, locale, context)
            return f"{said}!" if said and context.location.name == "command_description" else said

    async with discord_house(database, tmp_path) as house, house.open() as platform:
        assert isinstance(platform, DiscordPlatform)
        client = platform._client
        assert client.tree is not None
        for translator, told_again in ((CatalogueTranslator(), False), (Louder(), True), (Louder(), False)):
            assert await client.tell_commands(client.tree, translator) is told_again
        assert len(house.server.syncs) == 2
        video = house.server.commands.offered(None)[0]
        assert video["description_localizations"]["de"].endswith("!")


# What people read


async def test_a_german_reads_german_and_an_american_english(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.mia.locale = "de"
        assert (
            await ask(house, "quota")
            == "5 von 5 Credits übrig für heute (Installation). Mehr gibt es um 00:00 (in 12 h)."
        )
        assert (await ask(house, "help")).startswith("Mach ein Video mit **/video**, oder eins aus einem Bild mit")
        assert "5 s für 1 Credit, 10 s für 2 Credits · Querformat 16:9" in await ask(house, "models")
        assert (await ask(house, "settings", shape="portrait")).splitlines()[1:] == [
            "Format, wenn ich keins nenne: Hochformat 9:16",
            "Modell, wenn ich keins nenne: das der Betreiber",
            "Ändern kannst du das mit den Optionen von /einstellungen.",
        ]
        offered = await house.mia.autocomplete(house.channel, "video", "length", 5, prompt="x", model="standard")
        assert [choice["name"] for choice in offered.choices] == ["5 s für 1 Credit"]
        for spoken, locale in (("5 of 5 credits left", "en-US"), ("5 of 5 credits left", "fr"), ("5 von 5", "de")):
            house.mia.locale = locale
            assert (await ask(house, "quota")).startswith(spoken)


async def test_a_refusal_is_said_in_the_persons_language(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.mia.locale = "de"
        said = "Ein Video kann nicht 7 s lang sein|„standard“ macht keine 7 s"
        assert re.match(rf"({said})\. Es wurde nichts berechnet\.", await ask(house, "video", prompt="a dog", length=7))
        picture = house.mia.say(house.channel, "no picture here")
        asked = await house.mia.context_menu(picture, "Animate this image")
        await asyncio.sleep(1)
        assert told(asked) == (
            "In dieser Nachricht ist kein Bild. Es wurde nichts berechnet. Wähle eine Nachricht, die eins zeigt."
        )


async def test_a_jobs_message_counts_up_in_the_language_of_who_asked(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=Upstream((3.0, *WELL))) as house, house.open():
        house.mia.locale = "de"
        german, english = [
            await who.slash(house.channel, "video", prompt="a dog on the beach") for who in (house.mia, house.ben)
        ]
        await house.over(2)
        await asyncio.sleep(5)
        assert german.message is not None
        assert english.message is not None
        said = [word for word in headings(german.message) if not word.startswith("In der Schlange")]
        assert said == [
            *("Beginnt", "An das Modell geschickt", "Wird gerendert, 44 %", "Wird gerendert, 81 %"),
            *("Wird fertiggestellt", "Fertig"),
        ]
        assert "Das kostete 1 Credit; für heute sind 4 von 5 Credits übrig." in german.message.text
        assert german.message.labels == ["Remix", "Noch einmal", "Privat machen", "Melden", "Löschen"]
        assert german.message.files[0].description == "KI-generiertes Video: a dog on the beach"
        assert headings(english.message)[-1] == "Done"
        assert english.message.labels == ["Remix", "Run again", "Make private", "Report", "Delete"]
        pings = {tuple(one.pinged): one.content for one in house.channel.messages if one.pinged}
        assert pings == {
            (house.mia,): f"{house.mia.mention} dein Video ist fertig.",
            (house.ben,): f"{house.ben.mention} your video is ready.",
        }


async def test_a_message_keeps_its_language_over_a_restart(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house:
        house.mia.locale = "de"
        async with house.open(drain_seconds=0):
            asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
            await asyncio.sleep(15)
        async with house.open():
            await house.over()
            await asyncio.sleep(2)
        assert asked.message is not None
        assert headings(asked.message)[-1] == "Fertig"


async def test_a_failure_is_told_in_the_language_of_who_asked(database: Database, tmp_path: Path) -> None:
    upstream = Upstream((ProviderError(ErrorKind.AUTH),))
    async with discord_house(database, tmp_path, upstream=upstream) as house, house.open():
        house.mia.locale = "de"
        asked = await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        await house.over(state=JobState.FAILED)
        await asyncio.sleep(2)
        assert asked.message is not None
        assert "nimmt den Schlüssel der Betreiber nicht an. 1 Credit wurde erstattet." in asked.message.text
        assert asked.message.labels == ["Erneut versuchen", "Prompt ändern"]


async def test_who_presses_is_answered_in_their_language_and_the_message_stays_in_its_own(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.mia.locale = "de"
        message = await made(house)
        pressed = await house.ben.press(message, "Löschen")
        await asyncio.sleep(1)
        assert told(pressed) == "That video is somebody else's. Nothing was changed. Use /jobs to see yours."
        house.make_moderator(house.ben)
        pressed = await house.ben.press(message, "Löschen")
        await asyncio.sleep(1)
        assert told(pressed) == "The video is deleted."
        assert "Dieses Video wurde entfernt." in message.text


async def test_a_form_is_in_its_persons_language_and_so_is_what_comes_of_it(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        message = await made(house)
        house.ben.locale = "de"
        opened = await house.ben.press(message, "Report")
        assert isinstance(opened, Interaction)
        assert opened.modal is not None
        assert opened.modal.title == "Dieses Video melden"
        sent = await house.ben.submit(opened, {"Was stimmt damit nicht?": "nothing"})
        await asyncio.sleep(1)
        assert told(sent) == "Danke. Deine Meldung liegt bei denen, die diesen Bot betreiben."


def test_a_place_remembers_its_language_and_one_from_before_is_english() -> None:
    assert read_place(place(language="de").address()).language == "de"
    before = place().address()
    assert "language" not in before.value
    assert read_place(before).language == ENGLISH
