"""The terminal's numbers: what one of them can take, and how fast it is worth drawing."""

from datetime import timedelta

from core.ports import Limits

LIMITS = Limits(
    upload_bytes=2**63 - 1,  # a file is handed over by its path: nothing is sent
    edit_interval=timedelta(milliseconds=100),  # faster than people read
    step_percent=1,
    stale_after=timedelta(seconds=1),
)
