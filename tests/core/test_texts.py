"""Tree and sentences agree: nothing that can happen is without words, and no words are without use."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fluent.runtime import FluentResource
from fluent.syntax import ast

from core.errors import DeliveryError, DeliveryReason, ErrorKind, ModerationSubject, Refusal, RefusalReason
from core.model import Failure, GenerationRequest, JobId, Phase, Status
from core.quota import Kind, Window
from core.texts import (
    ABSENT,
    delivery_sentence,
    failure_sentence,
    keys,
    moment,
    phase_words,
    refusal_sentence,
    say,
    speaking,
)

HOUSE = Path(__file__).parents[2]
SOURCE = (HOUSE / "core/texts/en.ftl").read_text("utf-8")
NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)

COST = re.compile(
    r"Nothing was charged|Nothing more was charged|Nothing was changed|credits? returned|It counts as made"
)


def group(name: str) -> set[str]:
    """The sentences of one kind, by what follows their prefix."""
    return {key.removeprefix(f"{name}-").replace("-", "_") for key in keys() if key.startswith(f"{name}-")}


def status(phase: Phase, **more: object) -> Status:
    """A status in that phase."""
    request = GenerationRequest(prompt="a lighthouse", model="standard", seconds=5)
    values: dict[str, object] = {"job": JobId("7F3K7F3K"), "phase": phase, "request": request} | more
    return Status(model_label="standard", price=2, **values)  # type: ignore[arg-type] # shorthand for many fields


@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [("error", ErrorKind), ("refusal", RefusalReason), ("delivery", DeliveryReason), ("phase", Phase)],
)
def test_everything_that_can_happen_has_its_sentence_and_nothing_else_has(prefix: str, kinds: type[StrEnum]) -> None:
    assert group(prefix) == {kind.value for kind in kinds}


def test_the_catalogue_is_written_without_a_slip() -> None:
    resource = FluentResource(SOURCE)
    assert [entry for entry in resource.body if isinstance(entry, ast.Junk)] == []
    names = [entry.id.name for entry in resource.body if isinstance(entry, ast.Message)]
    assert sorted(names) == sorted(keys()), "each key once, and each found"


def test_no_sentence_is_without_use() -> None:
    code = "\n".join(path.read_text("utf-8") for room in ("core", "bots") for path in (HOUSE / room).rglob("*.py"))
    mentioned = set(re.findall(r"""(?:say|localised)\(\s*f?["']([a-z-]+)""", code)) | set(
        re.findall(r"\{ ([a-z-]+) \}", SOURCE)
    )
    groups = ("error-", "refusal-", "delivery-", *(name for name in mentioned if name.endswith("-")))
    assert {key for key in keys() if not key.startswith(groups)} - mentioned == set()
    assert {name for name in mentioned if not name.endswith("-")} - keys() == set()


@pytest.mark.parametrize("subject", [None, *ModerationSubject])
@pytest.mark.parametrize("kind", ErrorKind)
def test_a_failure_says_what_happened_what_it_cost_and_what_to_do(kind: ErrorKind, subject: ModerationSubject) -> None:
    for refunded in (0, 1, 2):
        said = failure_sentence(
            Failure(kind, subject, upstream_message="req_123 sora-2 says no"), model="standard", refunded=refunded
        )
        cost = {0: "Nothing was charged", 1: "1 credit returned", 2: "2 credits returned"}[refunded]
        what, then = said.split(f" {cost}. ")
        assert what.endswith(".")
        assert then.endswith(".")
        assert not re.search(rf"req_123|sora|\$|\{{|\b{ABSENT}\b", said)


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_refusal_says_that_it_cost_nothing_whatever_is_known(reason: RefusalReason) -> None:
    said = refusal_sentence(Refusal(reason))
    assert COST.search(said)
    assert "$" not in said
    assert "{" not in said


@pytest.mark.parametrize("reason", DeliveryReason)
def test_a_film_that_was_not_handed_over_is_said_to_count_and_to_be_kept_where_it_is(reason: DeliveryReason) -> None:
    sentence = delivery_sentence(DeliveryError(reason))
    assert "It counts as made" in sentence
    assert ("is kept." in sentence) is (reason is not DeliveryReason.FILE_GONE)


def test_a_refusal_by_allowance_says_how_much_and_when_there_is_more() -> None:
    refusal = Refusal(RefusalReason.OVER_ALLOWANCE, {"used": 5, "limit": 5})
    assert refusal_sentence(refusal) == "You have used 5 of 5 credits today. Nothing was charged."
    later = moment(NOW + timedelta(hours=3), NOW, ZoneInfo("UTC"))
    assert refusal_sentence(refusal, resets=later).endswith("Nothing was charged. More at 00:00 (in 3 h).")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", Kind)
def test_a_refusal_names_its_rule_what_is_left_of_it_and_when_there_is_more(kind: Kind, language: str) -> None:
    said = set()
    with speaking(language):
        for window in Window:
            details: dict[str, str | int] = {"rule": kind.value, "window": window.value, "price": 4}
            refusal = Refusal(RefusalReason.OVER_ALLOWANCE, {**details, "limit": 9, "used": 6, "left": 3})
            sentence = refusal_sentence(refusal, resets="SOON")
            assert "SOON" in sentence
            assert not re.search(r"\$|\{|\bnone\b|  ", sentence)
            assert kind is Kind.BUDGET or re.search(r"\b6\b.*\b9\b.*\b4 [Cc]redits\b", sentence)
            said.add(sentence)
    assert len(said) == len(Window)


def test_each_rule_has_words_of_its_own() -> None:
    said = {refusal_sentence(Refusal(RefusalReason.OVER_ALLOWANCE, {"rule": kind.value})) for kind in Kind}
    assert len(said) == len(Kind)


def test_large_numbers_are_grouped() -> None:
    refusal = Refusal(RefusalReason.PROMPT_TOO_LONG, {"length": 12400, "limit": 2000})
    assert refusal_sentence(refusal).startswith("12,400 characters; the limit is 2,000.")


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(seconds=1), "at 21:00 (in 1 min)"),
        (timedelta(minutes=59), "at 21:59 (in 59 min)"),
        (timedelta(hours=3), "at 00:00 (in 3 h)"),
        (timedelta(days=2), "on 2026-11-26 at 21:00"),
    ],
)
def test_a_moment_is_said_as_people_say_it(ahead: timedelta, said: str) -> None:
    assert moment(NOW + ahead, NOW, ZoneInfo("UTC")) == said


def test_a_moment_is_told_by_the_clock_on_the_persons_wall() -> None:
    assert moment(NOW + timedelta(hours=3), NOW, ZoneInfo("Asia/Tokyo")) == "at 09:00 (in 3 h)"


def test_phases_are_words_first() -> None:
    assert phase_words(status(Phase.WAITING), NOW) == "In line"
    assert phase_words(status(Phase.WAITING, position=3, waiting=9), NOW) == "In line, place 3 of 9"
    assert phase_words(status(Phase.RENDERING), NOW) == "Rendering"
    assert phase_words(status(Phase.RENDERING, percent=44.9), NOW) == "Rendering 44 %"
    assert phase_words(status(Phase.RENDERING, percent=0.0), NOW) == "Rendering 0 %"
    assert phase_words(status(Phase.RENDERING, percent=44.0, estimate=True), NOW) == "Rendering 44 % (estimate)"
    assert phase_words(status(Phase.DONE, attempt=2), NOW) == "Done"


def test_a_second_try_and_silence_are_admitted() -> None:
    quiet = status(Phase.RENDERING, percent=81.0, attempt=2, quiet_since=NOW - timedelta(seconds=90))
    assert phase_words(quiet, NOW) == "Rendering 81 %, try 2, no news for 90 s"


def test_a_sentence_that_is_not_there_is_a_mistake_of_ours() -> None:
    with pytest.raises(LookupError):
        say("no-such-sentence")
    assert "no-such-sentence" not in keys()
