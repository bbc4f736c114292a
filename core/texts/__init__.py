"""Every sentence we say to people: one Fluent catalogue a language, and the ways to ask for a sentence."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Final

from fluent.runtime import FluentBundle, FluentResource

from core.errors import DeliveryError, Refusal
from core.model import Failure, Phase, Status

ABSENT = "none"
"""What a sentence is told where we know nothing: it has a form without that number or word."""
ENGLISH: Final = "en"
"""The one language that has every sentence; what another lacks is said in this one."""

Value = str | int | None

_spoken: ContextVar[str] = ContextVar("_spoken", default=ENGLISH)


def say(key: str, **values: Value) -> str:
    """The sentence `key`, filled in; what is not given counts as unknown. Raises `LookupError` where there is none.

    In the language that is being spoken, which is English unless somebody said otherwise.
    """
    spoken = _catalogue(_spoken.get())
    return (spoken if key in spoken.keys else _catalogue(ENGLISH)).say(key, values)


def speak(language: str) -> None:
    """Say everything in this language from here on, to the end of the task; English where we have none of it."""
    _spoken.set(language_for(language) or ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in this language until the block ends; English where we have none of it."""
    before = _spoken.set(language_for(language) or ENGLISH)
    try:
        yield
    finally:
        _spoken.reset(before)


@lru_cache
def languages() -> frozenset[str]:
    """All languages that there is a catalogue of."""
    return frozenset(
        path.name.removesuffix(".ftl") for path in files(__package__).iterdir() if path.name.endswith(".ftl")
    )


def language_for(tag: str) -> str | None:
    """The catalogue for a tag of BCP 47 ("de-AT"): its own, or else its language's; None where there is none."""
    by_tag = {language.casefold(): language for language in languages()}
    wanted = tag.casefold()
    return by_tag.get(wanted) or by_tag.get(wanted.partition("-")[0])


def failure_sentence(failure: Failure, *, model: str | None, refunded: int) -> str:
    """What happened, what it cost, what to do next. The upstream's own words stay in the log."""
    subject = failure.subject.value if failure.subject else None
    return say(_key("error", failure.kind.value), model=model, refunded=refunded, subject=subject)


def refusal_sentence(refusal: Refusal, **more: Value) -> str:
    """Why nothing was begun; `more` are words that the refusal itself does not carry, such as when there is more."""
    return say(_key("refusal", refusal.reason.value), **{**refusal.details, **more})


def delivery_sentence(error: DeliveryError) -> str:
    """What became of a video that was made but did not reach the chat."""
    return say(_key("delivery", error.reason.value))


def phase_words(status: Status, now: datetime) -> str:
    """Where a job stands, in words that need no picture: "Rendering 45 % (estimate), no news for 90 s"."""
    percent = None if status.percent is None else int(status.percent)
    words = say(_key("phase", status.phase.value), percent=percent, position=status.position, waiting=status.waiting)
    if status.phase is Phase.RENDERING and percent is not None and status.estimate:
        words += f" ({say('note-estimate')})"
    if not status.phase.final:
        if status.paused:
            words += f", {say('note-paused')}"
        if status.attempt > 1:
            words += f", {say('note-attempt', attempt=status.attempt)}"
        if status.quiet_since is not None:
            words += f", {say('note-quiet', seconds=int((now - status.quiet_since).total_seconds()))}"
    return words


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A time to come as people say it: "at 00:00 (in 3 h)", with the date where it is not within a day."""
    local, minutes = at.astimezone(zone), max(1, round((at - now).total_seconds() / 60))
    if minutes < 60:
        return say("moment-minutes", clock=f"{local:%H:%M}", minutes=minutes)
    if minutes < 24 * 60:
        return say("moment-hours", clock=f"{local:%H:%M}", hours=round(minutes / 60))
    return say("moment-date", clock=f"{local:%H:%M}", date=f"{local:%Y-%m-%d}")


def span(first: int, last: int) -> str:
    """A range of time as people say it: "20–40 s", "2–5 min"."""
    if last < 90:
        return say("span-seconds", **{"from": first, "to": max(last, first + 1)})
    low, high = max(1, round(first / 60)), max(1, round(last / 60))
    return say("span-minute", to=high) if low >= high else say("span-minutes", **{"from": low, "to": high})


def clock(seconds: int) -> str:
    """How long something took: "48 s", "3 min 12 s"."""
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60} s"


def keys(language: str = ENGLISH) -> frozenset[str]:
    """All sentences that there are in one of our languages."""
    return _catalogue(language).keys


def _key(group: str, name: str) -> str:
    return f"{group}-{name.replace('_', '-')}"


class _Catalogue:
    """One language. Fluent would print a variable's name where its value is missing; we give it `ABSENT` instead."""

    def __init__(self, language: str) -> None:
        source = (files(__package__) / f"{language}.ftl").read_text("utf-8")
        self.keys = frozenset(re.findall(r"^([a-z][a-z-]*) =", source, re.MULTILINE))
        self._absent = dict.fromkeys(re.findall(r"\$([a-z-]+)", source), ABSENT)
        self._bundle = FluentBundle([language], use_isolating=False)
        self._bundle.add_resource(FluentResource(source))

    def say(self, key: str, values: Mapping[str, Value]) -> str:
        given = {name: value for name, value in values.items() if value is not None and value != ""}
        text, _ = self._bundle.format_pattern(self._bundle.get_message(key).value, {**self._absent, **given})
        return str(text)


@lru_cache
def _catalogue(language: str) -> _Catalogue:
    return _Catalogue(language)
