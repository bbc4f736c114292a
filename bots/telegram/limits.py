"""Telegram's numbers, each with its source; what one conversation can take is stated with them."""

from datetime import timedelta
from typing import Final

# Flood control (bots/faq, "My bot is hitting limits"): one message a second in a chat with short bursts, twenty a
# minute in a group, thirty a second over all. Edits and sends share it (levlam, tdlib#3034).
GROUP_A_MINUTE: Final = 20
GROUP_KEPT: Final = 3
"""Of these, so many are for finals alone; so are the next two that are called so."""
WINDOW_SECONDS: Final = 61.0
"""A minute, and what two clocks and a slow line may differ by."""
BURST: Final = 3
BURST_KEPT: Final = 1
BURST_SECONDS: Final = 3.2
"""So many in so long, in any chat: about one a second."""
ALL_A_SECOND: Final = 25
ALL_KEPT: Final = 5
ALL_SECONDS: Final = 1.0

# What is not a final spends from a bucket of its chat, so that finals find room.
GROUP_CAPACITY: Final = 5.0
GROUP_A_SECOND: Final = 15 / 60
GROUP_RESERVE: Final = 3.0
PRIVATE_CAPACITY: Final = 2.0
PRIVATE_A_SECOND: Final = 0.5
PRIVATE_RESERVE: Final = 0.0
"""Progress in a private chat may take the last token: the burst above still has room for a final."""

# A 429 names the seconds to keep quiet; asking meanwhile makes them grow, up to hours.
FLOOD_MARGIN: Final = 0.5
LONG_FLOOD: Final = 10.0
"""A chat that is closed for longer gets no more progress of the job that met it."""
PATIENCE: Final = 30.0
"""Who cannot wait for ever is told at once where a chat stays closed for longer."""
FLOODED_CHATS: Final = 3
FLOODED_WITHIN: Final = 10.0
"""Floods in so many chats within so many seconds are one flood: everything pauses."""
LONGEST_PAUSE: Final = 60.0

UPLOAD_BYTES: Final = 50_000_000
"""sendVideo by multipart through Telegram's own server: 50 MB, counted in the smaller megabytes to be sure."""
LOCAL_UPLOAD_BYTES: Final = 2_000_000_000
"""The same through a local Bot API server."""
UPLOAD_MARGIN: Final = 64 << 10
"""Bytes: what the request around a file takes of it."""
MEDIA_READ_SECONDS: Final = 120.0
MEDIA_WRITE_SECONDS: Final = 300.0
"""An upload that is given up too soon may have arrived all the same."""

TEXT_UNITS: Final = 4096
CAPTION_UNITS: Final = 1024
"""UTF-16 units after entities are taken out (sendMessage, sendVideo)."""
CALLBACK_BYTES: Final = 64
PROMPT_UNITS: Final = 600
"""UTF-16 units of a prompt in a status message: it names the job, the person knows the rest."""

# Seconds between two progress edits of one message.
PRIVATE_INTERVAL_FIRST: Final = timedelta(seconds=3)
FIRST_MINUTE: Final = timedelta(minutes=1)
PRIVATE_INTERVAL: Final = timedelta(seconds=5)
GROUP_INTERVAL_LEAST: Final = timedelta(seconds=4)
GROUP_INTERVAL_EACH: Final = timedelta(seconds=6)
"""For each job that runs in the chat."""
STALE_AFTER: Final = timedelta(seconds=15)

CROWD: Final = 4
"""More jobs than this under way in one group are told on boards."""
