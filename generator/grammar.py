"""The schema language, said once and as data: which keys there are, what each holds, what it means and what it defaults to.

The reader, the JSON Schema and the reference page are made from `SCHEMA`; no key, default or description of the language stands
anywhere else. Whole-schema rules (references, collisions, legal combinations) are in check.py and legality.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .model import INTEGERS, SCALARS

LANGUAGE = 1
MAX_NAME = 63  # characters
NAME_PATTERN = r"^(?!.*__)[A-Za-z](?:[A-Za-z0-9_]{0,61}[A-Za-z0-9])?$"
MAX_CAPACITY = 1 << 30  # slots
MAX_COUNT = 1 << 24  # array elements
MAX_NESTING = 16  # messages inside messages
U32_MAX = (1 << 32) - 1


@dataclass(frozen=True)
class Integer:
    """A whole number between the two bounds, both included. `why` ends the sentence that refuses another."""

    minimum: int
    maximum: int
    why: str = ""


@dataclass(frozen=True)
class IntegerOrConstant(Integer):
    """A whole number, or the name of a constant that holds one."""


@dataclass(frozen=True)
class Boolean:
    """true or false."""


@dataclass(frozen=True)
class Text:
    """Any text."""


@dataclass(frozen=True)
class Identifier:
    """A new name, or the name of something in the same list. `noun` says of what."""

    noun: str


@dataclass(frozen=True)
class Reference:
    """The name of something defined elsewhere, `name` or `package.name`."""

    noun: str


@dataclass(frozen=True)
class Literal:
    """A field's default: true, false, a number, a text, or a list of these."""


@dataclass(frozen=True)
class Choice:
    """One of a few words: (word, what it means). `absent`: words that a user may expect here, with the reason why they are not."""

    noun: str
    values: tuple[tuple[str, str], ...]
    absent: tuple[tuple[str, str], ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(word for word, _ in self.values)


@dataclass(frozen=True)
class ListOf:
    item: "Shape"
    minimum: int = 0


@dataclass(frozen=True)
class MapOf:
    """Names the user makes up, each with a value. `noun` says what is named."""

    noun: str
    value: "Shape"
    minimum: int = 0


@dataclass(frozen=True)
class Key:
    """One key of a record. `default` is in the schema's own terms; None where leaving the key out means "nothing"."""

    name: str
    shape: "Shape"
    doc: str
    required: bool = False
    default: object = None


@dataclass(frozen=True)
class Record:
    """Fixed keys. `marks`: any of these keys selects this record among the forms of a OneOf (none: it is the form of last
    resort). `absent`: keys that a user may expect here, with the reason why there are none. `any_of`: one of these at least."""

    noun: str
    keys: tuple[Key, ...]
    marks: tuple[str, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    any_of: tuple[str, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, Key]:
        return {key.name: key for key in self.keys}

    def key(self, name: str) -> Key | None:
        return self._by_name.get(name)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.keys)


@dataclass(frozen=True)
class OneOf:
    """Several ways to write one thing: at most one scalar form, at most one list form, and records told apart by `marks`."""

    noun: str
    forms: tuple["Shape", ...]

    @cached_property
    def records(self) -> tuple[Record, ...]:
        return tuple(form for form in self.forms if isinstance(form, Record))

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """The keys that tell the record forms apart; empty when one of them needs none."""
        if not all(record.marks for record in self.records):
            return ()
        return tuple(mark for record in self.records for mark in record.marks)


Shape = Integer | Boolean | Text | Identifier | Reference | Literal | Choice | ListOf | MapOf | Record | OneOf


@dataclass(frozen=True)
class Strategy:
    """A wait strategy: its parameters are (key, default)."""

    name: str
    doc: str
    parameters: tuple[tuple[str, object], ...] = ()


STRATEGIES = (
    Strategy("spin", "Pause instructions until there is progress: the fastest hand-over, one core each."),
    Strategy("spin_yield", "`spin` pauses, then sched_yield in every round.", (("spin", 1000),)),
    Strategy("backoff", "1, 2, 4 ... pauses a round, at most `spin`.", (("spin", 64),)),
    Strategy("adaptive", "`spin` pauses, then `yield` calls of sched_yield, then sleeps of `sleep_us`. Never parks.",
             (("spin", 1000), ("yield", 100), ("sleep_us", 50))),
    Strategy("park", "`spin` pauses, then a futex: no CPU time while nothing happens.", (("spin", 200),)),
    Strategy("monitor", "Watch the cache line with the target's monitor instructions, `timeout_us` at a time; where the target has "
             "none, wait as `otherwise` says.", (("timeout_us", 50), ("otherwise", "adaptive"))),
)
_PARAMETER_KEYS = (
    Key("spin", IntegerOrConstant(1, 1 << 30), "Pauses before the strategy gives way; for backoff the most pauses in a round."),
    Key("yield", IntegerOrConstant(0, 1 << 30), "Calls of sched_yield before it sleeps (adaptive)."),
    Key("sleep_us", IntegerOrConstant(0, 1_000_000), "Length of one sleep in microseconds (adaptive); 0 goes on yielding."),
)


def _strategy(strategies: tuple[Strategy, ...], noun: str = "wait strategy", absent: tuple[tuple[str, str], ...] = ()) -> Choice:
    return Choice(noun, tuple((strategy.name, strategy.doc) for strategy in strategies), absent)


def strategy_named(name: str) -> Strategy:
    return next(strategy for strategy in STRATEGIES if strategy.name == name)


_PLAIN = tuple(strategy for strategy in STRATEGIES if strategy.name != "monitor")
_PLAIN_STRATEGY = _strategy(_PLAIN, "wait strategy without a monitor", (
    ("monitor", "it says how to wait where there is no monitor instruction"),))
_PLAIN_WAIT = OneOf("wait", (
    _PLAIN_STRATEGY,
    Record("wait", (Key("strategy", _PLAIN_STRATEGY, "The strategy.", required=True), *_PARAMETER_KEYS),
           absent=(("otherwise", "only 'monitor' has it"), ("timeout_us", "only 'monitor' has it"))),
))
_WAIT_KEYS = (
    Key("strategy", _strategy(STRATEGIES), "The strategy; the other keys are its parameters.", required=True),
    *_PARAMETER_KEYS,
    Key("timeout_us", IntegerOrConstant(1, 1_000_000), "The longest single monitor wait in microseconds (monitor)."),
    Key("otherwise", _PLAIN_WAIT, "How to wait on a target that has no monitor instruction (monitor)."),
)
SIDE_WAIT = OneOf("wait", (_strategy(STRATEGIES), Record("wait", _WAIT_KEYS)))
WAIT = OneOf("wait", (
    _strategy(STRATEGIES),
    Record("wait", (
        Key("producer", SIDE_WAIT, "How a producer waits for room (only `full: block` waits).", default="adaptive"),
        Key("consumer", SIDE_WAIT, "How a consumer waits for a message.", default="adaptive"),
    ), marks=("producer", "consumer"), any_of=("producer", "consumer")),
    Record("wait", _WAIT_KEYS),
))

_PREFETCH = IntegerOrConstant(0, 64)
TUNE = OneOf("tune", (
    goal := Choice("tuning goal", (
        ("balanced", "Good throughput without giving up latency."),
        ("latency", "The shortest time from push to pop."),
        ("throughput", "The most messages a second."),
    )),
    Record("tune", (
        Key("goal", goal, "What the knobs below are set for where they are not set here.", default="balanced"),
        Key("layout", Choice("slot layout", (
            ("packed", "Slots side by side, indices apart."),
            ("stamped", "A sequence word in every slot, a power of two of messages a line."),
        )), "How slots are laid out."),
        Key("release", OneOf("release interval", (
            Choice("release interval", (("each", "Every release frees its slot at once."),)),
            IntegerOrConstant(1, MAX_CAPACITY),
        )), "Slots between two publications of the consumer's index: `each`, or a power of two up to the capacity."),
        Key("prefetch", OneOf("prefetch distance", (
            _PREFETCH,
            Record("prefetch distance", (
                Key("producer", _PREFETCH, "Distance of the producer in cache lines; 0 is none."),
                Key("consumer", _PREFETCH, "Distance of the consumer in cache lines; 0 is none."),
            )),
        )), "How far ahead to prefetch, in cache lines; 0 is none."),
        Key("settle", IntegerOrConstant(0, 1 << 20), "Pauses of a side at the other's heels, once, before it looks again; 0 is none."),
        Key("pause", Boolean(), "Whether spin loops hold a pause instruction."),
    )),
))

METRICS = Choice("metrics", (("none", "Nothing is counted."), ("counters", "Each side counts what it does.")))
POLICY = Choice("full policy", (
    ("block", "The producer waits for room."),
    ("reject", "The push is refused."),
    ("drop_oldest", "The oldest message makes room."),
    ("overwrite", "The producer never waits; a subscriber that is lapped is told how much it missed."),
))
FULL = OneOf("full policy", (
    POLICY,
    Record("full policy", (
        Key("policy", POLICY, "The policy.", required=True),
        Key("watermark", IntegerOrConstant(0, MAX_CAPACITY),
            "Slots that a gated broadcast keeps free: the publisher is held before the ring is quite full.", default=0),
    )),
))

SHARDS = Record("producers", (
    Key("sharded", IntegerOrConstant(1, 4096), "That many producers, each with a ring of its own.", required=True),
), marks=("sharded",))
UPGRADE = Record("producers", (
    Key("single", Choice("upgrade", (("upgrade", "One producer now; a second may open later, at the price of a shared ring."),)),
        "A single producer that can become several.", required=True),
), marks=("single",))
_SINGLE = ("single", "One at a time.")
PRODUCERS = OneOf("producer model", (
    Choice("producer model", (
        _SINGLE,
        ("multi", "Any number, on one shared ring."),
        ("local", "The consumer's own thread (signals only)."),
    )),
    SHARDS, UPGRADE,
))
WORKERS = Record("consumers", (
    Key("workers", IntegerOrConstant(1, 4096), "At most that many consumers; each message goes to one of them.", required=True),
), marks=("workers",))
BROADCAST = Record("consumers", (
    Key("broadcast", IntegerOrConstant(1, 4096), "At most that many subscribers; each sees every message.", required=True),
    Key("lossy", Boolean(), "Whether a subscriber of a gated broadcast may be one that nobody waits for. `false`: all gate, so that "
        "messages are built, read and dropped in place.", default=True),
), marks=("broadcast",))
CONSUMERS = OneOf("consumer model", (Choice("consumer model", (_SINGLE,)), WORKERS, BROADCAST))

_DOC = Key("doc", Text(), "A description; it goes into the comments of the generated code.", default="")
_TUNE = Key("tune", TUNE, "What the channel is tuned for, or the knobs one by one.", default="balanced")
_METRICS = Key("metrics", METRICS, "What the channel counts.", default="none")
_FULL = Key("full", FULL, "What happens to a push when the ring is full.", default="block")
_MESSAGE = Key("message", Reference("message"), "The message that it carries.", required=True)


def _wait(doc: str) -> Key:
    return Key("wait", WAIT, doc, default="adaptive")


_WAIT = _wait("How a side waits: one strategy for both, or one each.")
QUEUE = Record("channel", (
    _DOC, _MESSAGE,
    Key("capacity", IntegerOrConstant(1, MAX_CAPACITY), "Slots of the ring, a power of two; of each ring when it is sharded.",
        required=True),
    Key("producers", PRODUCERS, "Who produces.", required=True),
    Key("consumers", CONSUMERS, "Who consumes: one, workers that share the messages, or subscribers that each see all.",
        required=True),
    _FULL, _WAIT, _TUNE, _METRICS,
))
SIGNAL = Record("signal", (
    _DOC,
    Key("signal", IntegerOrConstant(1, MAX_CAPACITY), "Number of tokens, a power of two.", required=True),
    Key("producers", PRODUCERS, "Who notifies.", required=True),
    _wait("How the consumer waits for a token."), _TUNE, _METRICS,
), marks=("signal",), absent=(
    ("message", "it carries tokens, not messages"),
    ("capacity", "the number after 'signal' is its number of tokens"),
    ("full", "a token that is pending already is conflated, so it is never full"),
    ("consumers", "it has one consumer"),
    ("latest", "a channel is either a signal or latest"),
))
LATEST = Record("latest channel", (
    _DOC, _MESSAGE,
    Key("latest", Boolean(), "`true`: the channel holds only the newest value.", required=True),
    Key("producers", PRODUCERS, "Who sets the value.", required=True),
    Key("consumers", CONSUMERS, "Who reads the value.", required=True),
    _wait("How a reader waits for a newer value."), _TUNE, _METRICS,
), marks=("latest",), absent=(
    ("capacity", "it has one slot"),
    ("full", "a new value always takes the place of the old one"),
))
CHANNEL = OneOf("channel", (SIGNAL, LATEST, QUEUE))

ENUM = Record("enum", (
    Key("type", Choice("integer type", tuple((name, f"Stored as {SCALARS[name][0]}.") for name in INTEGERS)),
        "The integer that it is stored as.", required=True),
    Key("kind", Choice("enum kind", (("plain", "A variable holds one of the values."), ("bits", "Values are flags that may be or-ed."))),
        "Whether values are alternatives or flags.", default="plain"),
    _DOC,
    Key("values", MapOf("value", IntegerOrConstant(-(1 << 63), (1 << 64) - 1), minimum=1), "The names and their values.", required=True),
))
FIELD = Record("field", (
    Key("name", Identifier("field"), "The field's name, as it stands in the C struct.", required=True),
    Key("type", Reference("type"), "A scalar type, an enum or a message.", required=True),
    Key("count", IntegerOrConstant(1, MAX_COUNT), "Makes the field an array of that many elements."),
    Key("length", Identifier("field"), "The field of the same message that holds how many elements are in use."),
    Key("doc", Text(), "A description; it goes into a comment beside the field.", default=""),
    Key("unit", Text(), "The unit, for people: it goes into the comment.", default=""),
    Key("default", Literal(), "The value in the message's INIT macro: a number, true, false, the name of an enum's value, "
        "a text for a char array, or a list for another array. Zero where it is left out."),
))
MESSAGE = Record("message", (
    _DOC,
    Key("max_size", IntegerOrConstant(1, 1 << 30), "Bytes that the message may have at most: an error when a field pushes it over."),
    Key("layout", Choice("message layout", (
        ("declared", "Fields lie in the order in which they are written."),
        ("by_size", "Fields lie in the order of falling alignment, which needs the least padding."),
    )), "The order of the fields in memory.", default="declared"),
    Key("align", IntegerOrConstant(1, 4096), "Alignment of the message in bytes, a power of two, not below that of its fields."),
    Key("drop", Identifier("function"), "A C function of yours, `void name(message *)`, that is given each message the ring discards.",
        default=""),
    Key("fields", ListOf(FIELD, minimum=1), "The fields.", required=True),
))

STAGE = Record("stage", (
    _DOC,
    Key("after", OneOf("stage", (Identifier("stage"), ListOf(Identifier("stage"), minimum=1))),
        "The stages that must have released a message before this one sees it; left out, it follows the producer.", default=()),
    Key("core", IntegerOrConstant(0, 4095), "The core that the stage's thread is meant for."),
    Key("wait", SIDE_WAIT, "How the stage waits; left out, as the channel's consumers do."),
))
PIPELINE = Record("pipeline", (
    _DOC,
    Key("channel", Identifier("channel"), "The gated broadcast channel that the stages read.", required=True),
    Key("stages", MapOf("stage", STAGE, minimum=1), "The stages; write {} for one that follows the producer.", required=True),
))
TOPIC = Record("topic", (
    Key("channel", Identifier("channel"), "The broadcast or latest channel that carries the topic.", required=True),
    Key("instances", IntegerOrConstant(1, 65536), "How many independent channels the topic has.", default=1),
))
DYNAMIC = Record("dynamic topics", (
    _MESSAGE,
    Key("capacity", IntegerOrConstant(1, MAX_CAPACITY), "Slots of each topic's ring, a power of two.", required=True),
    Key("topics", IntegerOrConstant(1, 65536), "How many topics can exist at once.", required=True),
))
BUS = Record("bus", (
    _DOC,
    Key("topics", MapOf("topic", TOPIC, minimum=1), "The topics that are known when the code is generated.", default=()),
    Key("dynamic", DYNAMIC, "Topics that are named at run time, all with one message type."),
), any_of=("topics", "dynamic"))


@dataclass(frozen=True)
class Arch:
    """A target architecture: cache line and distance of independently written words in bytes, and its known features."""

    name: str
    doc: str
    line: int
    spacing: int
    features: tuple[str, ...]


ARCHES = (
    Arch("x86_64", "64-bit x86.", 64, 128, (
        "waitpkg", "movdir64b", "movdiri", "prefetchw", "sse4_1", "sse4_2", "avx", "avx2", "avx512f", "clflushopt", "clwb",
        "cldemote", "monitorx", "rdtscp")),
    Arch("aarch64", "64-bit Arm.", 64, 128, ("lse", "lse2", "lse128", "rcpc", "rcpc2", "wfxt", "ls64", "sve", "mte")),
    Arch("riscv64", "64-bit RISC-V.", 64, 128, (
        "zihintpause", "zicbop", "zicbom", "zicboz", "zawrs", "zacas", "zabha", "ztso")),
    Arch("generic", "Any machine with a C11 compiler: no inline assembly.", 64, 128, ()),
)
ARCH = Choice("architecture", tuple((arch.name, arch.doc) for arch in ARCHES))
TARGET = OneOf("target", (
    ARCH,
    Record("target", (
        Key("arch", ARCH, "The architecture.", required=True),
        Key("features", ListOf(Text()), "Features that every machine is assumed to have; others are probed at run time.", default=()),
        Key("profile", Text(), "A file of measured rules for `tune`, relative to this one, as `ringc tune` writes it; those that come with "
            "the compiler where it is left out."),
        Key("line", IntegerOrConstant(16, 1024), "Bytes of a cache line, a power of two; 64 where it is left out."),
        Key("spacing", IntegerOrConstant(16, 4096), "Bytes between words that different threads write, a power of two, "
            "at least a line; 128 where it is left out."),
    )),
))

PROFILE = Record("profile", (
    Key("ringc_profile", Integer(1, 1, "this compiler reads version 1"), "The version of the language of profiles.", required=True),
    Key("rules", ListOf(Record("rule", (
        Key("goal", goal, "The `tune` that it is for.", required=True),
        Key("message", Integer(1, 1 << 20), "For messages of at most so many bytes; of any size where it is left out."),
        Key("ring", Integer(1, 1 << 46), "For rings of at most so many bytes; of any size where it is left out."),
        Key("layout", Choice("slot layout", (("packed", "Slots side by side."), ("stamped", "Lines with a stamp each."))),
            "How slots are laid out.", required=True),
        Key("per_line", Integer(1, 64), "Most messages that share a stamp.", required=True),
        Key("release_share", Integer(0, 1 << 20), "The consumer gives slots back by this share of the ring; 0 is each.", required=True),
        Key("prefetch_producer", Integer(0, 64), "Distance in cache lines; 0 is none.", required=True),
        Key("prefetch_consumer", Integer(0, 64), "Distance in cache lines; 0 is none.", required=True),
        Key("settle", Integer(0, 1 << 20), "Pauses; 0 is none.", required=True),
        Key("pause", Boolean(), "Whether spin loops hold a pause instruction.", required=True),
    )), minimum=1), "The first rule that fits is taken.", required=True),
))

CONSTANT = IntegerOrConstant(-(1 << 63), (1 << 64) - 1)
DEFAULTS = Record("defaults", (
    Key("full", FULL, "The `full` of each channel that has none of its own."),
    Key("wait", WAIT, "The `wait` of each channel that has none of its own."),
    Key("tune", TUNE, "The `tune` of each channel that has none of its own."),
    Key("metrics", METRICS, "The `metrics` of each channel that has none of its own."),
))
SCHEMA = Record("schema", (
    Key("ringc", Integer(LANGUAGE, LANGUAGE, f"this compiler reads version {LANGUAGE}"), "The version of the schema language.",
        required=True),
    Key("package", Identifier("package"), "The package: the prefix of every C name and the name of the output directory.",
        required=True),
    Key("version", Integer(0, U32_MAX), "The version of this data contract, for you to count.", default=0),
    Key("doc", Text(), "A description of the package.", default=""),
    Key("imports", ListOf(Text()), "Other schemas, relative to this file or to a directory given with -I. Each keeps its package; "
        "its messages, enums and constants are found by name, or as `package.name`.", default=()),
    Key("constants", MapOf("constant", CONSTANT), "Named integers; a name may stand wherever a number does.", default=()),
    Key("targets", ListOf(TARGET, minimum=1), "The machines that the code is for.", required=True),
    Key("defaults", DEFAULTS, "What a channel's keys are where it leaves them out. A channel's own key replaces the whole value."),
    Key("enums", MapOf("enum", ENUM), "Named sets of integer values.", default=()),
    Key("messages", MapOf("message", MESSAGE), "Fixed-size structs of plain data.", default=()),
    Key("channels", MapOf("channel", CHANNEL), "Queues, broadcasts, signals and latest values.", default=()),
    Key("pipelines", MapOf("pipeline", PIPELINE), "Graphs of stages over a broadcast channel.", default=()),
    Key("buses", MapOf("bus", BUS), "Topics behind one typed face.", default=()),
))
