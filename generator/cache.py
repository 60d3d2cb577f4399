"""The user's cache directory, where what can be made again is kept between runs. No run depends on its being there."""

import os


def directory() -> str:
    """Path of the cache directory, made if missing. Raises OSError where there can be none that only this user writes to."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(base) or not os.path.isdir(os.path.dirname(base)):  # a home that is not there is not made
        raise FileNotFoundError(base)
    path = os.path.join(base, "ringc")
    os.makedirs(path, 0o700, exist_ok=True)
    state = os.stat(path)
    if state.st_uid != os.geteuid() or state.st_mode & 0o022:
        raise PermissionError(path)
    return path
