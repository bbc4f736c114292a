"""The demo as a stranger meets it: on a pipe, in a terminal, interrupted, killed, started again."""

import json
import re
import subprocess
import termios
from hashlib import sha256
from pathlib import Path

import pytest

from core.model import JobState
from tests.end_to_end.programs import books, command, decodes, environment, films_in, matinee, sitting

UNWANTED = re.compile(r"Traceback|Error|destroyed|never awaited|sim-|127\.0\.0\.1|none\b")
"""What nobody should ever read."""


def test_on_a_pipe_it_makes_one_film_counts_up_and_leaves(tmp_path: Path) -> None:
    seen = matinee("demo", "--speed", "20", "--prompt", "[bold]a boat[/bold] 灯", cwd=tmp_path)
    (film,) = films_in(tmp_path)
    assert (seen.returncode, seen.stderr) == (0, "")
    lines = seen.stdout.splitlines()
    job = film.stem
    assert lines[:3] == [f"{job}: 1 credit, returned if it fails.", f"{job}  In line", f"{job}  Starting"]
    percents = [int(found) for found in re.findall(r"Rendering (\d+) %", seen.stdout)]
    assert percents == sorted(set(percents))
    assert percents
    assert re.fullmatch(rf"{job}  Uploading\n{job}  Done  0:0\d  \[bold\]a boat\[/bold\] 灯", "\n".join(lines[-4:-2]))
    assert lines[-2:] == [str(film), "It cost 1 credit; 99 of 100 credits left today."]
    assert film.is_relative_to(tmp_path / "matinee-demo")
    assert not UNWANTED.search(seen.stdout)
    assert decodes(film)
    assert books(tmp_path / "matinee-demo")[0] == []


def test_as_json_the_last_word_is_one_object_and_the_rest_is_elsewhere(tmp_path: Path) -> None:
    seen = matinee("demo", "--speed", "0", "--json", "--out", "films", cwd=tmp_path, env={"FORCE_COLOR": "1"})
    told = json.loads(seen.stdout)
    (film,) = films_in(tmp_path)
    assert seen.returncode == 0
    assert (told["state"], told["cost"], told["refunded"], told["left"]) == ("delivered", 1, 0, 99)
    assert (told["video"], told["bytes"]) == (str(film), film.stat().st_size)
    assert told["sha256"] == sha256(film.read_bytes()).hexdigest()
    assert "Done" in seen.stderr
    assert "\x1b" not in seen.stdout + seen.stderr


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        (">/dev/full", 1, "It counts as made and is kept."),
        ("| head -1", 0, "It counts as made and is kept."),
        ("<&- >&- 2>&-", 0, ""),
    ],
)
def test_wherever_its_words_go_the_film_is_made_and_nothing_hangs(
    shell: str, code: int, said: str, tmp_path: Path
) -> None:
    seen = matinee("demo", "--speed", "0", cwd=tmp_path, shell=shell)
    (film,) = films_in(tmp_path)
    assert seen.returncode == code
    assert said in seen.stderr
    assert (f"\n{film}\n" in seen.stderr) == bool(said)
    assert not UNWANTED.search(seen.stderr)
    audit, (job,) = books(tmp_path / "matinee-demo")
    assert (audit, job.state.terminal) == ([], True)


def test_killed_at_any_moment_it_is_settled_at_the_next_start(tmp_path: Path) -> None:
    for moment in ("In line", "Sent to the model", "Finishing"):
        with subprocess.Popen(
            command("demo", "--speed", "10"), cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as program:  # fmt: skip
            assert program.stdout
            assert any(moment in line for line in program.stdout)
            program.kill()
    seen = matinee("demo", "--speed", "0", cwd=tmp_path)
    audit, jobs = books(tmp_path / "matinee-demo")
    assert (seen.returncode, audit) == (0, [])
    assert len(jobs) == 4
    assert jobs[0].state is JobState.DELIVERED
    assert {job.state for job in jobs} <= {JobState.DELIVERED, JobState.INTERRUPTED}
    made = [job for job in jobs if job.state is JobState.DELIVERED]
    assert f"{100 - len(made)} of 100 credits left" in seen.stdout
    assert len(films_in(tmp_path)) == len(made)


def test_in_a_terminal_one_goes_on_typing(tmp_path: Path) -> None:
    with sitting("demo", "--speed", "10", cwd=tmp_path) as terminal:
        terminal.until("credits left today")
        for typed, answer in (
            ("/quoat\x7f\x7f\x7fota\r", "99 of 100 credits left."),
            ("/help\r", "length:10 shape:portrait model:standard"),
            ("/vidoe x\r", "Did you mean /video?"),
            ("hello\r", "That is not a command."),
            ("/video \u202e \x1b[31m\r", "There is nothing to film yet. Nothing was charged."),
            ("/cancel\r", "Nothing of yours is under way."),
            ("/video a boat length:7\r", "Choose one of: 5, 10, 15 s."),
            ("/video a boat\r", "1 credit, returned if it fails."),
            ("/cancel\r", "Cancelled. 1 credit returned."),
            ("/jobs\r", "Cancelled  a boat"),
        ):
            terminal.type(typed)
            terminal.until(answer)
        assert not terminal.modes & termios.ECHO
        terminal.type("\x04")
        assert terminal.leave() == 0
        assert terminal.modes & termios.ECHO
        assert terminal.modes & termios.ICANON
        assert terminal.sent.rindex("\x1b[?25h") > terminal.sent.rindex("\x1b[?25l")
        assert not UNWANTED.search(terminal.screen)


def test_ctrl_c_however_often_leaves_the_terminal_sane_and_the_books_in_order(tmp_path: Path) -> None:
    with sitting("demo", cwd=tmp_path) as terminal:
        terminal.until("Sent to the model")
        terminal.type("\x03\x03\x03")
        assert terminal.leave() == 130
        assert "1 video is not finished. It goes on, or is paid back, at the next start." in terminal.screen
        assert terminal.screen.endswith("Stopped.\n")
        assert terminal.modes & termios.ECHO
        assert terminal.modes & termios.ICANON
        assert terminal.sent.rindex("\x1b[?25h") > terminal.sent.rindex("\x1b[?25l")
        assert not UNWANTED.search(terminal.screen)
    audit, (job,) = books(tmp_path / "matinee-demo")
    assert (audit, job.state) == ([], JobState.ACTIVE)
