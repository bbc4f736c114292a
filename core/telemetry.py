"""Logging: set up once at start, to stderr, for people or for machines, and with no secret in any line."""

import json
import logging
import sys
import threading
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal
from urllib.parse import quote

import structlog

REDACTED = "[secret]"

LOUD = ("httpx", "httpcore", "aiosqlite", "aiohttp.access", "sqlalchemy", "alembic", "asyncio", "PIL")
"""Libraries that log every request with its address, or every statement: heard from WARNING on."""

_SHORTEST = 4
"""Shorter than this is no secret, and hiding it would make every line unreadable."""


def configure(
    *, level: str = "info", form: Literal["auto", "pretty", "json"] = "auto", secrets: Iterable[str] = ()
) -> None:
    """Send all logging, ours and the libraries', to stderr in one form. Calling it again replaces what was set up."""
    people = form == "pretty" or (form == "auto" and sys.stderr.isatty())
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(_CurrentStderr())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_for_people() if people else _for_machines()),
                Redactor(secrets),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    _close_the_other_ways_out()


class Redactor:
    """The last step of every line: whatever led to the text, no registered secret stands in it, plain or escaped."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                forms |= {secret, repr(secret)[1:-1], repr(secret.encode())[2:-1], quote(secret, safe="")}
        # What is shown within a line is escaped once more by the line itself.
        for form in list(forms):
            forms |= {repr(form)[1:-1], json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1]}
        # The longest first: a secret may hold another.
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, _logger: Any, _method: str, line: MutableMapping[str, Any] | str) -> str:
        text = str(line)
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return text


class _CurrentStderr:
    """Where stderr leads at this moment: a live status line stands in its place while it is drawn."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _for_people() -> list[structlog.typing.Processor]:
    # The plain traceback, since the coloured one prints local variables.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _for_machines() -> list[structlog.typing.Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _close_the_other_ways_out() -> None:
    """What Python would print by itself goes through the same formatter, or is not printed."""
    logger = logging.getLogger("matinee")
    sys.excepthook = lambda kind, error, trace: logger.critical("crashed", exc_info=(kind, error, trace))
    sys.unraisablehook = lambda unraisable: logger.error("could not be raised", exc_info=unraisable.exc_value)
    threading.excepthook = lambda args: logger.error("a thread crashed", exc_info=args.exc_value)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # a record that cannot be formatted would be printed as it is
