"""Discord's numbers, each with its source; what one conversation can take is stated with them."""

from datetime import timedelta
from typing import Final

TOKEN_LIFE: Final = timedelta(minutes=15)
"""So long an interaction's token opens its message (same page); after that every call with it is 401, 50027."""
TOKEN_USE: Final = timedelta(minutes=14)
"""So long we use it: an upload that begins now must still end under it."""

OLD_MESSAGE: Final = timedelta(minutes=55)
"""A message older than an hour takes three edits in six seconds a channel (error 30046); we change our pace before."""

UPLOAD_MARGIN: Final = 64 << 10
"""Bytes: what the request around a file takes of the limit that is announced for it."""

# Seconds between two progress edits of one message.
TOKEN_INTERVAL_FIRST: Final = timedelta(seconds=2.5)
FIRST_MINUTE: Final = timedelta(minutes=1)
INTERVAL: Final = timedelta(seconds=5)
OLD_INTERVAL: Final = timedelta(seconds=60)

PROGRESS_SECONDS: Final = 20.0
"""So long one progress edit may take, waiting for Discord's buckets included: the end of a job waits for it."""
LATE_SECONDS: Final = 30.0
"""After so long Discord has executed an edit to which it gave no answer, or never will."""
LOOK_UP_AGAIN: Final = timedelta(seconds=30)
"""How often the books are asked whether a message that progress did not reach has been opened by a press."""

# Buckets of progress edits by the channel route: observed are five in five seconds a channel, for all that is written.
CHANNEL_CAPACITY: Final = 2.0
CHANNEL_A_SECOND: Final = 0.4
OLD_CHANNEL_A_SECOND: Final = 0.1
WRITTEN_CAPACITY: Final = 4.0
WRITTEN_A_SECOND: Final = 0.8
# All routes that carry the bot's own token: fifty a second (Rate limits, global); ten are left for what must not wait.
GLOBAL_CAPACITY: Final = 10.0
GLOBAL_A_SECOND: Final = 30.0

PROMPT_SHOWN: Final = 300
"""Characters of a prompt in a status message: it names the job, the person knows the rest."""
DESCRIPTION_LIMIT: Final = 1024
"""Characters of an attachment's alt text."""
