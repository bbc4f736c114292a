"""Telegram as a platform: commands and cards in, one message a job that counts up and becomes the film."""

import os
from typing import Final

_TIMES: Final = "PTB_TIMEDELTA"
# The library then gives times as times; otherwise it warns of each one that it gives as a number.
os.environ.setdefault(_TIMES, "true")
