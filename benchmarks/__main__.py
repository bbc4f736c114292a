"""`python -m benchmarks`: the table of the README."""

import sys

from benchmarks.table import main

sys.exit(main())
