"""What a run says at its end about the emulators."""

import pytest

from tests.emulators.discord import openapi
from tests.emulators.telegram import schema


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each platform whose description of its API was not at hand to judge by."""
    for line in (openapi.session_line(), schema.session_line()):
        if line is not None:
            terminalreporter.write_line(line)
