"""`python3 -m generator`: the command line."""

import sys

from .cli import main

sys.exit(main())
