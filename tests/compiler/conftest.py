"""Puts the top of the checkout on sys.path, so that the tests import the compiler of this checkout."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
