"""What a run says at its end about the emulators."""

import pytest

from tests.emulators.discord.openapi import session_line


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line where Discord's description of its API was not at hand to judge by."""
    if (line := session_line()) is not None:
        terminalreporter.write_line(line)
