"""What people type: the line editor key by key, and the reading of terminals, pipes and files."""

import asyncio
import os
import pty
import signal
import termios
import tty
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.console.keyboard import LineEditor, at_the_keyboard, key_by_key, typed


async def all_typed(fd: int) -> str:
    """Everything that comes until the end."""
    async with aclosing(typed(fd)) as texts:
        return "".join([text async for text in texts])


@pytest.mark.parametrize(
    ("keys", "lines", "rest"),
    [
        ("/jobs\n", ["/jobs"], ""),
        ("/jobs\r/quota\rhal", ["/jobs", "/quota"], "hal"),
        ("/jibs\x7f\x7f\x7fobs\n", ["/jobs"], ""),
        ("\x7f\x7f/jobs\n", ["/jobs"], ""),
        ("wrong\x15/jobs\n", ["/jobs"], ""),
        ("/video a cat \x17dog\n", ["/video a dog"], ""),
        ("a\tb\x00c\x07d", [], "abcd"),
        ("/video 灯塔 🎬\n", ["/video 灯塔 🎬"], ""),
        ("\x1b[C\x1b[3~\x1bOP\x1b[1;5Dx\x1bb", [], "x"),
        ("\n", [""], ""),
    ],
)
def test_keys_make_lines(keys: str, lines: list[str], rest: str) -> None:
    editor = LineEditor()
    assert editor.feed(keys) == lines
    assert editor.line == rest


@given(st.text(alphabet="ab \x7f\x15\x17\n\r\x1b[AOBC1;~\x04é", max_size=40), st.data())
def test_lines_do_not_depend_on_how_the_keys_arrive_between_sequences(keys: str, data: st.DataObject) -> None:
    keys = keys.replace("\x1b", "")
    at = data.draw(st.integers(0, len(keys)))
    whole, cut = LineEditor(), LineEditor()
    assert whole.feed(keys) == cut.feed(keys[:at]) + cut.feed(keys[at:])
    assert (whole.line, whole.over) == (cut.line, cut.over)


def test_a_sequence_that_is_cut_is_put_together() -> None:
    editor = LineEditor()
    editor.feed("/jobs\n")
    editor.feed("\x1b[")
    editor.feed("A")
    assert editor.line == "/jobs"


def test_up_and_down_go_through_what_was_typed_before() -> None:
    editor = LineEditor()
    editor.feed("one\ntwo\n\n")
    seen = []
    for key in ("\x1b[A", "\x1b[A", "\x1b[A", "\x1b[B", "\x1b[B", "\x1b[B"):
        editor.feed(key)
        seen.append(editor.line)
    assert seen == ["two", "one", "one", "two", "", ""]


def test_ctrl_d_leaves_only_from_an_empty_line() -> None:
    editor = LineEditor()
    editor.feed("/jo\x04")
    assert not editor.over
    editor.feed("\x15\x04")
    assert editor.over


def test_a_last_line_without_line_feed_counts() -> None:
    editor = LineEditor()
    assert editor.feed("/jobs\n/quota") == ["/jobs"]
    assert editor.finish() == ["/quota"]
    assert editor.finish() == []


def test_a_line_without_end_does_not_grow_for_ever() -> None:
    editor = LineEditor()
    editor.feed("x" * 50_000)
    assert len(editor.line) == 10_000


async def test_a_pipe_is_read_to_its_end_however_its_letters_are_cut() -> None:
    reading, writing = os.pipe()
    task = asyncio.create_task(all_typed(reading), name="reading")
    for byte in "/video né\n".encode():
        os.write(writing, bytes([byte]))
        await asyncio.sleep(0)
    os.close(writing)
    assert await task == "/video né\n"
    assert os.get_blocking(reading), "others may share it"
    os.close(reading)


async def test_a_file_and_nothing_at_all_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "typed"
    path.write_text("/jobs\n" * 2000)
    for place, expected in ((path, "/jobs\n" * 2000), (os.devnull, "")):
        fd = os.open(place, os.O_RDONLY)
        assert await all_typed(fd) == expected
        os.close(fd)


async def test_a_terminal_that_goes_away_is_an_end() -> None:
    leader, follower = pty.openpty()
    task = asyncio.create_task(all_typed(follower), name="reading")
    await asyncio.sleep(0)
    os.close(leader)
    assert await task == ""
    os.close(follower)


async def test_reading_can_be_called_off_and_begun_again() -> None:
    reading, writing = os.pipe()
    task = asyncio.create_task(all_typed(reading), name="reading")
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    os.write(writing, b"still there")
    os.close(writing)
    assert await all_typed(reading) == "still there"
    os.close(reading)


def test_the_terminal_gets_its_ways_back_whatever_happens() -> None:
    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    during = 0
    with suppress(KeyboardInterrupt), key_by_key(follower):
        during = termios.tcgetattr(follower)[tty.LFLAG]
        signal.raise_signal(signal.SIGINT)
    assert not during & (termios.ECHO | termios.ICANON)
    assert during & termios.ISIG, "Ctrl-C still interrupts"
    assert termios.tcgetattr(follower) == before
    os.close(leader)
    os.close(follower)


def test_a_pipe_is_no_keyboard() -> None:
    reading, writing = os.pipe()
    assert not at_the_keyboard(reading)
    os.close(reading)
    os.close(writing)
    assert not at_the_keyboard(reading)
