"""Finished files: fetched safely, checked before they are believed, kept whole, swept when their time is over."""
