"""`python -m tests.load`: see `bench.py`."""

import sys

from tests.load.bench import main

sys.exit(main())
