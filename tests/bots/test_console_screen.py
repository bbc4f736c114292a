"""What a terminal and a pipe show: words that count up, each end once, and a prompt that is never markup."""

import errno
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from bots.console import render
from bots.console.limits import LIMITS
from bots.console.messenger import build
from bots.console.screen import Screen, Terminal
from core.errors import DeliveryError, DeliveryReason, ErrorKind
from core.model import Failure, GenerationRequest, JobId, Phase, Receipt, Status, Video

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
VIDEO = Video(path=Path("/films/7F3K7F3K.mp4"), size=1, sha256="0" * 64)


def status(phase: Phase, *, prompt: str = "a lighthouse", job: str = "7F3K7F3K", **more: object) -> Status:
    """A status in that phase."""
    request = GenerationRequest(prompt=prompt, model="standard", seconds=5)
    values: dict[str, object] = {"job": JobId(job), "phase": phase, "request": request} | more
    return Status(model_label="standard", price=1, **values)  # type: ignore[arg-type] # shorthand for many fields


def pipe() -> tuple[Screen, io.StringIO]:
    """A screen where nobody watches, and what it printed."""
    out = io.StringIO()
    return Screen(Terminal(file=out, width=80), lambda: NOW), out


def terminal() -> tuple[Screen, io.StringIO]:
    """A screen on a terminal, and what was sent to it."""
    out = io.StringIO()
    return Screen(Terminal(file=out, width=80, force_terminal=True, color_system=None, _environ={}), lambda: NOW), out


def finished(prompt: str = "a lighthouse") -> Status:
    """The happy end."""
    receipt = Receipt(cost=1, left=4, allowance=5)
    return status(Phase.DONE, prompt=prompt, video=VIDEO, receipt=receipt, took_seconds=72)


def test_a_pipe_gets_one_line_for_each_change() -> None:
    screen, out = pipe()
    with screen:
        for percent in (44.0, 44.0, 44.4, 61.0):
            screen.show(status(Phase.RENDERING, percent=percent))
    assert out.getvalue() == "7F3K7F3K  Rendering 44 %\n7F3K7F3K  Rendering 61 %\n"


def test_the_end_is_the_film_and_the_receipt() -> None:
    screen, out = pipe()
    screen.show(finished())
    assert out.getvalue() == (
        "7F3K7F3K  Done  1:12  a lighthouse\n/films/7F3K7F3K.mp4\nIt cost 1 credit; 4 of 5 credits left today.\n"
    )


def test_a_failure_ends_with_what_it_cost_and_what_to_do() -> None:
    screen, out = pipe()
    failure = Failure(ErrorKind.MODERATION, upstream_message="req-9 blocked")
    screen.show(status(Phase.FAILED, failure=failure, receipt=Receipt(cost=0, refunded=1)))
    assert "Failed" in out.getvalue()
    assert "1 credit returned." in out.getvalue()
    assert "req-9" not in out.getvalue()


def test_cancelling_says_what_came_back() -> None:
    screen, out = pipe()
    screen.show(status(Phase.CANCELLED, receipt=Receipt(cost=0, refunded=1)))
    assert out.getvalue().splitlines()[1:] == ["Cancelled. 1 credit returned."]


async def test_an_end_is_shown_once_and_nothing_after_it() -> None:
    screen, out = pipe()
    messenger = build(screen)
    await messenger.deliver(VIDEO, finished())
    await messenger.deliver(VIDEO, finished())
    await messenger.show(finished())
    await messenger.show(status(Phase.RENDERING, percent=81.0))
    assert out.getvalue().count("Done") == 1
    assert "81" not in out.getvalue()
    assert messenger.limits is LIMITS


@pytest.mark.parametrize("make", [pipe, terminal])
def test_a_prompt_that_looks_like_markup_is_text(make: object) -> None:
    screen, out = pipe() if make is pipe else terminal()
    with screen:
        screen.show(finished(prompt="[bold red]hot[/] :fire: [link=https://x]y[/link]"))
    assert "[bold red]hot[/] :fire: [link=https://x]y[/link]" in out.getvalue()


def test_a_terminal_shows_words_then_a_bar_then_the_clock() -> None:
    line = render.live(
        status(Phase.RENDERING, percent=50.0, started_at=NOW - timedelta(seconds=75), prompt="a cat"), NOW, 80
    ).plain
    assert line == f"7F3K7F3K  Rendering 50 %  {'━' * 12}{'─' * 12}  1:15  a cat"


def test_a_terminal_is_left_with_its_cursor() -> None:
    screen, out = terminal()
    with screen:
        screen.show(status(Phase.STARTING))
        screen.typing("/jo")
    sent = out.getvalue()
    assert "> /jo" in sent
    assert sent.rindex("\x1b[?25h") > sent.rindex("\x1b[?25l")


def test_a_terminal_that_cannot_be_drawn_on_gets_plain_lines() -> None:
    out = io.StringIO()
    screen = Screen(Terminal(file=out, width=80, force_terminal=True, _environ={"TERM": "dumb"}), lambda: NOW)
    with screen:
        screen.show(status(Phase.STARTING))
        screen.typing("/jo")
    assert out.getvalue() == "7F3K7F3K  Starting\n"


def test_a_narrow_terminal_keeps_the_words() -> None:
    assert render.live(status(Phase.RENDERING, percent=50.0), NOW, 20).plain.startswith("Rendering 50 %  ━")


def test_who_is_alone_in_line_needs_no_number() -> None:
    alone = status(Phase.WAITING, position=1, waiting=1)
    assert render.plain(alone, NOW) == "7F3K7F3K  In line"
    assert render.plain(replace(alone, waiting=2), NOW) == "7F3K7F3K  In line, place 1 of 2"


class Full(io.StringIO):
    """A disk without room."""

    @override
    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_where_nothing_can_be_written_the_conversation_is_over_and_nothing_breaks() -> None:
    screen = Screen(Terminal(file=Full(), force_terminal=False), lambda: NOW)
    messenger = build(screen)
    with screen:
        for _ in range(2):
            with pytest.raises(DeliveryError) as refused:
                await messenger.deliver(VIDEO, finished())
            assert (refused.value.reason, refused.value.permanent) == (DeliveryReason.CHAT_GONE, True)


def test_what_is_typed_stays_on_its_line_however_long_and_wide_it_is() -> None:
    for line in ("/video " + "x" * 300, "/video " + "灯" * 300):
        shown = render.prompt(line, width=40)
        assert shown.cell_len <= 40
        assert shown.plain.endswith(line[-5:] + "▏")


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (7, "0:07"), (750, "12:30"), (3600, "60:00")])
def test_a_clock_reads_like_a_players(seconds: int, shown: str) -> None:
    assert render.clock(seconds) == shown
