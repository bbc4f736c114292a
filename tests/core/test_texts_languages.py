"""Every language says what English says, with the same numbers and names in it; what it lacks is said in English."""

import asyncio
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from fluent.runtime import FluentResource
from fluent.syntax import ast

from core.errors import DeliveryError, DeliveryReason, ErrorKind, ModerationSubject, Refusal, RefusalReason
from core.model import Failure
from core.texts import (
    ABSENT,
    ENGLISH,
    delivery_sentence,
    failure_sentence,
    keys,
    language_for,
    languages,
    refusal_sentence,
    say,
    speak,
    speaking,
)

TEXTS = Path(__file__).parents[2] / "core/texts"
OTHERS = sorted(languages() - {ENGLISH})


def written(language: str) -> FluentResource:
    """A catalogue, as it stands in its file."""
    return FluentResource((TEXTS / f"{language}.ftl").read_text("utf-8"))


def messages(language: str) -> dict[str, ast.Message]:
    """Its sentences."""
    return {entry.id.name: entry for entry in written(language).body if isinstance(entry, ast.Message)}


def within(node: object) -> Iterator[object]:
    """A piece of a sentence, and all pieces of it."""
    yield node
    parts = vars(node).values() if isinstance(node, ast.BaseNode) else node if isinstance(node, list) else ()
    for part in parts:
        yield from within(part)


def referred(message: ast.Message) -> set[str]:
    """The sentences that a sentence is made of."""
    return {piece.id.name for piece in within(message) if isinstance(piece, ast.MessageReference)}


def variables(sentences: dict[str, ast.Message], key: str) -> set[str]:
    """What a sentence must be told, itself and by way of those that it is made of."""
    own = {piece.id.name for piece in within(sentences[key]) if isinstance(piece, ast.VariableReference)}
    return own.union(*(variables(sentences, inner) for inner in referred(sentences[key])))


def test_german_has_every_sentence() -> None:
    assert keys("de") == keys()


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_written_without_a_slip(language: str) -> None:
    resource = written(language)
    assert [entry for entry in resource.body if isinstance(entry, ast.Junk)] == []
    names = [entry.id.name for entry in resource.body if isinstance(entry, ast.Message)]
    assert sorted(names) == sorted(keys(language)), "each key once, and each found"


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_nothing_that_english_does_not_say_and_asks_for_the_same(language: str) -> None:
    english, other = messages(ENGLISH), messages(language)
    assert other.keys() - english.keys() == set()
    assert {key: variables(other, key) for key in other} == {key: variables(english, key) for key in other}


@pytest.mark.parametrize("language", OTHERS)
def test_what_a_sentence_is_made_of_stands_in_the_same_catalogue(language: str) -> None:
    other = messages(language)
    assert set().union(*map(referred, other.values())) - other.keys() == set()


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_sentence_has_a_form_for_what_is_not_known(language: str) -> None:
    with speaking(language):
        for key in keys(language):
            assert not re.search(r"[{}$]|\?\?\?", say(key)), key


def test_in_german_a_failure_says_what_happened_what_it_cost_and_what_to_do() -> None:
    costs = {0: "Es wurde nichts berechnet", 1: "1 Credit wurde erstattet", 2: "2 Credits wurden erstattet"}
    with speaking("de"):
        for kind in ErrorKind:
            for subject in (None, *ModerationSubject):
                for refunded, cost in costs.items():
                    said = failure_sentence(Failure(kind, subject), model="standard", refunded=refunded)
                    what, then = said.split(f" {cost}. ")
                    assert what.endswith(".")
                    assert then.endswith(".")
                    assert not re.search(rf"\b{ABSENT}\b", said)


def test_in_german_a_refusal_says_that_it_cost_nothing_and_a_delivery_that_it_counts() -> None:
    with speaking("de"):
        for reason in RefusalReason:
            assert re.search(r"Es wurde nichts (weiter )?(berechnet|geändert)\.", refusal_sentence(Refusal(reason)))
        for lost in DeliveryReason:
            said = delivery_sentence(DeliveryError(lost))
            assert "Es zählt als gemacht" in said
            assert ("ist aufgehoben." in said) is (lost is not DeliveryReason.FILE_GONE)


def test_a_language_is_spoken_until_its_block_ends() -> None:
    assert say("phase-done") == "Done"
    with speaking("de"):
        assert say("phase-done") == "Fertig"
        with speaking(ENGLISH):
            assert say("phase-done") == "Done"
        assert say("phase-done") == "Fertig"
    assert say("phase-done") == "Done"


def test_large_numbers_are_grouped_as_the_language_groups_them() -> None:
    with speaking("de"):
        refusal = Refusal(RefusalReason.PROMPT_TOO_LONG, {"length": 12400, "limit": 2000})
        assert refusal_sentence(refusal).startswith("12.400 Zeichen; höchstens 2.000 sind erlaubt.")


async def test_what_one_task_speaks_another_does_not() -> None:
    async def told(language: str) -> str:
        speak(language)
        await asyncio.sleep(0)
        return say("phase-done")

    assert list(await asyncio.gather(told("de"), told("tlh"), told(ENGLISH))) == ["Fertig", "Done", "Done"]
    assert say("phase-done") == "Done"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("de", "de"), ("de-AT", "de"), ("DE-at", "de"), ("en-GB", "en"), ("tlh", None), ("", None), ("../en", None)],
)
def test_a_tag_finds_its_catalogue_or_that_of_its_language(tag: str, language: str | None) -> None:
    assert language_for(tag) == language


def test_who_speaks_what_we_have_not_is_spoken_to_in_english() -> None:
    with speaking("de"), speaking("tlh"):
        assert say("phase-done") == "Done"


@pytest.fixture
def texts_with_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """These texts, and two files beside them that somebody has begun: of a language, and of a country's."""
    shutil.copytree(TEXTS, tmp_path / "texts_with_more", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "texts_with_more/sv.ftl").write_text("phase-done = Klar\n", "utf-8")
    (tmp_path / "texts_with_more/de-AT.ftl").write_text("phase-done = Fertig, passt\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("texts_with_more")
    del sys.modules["texts_with_more"]


def test_a_language_is_one_file_and_what_it_lacks_is_said_in_english(texts_with_more: ModuleType) -> None:
    assert texts_with_more.languages() == languages() | {"sv", "de-AT"}
    with texts_with_more.speaking("sv-SE"):
        assert texts_with_more.say("phase-done") == "Klar"
        assert texts_with_more.say("phase-failed") == "Failed"
        assert texts_with_more.say("credits", credits=1) == "1 credit"
    with texts_with_more.speaking("de-AT"):
        assert texts_with_more.say("phase-done") == "Fertig, passt"
    with texts_with_more.speaking("de-CH"):
        assert texts_with_more.say("phase-done") == "Fertig"
