"""The terminal: lines that count up, commands typed under them."""
