"""The platforms people talk on, the command line, and the one place where everything is put together."""
