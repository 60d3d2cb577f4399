"""`python3 -m generator`: the command line."""

import gc
import sys

from .cli import main

gc.disable()  # nearly all that a run makes is needed to its end; looking for what is not takes some time
sys.exit(main())
