"""`python -m tests.chaos [--turns 10000] [--seed 1]`: see `run.py`."""

import sys

from tests.chaos.run import main

sys.exit(main())
