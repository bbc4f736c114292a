"""What people read on Telegram is in their language: the menu, answers, toasts, and their own job's message."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from telegram import Update, User

from bots.telegram import menu as told
from bots.telegram.desk import Desk
from bots.telegram.entities import units
from bots.telegram.handlers import Handlers
from bots.telegram.languages import COMMANDS, command_named, language_of, name_of
from bots.telegram.place import Place, read_place
from bots.telegram.signing import Signer
from core.db import Database
from core.model import JobState
from core.texts import ENGLISH, languages, say, speaking
from tests.bots.telegram_counter import Counter, counter
from tests.bots.telegram_house import Handle, TelegramHouse, telegram_house
from tests.bots.test_telegram_crowd import takes
from tests.emulators.telegram import Message, Person
from tests.stand_ins import POLICY

pytestmark = pytest.mark.virtual_time

GERMAN_MENU = {
    "video": "Ein Video aus Worten machen, oder aus einem Bild",
    "animieren": "Ein Video aus einem Bild machen",
    "jobs": "Deine Videos, die neuesten zuerst",
    "guthaben": "Was du noch übrig hast",
    "warteschlange": "Die Schlange, und dein Platz darin",
    "modelle": "Was es gibt, und was es kostet",
    "einstellungen": "Wie du deine Videos willst, wenn du nichts dazu sagst",
    "abbrechen": "Ein Video abbrechen, das nicht fertig ist",
    "hilfe": "Was dieser Bot kann",
}
FOR_MODERATORS = "Für die Moderation: Grenzen, die Schlange, und wer Videos machen darf"


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    """Anna reads German, Ben English."""
    async with counter(database, tmp_path) as opened:
        opened.anna.language_code = "de"
        yield opened


def hearing(house: TelegramHouse) -> Handle:
    """What hears people in a house that can be closed and opened again."""
    handlers = Handlers(Desk(house.service, house.models, house.wire, house.policy.zone, Signer()))

    async def handle(update: Update) -> None:
        await handlers.open()
        await handlers.handle(update)

    return handle


def headings(message: Message) -> list[str]:
    """The first line of all that a message ever said."""
    return [text.splitlines()[0] for text in message.texts]


# Who reads what, and what commands are called


@pytest.mark.parametrize(
    ("tag", "language"), [("de", "de"), ("de-at", "de"), ("en", "en"), ("pt-br", "en"), ("", "en"), (None, "en")]
)
def test_a_person_reads_what_they_have_set_in_their_telegram(tag: str | None, language: str) -> None:
    assert language_of(User(1, "Anna", is_bot=False, language_code=tag)) == language


def test_a_channel_reads_english() -> None:
    assert language_of(None) == ENGLISH


@pytest.mark.parametrize("language", sorted(languages()))
def test_a_command_is_understood_by_its_name_in_every_language(language: str) -> None:
    with speaking(language):
        names = {say(f"command-name-{command}"): command for command in COMMANDS}
        assert len(names) == len(COMMANDS)
        assert {name: command_named(name) for name in names} == names, "no other language calls another command so"
        assert {name_of(command): command for command in COMMANDS}.keys() <= names.keys() | set(COMMANDS)


def test_english_names_are_those_of_the_code_and_mean_the_same_to_everybody() -> None:
    assert [name_of(command) for command in COMMANDS] == list(COMMANDS)
    assert [command_named(command) for command in COMMANDS] == list(COMMANDS)
    assert command_named("start") == "start"
    assert command_named("nonsense") == "nonsense"


@pytest.mark.parametrize("language", sorted(languages()))
def test_help_and_welcome_name_the_commands_as_they_are_called(language: str) -> None:
    with speaking(language):
        names = {say(f"command-name-{command}") for command in COMMANDS}
        assert set(re.findall(r"^/(\w+)", say("telegram-help"), re.MULTILINE)) == names - {
            say("command-name-help"),
        }
        assert f"/{say('command-name-video')} " in say("telegram-welcome")
        for key in ("telegram-hello", "telegram-welcome-group"):
            assert f"/{say('command-name-video')}@matinee_bot " in say(key, bot="matinee_bot")


@pytest.mark.parametrize(
    ("language", "one", "three"),
    [
        (
            "en",
            "The board is closed: the last video counts on in its own message.",
            "The board is closed: the last 3 videos count on in their own messages.",
        ),
        (
            "de",
            "Die Tafel ist geschlossen: das letzte Video zählt in seiner eigenen Nachricht weiter.",
            "Die Tafel ist geschlossen: die letzten 3 Videos zählen in ihren eigenen Nachrichten weiter.",
        ),
    ],
)
def test_a_board_that_closes_counts_those_that_are_left(language: str, one: str, three: str) -> None:
    with speaking(language):
        assert [say("telegram-board-few", count=count) for count in (1, 3)] == [one, three]


@pytest.mark.parametrize("language", sorted(languages()))
def test_what_a_press_is_refused_with_fits_into_a_toast(language: str) -> None:
    with speaking(language):
        for key in ("button-not-yours", "card-not-yours", "card-gone", "button-forged", "refusal-not-yours"):
            assert units(say(key)) <= 200


# What Telegram is told


async def test_everybody_is_offered_the_commands_in_their_language(house: Counter) -> None:
    carla, didi, emil = (house.telegram.person("P", started=True, language=code) for code in ("fr", None, "de"))
    house.group.join(carla, didi, emil)
    assert await house.handlers.tell_commands()
    assert not await house.handlers.tell_commands()
    for person in (house.anna, emil):
        assert person.commands(person.private) == GERMAN_MENU
    assert emil.commands(house.group) == GERMAN_MENU
    assert house.anna.commands(house.group).items() - GERMAN_MENU.items() == {("videomod", FOR_MODERATORS)}, "her group"
    english = {command: say(f"command-{command}") for command in COMMANDS}
    for person in (house.ben, carla, didi):
        assert person.commands(house.group) == person.commands(person.private) == english


async def test_commands_are_told_again_when_only_a_translation_has_changed(
    house: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await house.handlers.tell_commands()
    before = len(house.telegram.calls("setMyCommands"))
    monkeypatch.setattr(told, "listed_languages", list)
    assert await house.handlers.tell_commands()
    monkeypatch.undo()
    assert await house.handlers.tell_commands()
    assert len(house.telegram.calls("setMyCommands")) == before + before // len(languages()) + before


async def test_a_language_that_is_there_no_more_is_taken_back(house: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await house.handlers.tell_commands()
    assert house.anna.commands(house.group) == GERMAN_MENU | {"videomod": FOR_MODERATORS}
    monkeypatch.setattr(told, "listed_languages", list)
    assert await house.handlers.tell_commands()
    english = house.ben.commands(house.group)
    assert house.anna.commands(house.anna.private) == english
    assert house.anna.commands(house.group) == english | {"videomod": say("command-videomod")}
    calls = len(house.telegram.calls("deleteMyCommands"))
    house.begin()
    assert not await house.handlers.tell_commands()
    assert len(house.telegram.calls("deleteMyCommands")) == calls


async def test_a_language_that_was_told_to_half_before_a_fault_is_taken_back_too(
    house: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.telegram.faults.fail("setMyCommands", skip=5)
    assert not await house.handlers.tell_commands()
    assert any(language == "de" for _, language in house.telegram.commands.set)
    monkeypatch.setattr(told, "listed_languages", list)
    assert await house.handlers.tell_commands()
    assert {language for _, language in house.telegram.commands.set} == {""}


# What people read


async def test_a_german_is_answered_in_german(house: Counter) -> None:
    assert (
        await house.say("/guthaben")
        == "5 von 5 Credits übrig für heute (Installation). Mehr gibt es um 00:00 (in 12 h)."
    )
    assert (
        await house.say("/quota") == "5 von 5 Credits übrig für heute (Installation). Mehr gibt es um 00:00 (in 12 h)."
    )
    assert await house.say("/Warteschlange@matinee_bot") == "Niemand wartet. Keins wird gerade gemacht."
    assert "nimmt ein Bild an" in await house.say("/modelle")
    assert (await house.say("/animieren")).endswith("schick ein Foto und schreib das darunter.")
    assert await house.say("/abbrechen") == "Von dir ist nichts in Arbeit."
    assert await house.say("/jobs") == "Du hast noch kein Video gemacht. Versuch /video ein Leuchtturm im Sturm"
    assert (await house.say("/start")).startswith("Ich mache KI-Videos aus Worten.")
    assert (await house.say("/hilfe")).splitlines()[5] == "/guthaben – was du noch übrig hast"
    refused = "„words“ macht keine 7 s. Es wurde nichts berechnet. Wähle: 5 s."
    assert await house.say("/video ein Hund length:7") == refused


@pytest.mark.parametrize(
    ("typed", "meant"), [("einstelungen", "einstellungen"), ("setings", "settings"), ("hilf", "hilfe")]
)
async def test_a_slip_is_set_right_in_ones_own_language(house: Counter, typed: str, meant: str) -> None:
    assert await house.say(f"/{typed}") == f"Einen Befehl „/{typed}“ gibt es nicht. Meintest du /{meant}?"


async def test_in_one_group_each_is_answered_in_their_own_language(house: Counter) -> None:
    for who, command in ((house.anna, "guthaben"), (house.ben, "guthaben"), (house.anna, "quota")):
        who.command(house.group, command)
        await house.heard()
    assert [message.text[:7] for message in house.group.from_bot] == ["5 von 5", "5 of 5 ", "5 von 5"]


async def test_who_lets_the_bot_in_is_greeted_in_their_language(house: Counter) -> None:
    house.group.kick_bot()
    await house.heard()
    house.group.add_bot()
    await house.heard()
    assert (
        house.group.last.text == "Hier mache ich KI-Videos. Probier es aus: /video@matinee_bot ein Leuchtturm im Sturm"
    )


async def test_settings_are_changed_by_german_buttons(house: Counter) -> None:
    await house.say("/einstellungen")
    message = house.anna.private.last
    assert message.keyboard[0] == ["✅ 🔔 Ping", "🔕 Kein Ping"]
    assert (await house.anna.press(message, "Hochformat")).toast == ""
    await house.heard(5)
    assert message.text.splitlines() == [
        "Mich anpingen, wenn ein Video fertig ist: ja",
        "Format, wenn ich keins nenne: Hochformat 9:16",
        "Modell, wenn ich keins nenne: das der Betreiber",
    ]


async def test_a_card_becomes_a_german_status_and_a_german_film(house: Counter) -> None:
    card = await house.card()
    assert card.text.splitlines()[0] == "🎬 Neues Video"
    assert (await house.ben.press(card, "✏️ Ändern")).toast.startswith("That card is somebody else's.")
    await house.anna.press(card, "✏️ Ändern")
    await house.heard(5)
    await house.say("ein Hund am Strand", house.group, reply_to=house.group.last)
    async with house.working():
        assert (await house.anna.press(card, "▶️ Machen (1 Credit)")).toast == "Es ist in Arbeit."
    assert "🎬 Wird gerendert, 81 %" in headings(card)
    assert headings(card)[-1] == "✅ Fertig"
    assert "KI-generiertes Video: ein Hund am Strand" in card.text
    assert card.keyboard == [["🔄 Noch einmal", "✏️ Remix", "🔒 Privat machen"], ["🚩 Melden", "🗑 Löschen"]]


async def test_two_in_one_group_each_get_a_message_and_a_ping_in_their_language(house: Counter) -> None:
    house.anna.command(house.group, "video", "a dog")
    house.ben.command(house.group, "video", "a cat")
    await house.heard(2)
    async with house.working():
        await house.heard()
    films = {message.versions[-1].look.text: headings(message)[-1] for message in house.group.videos}
    assert sorted(films.values()) == ["✅ Done", "✅ Fertig"]
    pings = {message.text: message.entities[0]["user"]["id"] for message in house.group.from_bot if not message.video}
    assert pings == {"Dein Video ist fertig.": house.anna.id, "Your video is ready.": house.ben.id}


async def test_who_presses_is_answered_in_their_language_and_what_comes_of_it_is_theirs(house: Counter) -> None:
    film = await house.film()
    pressed = await house.ben.press(film, "🔒 Privat machen")
    assert pressed.toast == "That video is somebody else's. Nothing was changed. Use /jobs to see yours."
    await house.ben.press(film, "🚩 Melden")
    await house.heard(5)
    assert house.group.last.text == "What is wrong with it?"
    assert house.group.last.keyboard == [["Sexual", "Violent"], ["A real person", "Something else"]]
    again = await house.anna.press(film, "🔄 Noch einmal")
    assert again.toast == "Es ist in Arbeit."
    (job, _) = await house.jobs()
    assert read_place(job.address).language == "de"


async def test_a_film_too_old_to_be_deleted_leaves_words_in_the_language_of_its_job(house: Counter) -> None:
    film = await house.film()
    house.ben.become_admin(house.group)
    house.telegram.faults.fail("deleteMessage", 400, description="Bad Request: message can't be deleted")
    assert (await house.ben.press(film, "🗑 Löschen")).toast == "The video is deleted."
    await house.heard(5)
    assert film.text == "Dieses Video wurde entfernt."


async def test_a_message_keeps_its_language_over_a_restart(database: Database, tmp_path: Path) -> None:
    async with telegram_house(database, tmp_path) as house:
        house.anna.language_code = "de"
        async with house.open(drain_seconds=0, handlers=hearing):
            house.anna.command(house.group, "video", "a dog on the beach")
            await asyncio.sleep(5)
            status = house.group.last
            before = headings(status)
        house.anna.language_code = "en"
        async with house.open(handlers=hearing):
            await house.over()
            await asyncio.sleep(60)
        german = r"🕒 In der Schlange, .*|🎬 (Beginnt|An das Modell geschickt|Wird .*)|✅ Fertig"
        assert [words for words in headings(status) if not re.fullmatch(german, words)] == []
        assert len(headings(status)) > len(before) > 0
        assert headings(status)[-1] == "✅ Fertig"
        assert house.group.last.text == "Dein Video ist fertig."


# The board of a busy group


async def board_of(database: Database, folder: Path, *tongues: str) -> Message:
    """The board of a group in which one person of each of these languages asked for a film, after all is over."""
    policy = replace(POLICY, waiting_total=20)
    made = telegram_house(database, folder, policy=policy, upstream=takes(60), at_once=len(tongues))
    async with made as house, house.open(handlers=hearing):
        people: list[Person] = [house.telegram.person("P", started=True, language=tongue) for tongue in tongues]
        house.group.join(*people)
        for person in people:
            person.command(house.group, "video", "a dog on the beach")
        await house.over(len(people), state=JobState.DELIVERED)
        await asyncio.sleep(300)
        closed = ("Alle Videos, die", "All videos that", "Die Tafel ist", "The board is")
        return next(message for message in house.group.from_bot if message.text.startswith(closed))


async def test_a_board_is_in_the_language_of_all_who_read_it(database: Database, tmp_path: Path) -> None:
    board = await board_of(database, tmp_path, *["de"] * 8)
    assert re.match(r"\d Videos sind hier in Arbeit\n(.*\n)*.*Auftrag", board.texts[0])
    assert re.match("Alle Videos, die|Die Tafel ist geschlossen: ", board.text)


async def test_a_board_is_in_english_where_not_all_read_the_same(database: Database, tmp_path: Path) -> None:
    board = await board_of(database, tmp_path, *["de"] * 4, *["en"] * 4)
    assert "under way here" in board.texts[-2]
    assert re.match("All videos that|The board is closed: ", board.text)


# What is stored


def test_a_place_remembers_its_language_and_one_from_before_is_english() -> None:
    place = Place(chat=-100, person=1, asked_in=3)
    assert "language" not in place.address().value
    assert read_place(place.address()).language == ENGLISH
    assert read_place(Place(chat=-100, person=1, language="de").address()).language == "de"
