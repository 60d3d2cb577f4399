"""How a side waits, as C and as words."""

from .model import Wait


def in_force(wait: Wait) -> Wait:
    """The strategy where there is no line to watch, or no instruction to watch it with: that of a monitor wait is its `otherwise`."""
    return wait.otherwise if wait.strategy == "monitor" and wait.otherwise else wait


WAIT_ARGUMENTS = {
    "spin": (),
    "spin_yield": ("spin",),
    "backoff": ("spin",),
    "adaptive": ("spin", "yields", "sleep_us"),
    "park": ("spin",),
}


def wait_expression(wait: Wait, pause: bool = True) -> str:
    """The ringc_wait constructor of a strategy; without `pause` its spinning holds no pause instruction."""
    if wait.strategy == "monitor" and wait.otherwise:
        return f"ringc_wait_monitor({wait.timeout_us}u, {wait_expression(wait.otherwise, pause)})"
    arguments = ", ".join(f"{getattr(wait, name)}u" for name in WAIT_ARGUMENTS[wait.strategy])
    constructor = f"ringc_wait_{wait.strategy}({arguments})"
    return constructor if pause else f"ringc_wait_bare({constructor})"


def wait_text(wait: Wait) -> str:
    """A strategy as a sentence part for comments and `explain`."""
    words = {
        "spin": "spins",
        "spin_yield": f"spins {wait.spin} pauses, then yields",
        "backoff": f"spins with 1, 2, 4 … {wait.spin} pauses between looks",
        "adaptive": f"spins {wait.spin} pauses, yields {wait.yields} times, then sleeps {wait.sleep_us} us at a time",
        "park": f"spins {wait.spin} pauses, then parks on a futex",
    }
    if wait.strategy != "monitor":
        return words[wait.strategy]
    return f"watches the line that will change, {wait.timeout_us} us at a time (where the processor can, else {wait_text(in_force(wait))})"
