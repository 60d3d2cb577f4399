"""What a schema says, as frozen dataclasses: one class per concept of the language.

The model pass fills these from located YAML; `resolve` replaces references by what they name; `check` only looks. A class that
ends up in generated output never holds a position, so that its hash depends on meaning alone: positions live in `Schema.places`,
keyed by the path of keys that leads to them, e.g. ("channels", "orders", "capacity").
"""

from dataclasses import dataclass, field

from .profile import Profile
from .source import Span

#: Scalar types: schema name -> (C type, size in bytes, signed, kind constant of the reflection tables).
SCALARS = {
    "u8": ("uint8_t", 1, False, "RINGC_KIND_U8"),
    "u16": ("uint16_t", 2, False, "RINGC_KIND_U16"),
    "u32": ("uint32_t", 4, False, "RINGC_KIND_U32"),
    "u64": ("uint64_t", 8, False, "RINGC_KIND_U64"),
    "i8": ("int8_t", 1, True, "RINGC_KIND_I8"),
    "i16": ("int16_t", 2, True, "RINGC_KIND_I16"),
    "i32": ("int32_t", 4, True, "RINGC_KIND_I32"),
    "i64": ("int64_t", 8, True, "RINGC_KIND_I64"),
    "f32": ("float", 4, True, "RINGC_KIND_F32"),
    "f64": ("double", 8, True, "RINGC_KIND_F64"),
    "bool": ("uint8_t", 1, False, "RINGC_KIND_BOOL"),
    "char": ("char", 1, True, "RINGC_KIND_CHAR"),
}
INTEGERS = tuple(name for name in SCALARS if name[0] in "ui")

Path = tuple  # of str and int: the keys from the top of the schema down to a value


@dataclass(frozen=True)
class Target:
    """One architecture of `targets`. line and spacing are in bytes."""

    arch: str
    features: tuple[str, ...] = ()
    line: int = 64
    spacing: int = 128
    profile: Profile | None = None  # measured rules for `tune`; None: those that come with the compiler


@dataclass(frozen=True)
class Constant:
    name: str
    value: int


@dataclass(frozen=True)
class Enum:
    """A named set of integer values; `kind` is "plain" or "bits" (values may be or-ed)."""

    name: str
    type: str
    kind: str
    doc: str
    values: tuple[tuple[str, int], ...]
    package: str


@dataclass(frozen=True)
class Field:
    """One field of a message as written.

    type: a key of SCALARS, or after `resolve` the Enum or Message it names. count: elements, 1 for a plain field.
    is_array: `count` was written (an array of one is an array). length: the field that holds how many elements are in use.
    default: None, an int, float, bool, str (char array, enum value name) or a tuple of those for an array.
    """

    name: str
    type: "str | Enum | Message"
    count: int = 1
    is_array: bool = False
    doc: str = ""
    unit: str = ""
    default: object = None
    length: str = ""


@dataclass(frozen=True)
class Message:
    """A fixed-size struct of plain data. align and max_size are bytes, 0 when not given; layout "declared" or "by_size"."""

    name: str
    doc: str
    layout: str
    align: int
    max_size: int
    drop: str
    fields: tuple[Field, ...]
    package: str


@dataclass(frozen=True)
class Wait:
    """How one side waits. Numbers that a strategy does not use are 0; `otherwise` only for monitor (a Wait, not monitor)."""

    strategy: str  # spin | spin_yield | backoff | adaptive | park | monitor
    spin: int = 0  # pauses (backoff: most pauses in a round)
    yields: int = 0  # sched_yield calls (adaptive)
    sleep_us: int = 0  # length of one sleep (adaptive), microseconds
    timeout_us: int = 0  # bound of one monitor wait, microseconds
    otherwise: "Wait | None" = None


@dataclass(frozen=True)
class Tune:
    """The goal and the knobs behind it. A knob is None where the schema leaves it to the plan."""

    goal: str = "balanced"  # latency | throughput | balanced
    layout: str | None = None  # packed | stamped
    release: int | None = None  # slots between two publications of the head; 1 is `each`
    prefetch_producer: int | None = None  # distance in cache lines, 0 none
    prefetch_consumer: int | None = None
    settle: int | None = None  # pauses after draining to empty, 0 none
    pause: bool | None = None  # pause instruction in spin loops


@dataclass(frozen=True)
class Producers:
    kind: str  # single | multi | sharded | upgrade | local
    count: int = 1  # shards


@dataclass(frozen=True)
class Consumers:
    kind: str  # single | workers | broadcast
    count: int = 1
    lossy: bool = True  # broadcast that gates: a subscriber may be overtaken


@dataclass(frozen=True)
class Full:
    policy: str  # reject | block | drop_oldest | overwrite
    watermark: int = 0  # slots kept free, 0 none


@dataclass(frozen=True)
class Channel:
    """One ring, signal or latest slot under one contract.

    kind: queue | broadcast | signal | latest. message is None for a signal; capacity is slots (tokens for a signal, 1 for latest).
    full is None where the kind has no such policy (signal, latest).
    """

    name: str
    kind: str
    doc: str
    message: "Message | None"
    capacity: int
    producers: Producers
    consumers: Consumers
    full: Full | None
    wait_producer: Wait
    wait_consumer: Wait
    tune: Tune
    metrics: str


@dataclass(frozen=True)
class Stage:
    name: str
    after: tuple[str, ...]
    core: int | None
    wait: Wait | None
    doc: str = ""


@dataclass(frozen=True)
class Pipeline:
    name: str
    doc: str
    channel: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Topic:
    name: str
    channel: str
    instances: int


@dataclass(frozen=True)
class DynamicTopics:
    message: Message
    capacity: int
    topics: int


@dataclass(frozen=True)
class Bus:
    name: str
    doc: str
    topics: tuple[Topic, ...]
    dynamic: DynamicTopics | None


@dataclass(frozen=True)
class Schema:
    """One resolved package. `file` is the name as given on the command line or in `imports`; `places` maps paths to spans."""

    file: str
    package: str
    prefix: str
    version: int
    doc: str
    targets: tuple[Target, ...]
    constants: tuple[Constant, ...]
    enums: tuple[Enum, ...]
    messages: tuple[Message, ...]
    channels: tuple[Channel, ...]
    pipelines: tuple[Pipeline, ...]
    buses: tuple[Bus, ...]
    imports: tuple["Schema", ...] = ()
    places: dict[Path, Span] = field(default_factory=dict, compare=False, hash=False, repr=False)
    text_hash: str = ""  # sha256 of the schema file with line endings made "\n"
