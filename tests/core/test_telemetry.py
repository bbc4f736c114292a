"""What is logged: one form, the libraries kept quiet, and no secret in any line."""

import gc
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from core import telemetry
from core.telemetry import REDACTED, Redactor

SECRET = 'sk-"top\\sécret/x y'


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What `configure` changes for the whole process is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    quiet = {name: logging.getLogger(name).level for name in telemetry.LOUD}
    yield
    root.handlers[:], root.level = handlers, level
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(capture=False)
    logging.raiseExceptions = True
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_for_machines_is_one_json_object_with_its_job(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(form="json")
    with structlog.contextvars.bound_contextvars(job="7F3K"):
        structlog.get_logger("core.worker").info("claimed", fence=2)
    line = json.loads(capfd.readouterr().err)
    assert {
        "event": "claimed",
        "job": "7F3K",
        "fence": 2,
        "level": "info",
        "logger": "core.worker",
    }.items() <= line.items()
    assert line["timestamp"].endswith("Z")


def test_where_no_terminal_is_lines_are_for_machines(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry.configure()
    logging.getLogger("library").warning("careful: %s", "x")
    assert json.loads(capfd.readouterr().err)["event"] == "careful: x"


def test_libraries_that_log_every_request_are_heard_from_warnings_on(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(level="debug", form="json")
    for name in telemetry.LOUD:
        logging.getLogger(name).info("GET https://api.example/bot123:token/x")
    assert capfd.readouterr().err == ""


def test_the_level_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(level="warning", form="json")
    structlog.get_logger("x").info("not worth a line")
    assert capfd.readouterr().err == ""


def test_configuring_twice_does_not_double_the_lines(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(form="json")
    telemetry.configure(form="json")
    structlog.get_logger("x").info("once")
    assert capfd.readouterr().err.count("once") == 1


class _Falls:
    """Fails while it is removed, where nobody can catch it."""

    def __del__(self) -> None:
        raise RuntimeError(SECRET)


def _fails() -> None:
    raise RuntimeError(SECRET)


@pytest.mark.parametrize("form", ["json", "pretty"])
def test_a_secret_stands_in_no_line_on_any_way_out(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    telemetry.configure(level="debug", form=form, secrets=[SECRET, ""])  # type: ignore[arg-type] # from a parameter
    log, library = structlog.get_logger("ours"), logging.getLogger("library")
    log.info("plain", key=SECRET, headers={"x-api-key": SECRET}, raw=SECRET.encode(), shown=repr(SECRET))
    log.info("formatted %s", SECRET)
    library.warning("formatted %s", SECRET)
    library.warning("badly formatted %s %s", SECRET)
    try:
        _fails()
    except RuntimeError as error:
        log.exception("ours")
        library.exception("theirs")
        sys.excepthook(type(error), error, error.__traceback__)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRET, stacklevel=1)
    thread = threading.Thread(target=_fails)
    thread.start()
    thread.join()
    _Falls()
    gc.collect()
    heard = capfd.readouterr().err
    assert "cret/x y" not in heard
    assert "cret%2Fx" not in heard
    assert heard.count(REDACTED) >= 11


@given(secret=st.text(min_size=4, max_size=30), before=st.text(max_size=10), after=st.text(max_size=10))
def test_whatever_the_secret_is_it_is_not_in_what_is_left(secret: str, before: str, after: str) -> None:
    redact = Redactor([secret])
    for shown in (secret, json.dumps(secret), repr(secret), repr(secret.encode("utf-8", "replace"))):
        line = redact(None, "info", f"{before}\n{shown}\n{after}")
        assert secret not in line.replace(REDACTED, "")


def test_what_is_too_short_for_a_secret_does_not_empty_the_log() -> None:
    assert Redactor(["a", ""])(None, "info", "a banana") == "a banana"
