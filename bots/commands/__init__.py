"""The subcommands of `matinee`, one file each: `add_arguments(parser)` says what it takes, `run(args)` does it."""
