/* Steps a process through an operation: stepping.h. */
#if !defined(__x86_64__) || !defined(__linux__)
#error "stepping.c steps through x86_64 code with Linux's ptrace; the Makefile skips it elsewhere"
#endif

#define _GNU_SOURCE /* sched_getcpu */

#include "stepping.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define TOO_MANY  5000      /* boundaries of one operation */
#define ASLEEP_NS (20 * MS) /* a step that takes so long is one into a sleep */
#define HANG_S    10

static const struct driver *driver;

/* ---- What is being done, and what went wrong ------------------------------------------------- */

struct here here;

bool wrong(const char *condition, const char *file, int line)
{
    if (here.wrong == NULL) {
        here.wrong = condition;
        here.file = file;
        here.line = line;
    }
    return false;
}

static const char *how(void)
{
    return here.kills ? "killed" : "frozen";
}

static void hung(int signal_number)
{
    char text[256];
    const int length = snprintf(text, sizeof text, "HUNG: %s, %s, %s at boundary %zu\n",
                                here.subject->name, here.op->name, how(), here.boundary);

    (void)signal_number;
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(2);
    _exit(1);
}

bool tallied(struct tally *tally, size_t count, bool is_done)
{
    const struct operation *op = here.op;

    CHECK(count <= op->n && (op->counts & COUNT(count)) != 0);
    tally->counts |= COUNT(count);
    if (op->n == 0)
        ++*(is_done ? &tally->all : &tally->nothing);
    else
        ++*(count == 0 ? &tally->nothing : count < op->n ? &tally->some : &tally->all);
    return true;
}

/* ---- Memory, mapped twice -------------------------------------------------------------------- */

void *our_channel;
struct stage *the_stage;
static void *their_channel;
static size_t channel_bytes;

static void *mapped(int fd, size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    REQUIRE(memory != MAP_FAILED);
    return memory;
}

static void map_memory(void)
{
    char name[] = "/tmp/ringc-crash-XXXXXX";
    const int fd = mkstemp(name);

    for (size_t i = 0; i < driver->n_subjects; ++i)
        if (channel_bytes < driver->subjects[i]->bytes)
            channel_bytes = driver->subjects[i]->bytes;
    REQUIRE(fd >= 0 && unlink(name) == 0 && ftruncate(fd, (off_t)channel_bytes) == 0);
    our_channel = mapped(fd, channel_bytes);
    their_channel = mapped(fd, channel_bytes);
    close(fd);
    REQUIRE(our_channel != their_channel);
    the_stage = (struct stage *)mmap(NULL, driver->stage_bytes, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(the_stage != MAP_FAILED);
}

void wipe(void)
{
    memset(our_channel, 0x5a, channel_bytes);
    memset(the_stage, 0x5a, driver->stage_bytes);
    *(uint32_t *)the_stage = BEFORE;
}

/* ---- The process that is stepped through ----------------------------------------------------- */

static pid_t the_child; /* 0: none */
static bool is_asleep;  /* it is on its way through a step that has not ended */

enum phase phase(void)
{
    return (enum phase)__atomic_load_n((uint32_t *)the_stage, __ATOMIC_ACQUIRE);
}

static bool is_trap(int status)
{
    return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

static bool is_trapped(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && is_trap(status);
}

static bool is_trapped_in_time(pid_t child, uint64_t ns)
{
    const uint64_t start = ringc_now_ns();
    pid_t waited;
    int status;

    while ((waited = waitpid(child, &status, WNOHANG)) == 0 && ringc_now_ns() - start < ns)
        ringc_yield();
    return waited == child && is_trap(status);
}

static bool steps(pid_t child)
{
    return ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0 && is_trapped(child);
}

/* The same for one that may sleep in that step. */
static bool steps_to_sleep(pid_t child)
{
    CHECK(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0);
    if (!driver->is_parked())
        return is_trapped(child);
    is_asleep = !is_trapped_in_time(child, ASLEEP_NS);
    return true;
}

pid_t started_child(void)
{
    const pid_t child = fork();

    REQUIRE(child >= 0);
    if (child == 0) {
        munmap(our_channel, channel_bytes);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(3);
        here.op->body(their_channel, the_stage, here.op);
        _exit(0);
    }
    the_child = child;
    REQUIRE(is_trapped(child));
    REQUIRE(ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(uintptr_t)PTRACE_O_EXITKILL) == 0);
    while (phase() != INSIDE)
        REQUIRE(steps(child));
    return child;
}

bool stepped(pid_t child, bool *is_last)
{
    is_asleep = false;
    for (size_t i = 0; i < here.boundary && phase() == INSIDE && !is_asleep; ++i)
        CHECK((here.op->flags & FALLS_ASLEEP) ? steps_to_sleep(child) : steps(child));
    *is_last = phase() != INSIDE || is_asleep;
    return true;
}

bool killed(pid_t child)
{
    int status;

    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    the_child = 0;
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return true;
}

bool resumed(pid_t child)
{
    if (is_asleep)
        CHECK(is_trapped_in_time(child, PATIENT_NS)); /* it is woken, and its step ends */
    CHECK(ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
    return true;
}

bool ended(pid_t child)
{
    int status;

    CHECK(waitpid(child, &status, 0) == child);
    the_child = WIFSTOPPED(status) ? child : 0;
    CHECK(!WIFSTOPPED(status)); /* by a signal: a check of its own has failed */
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(phase() == DONE);
    return true;
}

static void end_child(void)
{
    if (the_child == 0)
        return;
    kill(the_child, SIGKILL);
    while (waitpid(the_child, NULL, 0) == the_child) /* until it is gone, stops aside */
        ;
    the_child = 0;
}

/* ---- A survivor that sleeps ------------------------------------------------------------------ */

static void *sleeps(void *arg)
{
    struct sleeper *sleeper = (struct sleeper *)arg;
    const uint64_t start = ringc_now_ns();

    sleeper->status = sleeper->call(sleeper);
    sleeper->took_ns = ringc_now_ns() - start;
    RAISE_FLAG(&sleeper->is_awake);
    return NULL;
}

void await_sleep(const struct sleeper *sleeper)
{
    for (int i = 0; i < 20; ++i) {
        if (IS_RAISED(&sleeper->is_awake) || driver->is_parked())
            break;
        ringc_sleep_ns(MS / 4);
    }
    ringc_sleep_ns(MS / 10); /* from the flag to the futex */
}

void fall_asleep(struct sleeper *sleeper)
{
    sleeper->is_awake = 0;
    sleeper->thread = started(sleeps, sleeper);
    await_sleep(sleeper);
}

bool has_slept_well(struct sleeper *sleeper, ringc_status or_else)
{
    joined(sleeper->thread);
    CHECK(sleeper->took_ns < PATIENT_NS);
    CHECK(sleeper->status == RINGC_OK || sleeper->status == or_else);
    return true;
}

/* ---- Every boundary of an operation ---------------------------------------------------------- */

static bool every_boundary(struct tally *tally)
{
    bool is_last = false;

    for (here.boundary = 0; !is_last; ++here.boundary) {
        CHECK(here.boundary < TOO_MANY);
        alarm(HANG_S);
        wipe();
        if (!driver->boundary(tally, &is_last))
            return false;
    }
    alarm(0);
    if (driver->shows())
        CHECK(tally->counts == here.op->counts); /* else it was not seen on both sides */
    return true;
}

static bool passes(const struct subject *subject, const struct operation *op, bool kills,
                   struct tally *tally)
{
    bool passed;

    memset(tally, 0, sizeof *tally);
    memset(&here, 0, sizeof here);
    here.subject = subject;
    here.op = op;
    here.kills = kills;
    passed = every_boundary(tally);
    end_child();
    alarm(0);
    return passed;
}

/* ---- The program ----------------------------------------------------------------------------- */

/* Of killing it (1) and freezing it (0). */
static int first_way(const struct operation *op)
{
    return (op->flags & ONLY_FROZEN) ? 0 : 1;
}

static bool checked(const struct subject *subject, const struct operation *op, bool kills)
{
    struct tally tally;

    if (!passes(subject, op, kills, &tally)) {
        printf("FAILED  %-20s %-25s %s at boundary %zu: not true: %s (%s:%d)\n", subject->name,
               op->name, how(), here.boundary, here.wrong, here.file, here.line);
        return false;
    }
    printf("ok      %-20s %-25s %s at %4zu boundaries: nothing %zu, part %zu, all %zu",
           subject->name, op->name, how(), here.boundary, tally.nothing, tally.some, tally.all);
    for (size_t i = 0; i < LENGTH_OF(tally.noted); ++i)
        if (tally.noted[i] > 0)
            printf("; %s at %zu", driver->notes[i], tally.noted[i]);
    putchar('\n');
    return true;
}

/* Whether a broken channel is seen to be broken. */
static bool caught(const struct subject *subject)
{
    struct tally tally;

    for (size_t i = 0; i < subject->n_operations; ++i) {
        if (subject->operations[i].flags & MAY_FAIL)
            continue; /* it waits at each boundary, and no breakage is for it */
        for (int kills = first_way(&subject->operations[i]); kills >= 0; --kills) {
            if (passes(subject, &subject->operations[i], kills != 0, &tally))
                continue;
            printf("ok      %-22s caught in %s, %s at boundary %zu: not true: %s\n", subject->name,
                   here.op->name, how(), here.boundary, here.wrong);
            return true;
        }
    }
    printf("FAILED  %-22s not caught\n", subject->name);
    return false;
}

/* The two processes take turns, and a turn on one core costs less than half of one between two. */
static void stay_on_this_core(void)
{
    const int core = sched_getcpu();
    cpu_set_t cores;

    CPU_ZERO(&cores);
    if (core < 0)
        return;
    CPU_SET((size_t)core, &cores);
    (void)sched_setaffinity(0, sizeof cores, &cores);
}

int run(const struct driver *the_driver, int argc, char **argv)
{
    const bool tests_itself = argc == 2 && strcmp(argv[1], "--self-test") == 0;
    size_t passed = 0, failed = 0;

    if (argc > 1 && !tests_itself) {
        fprintf(stderr, "usage: %s [--self-test]\n", argv[0]);
        return 2;
    }
    driver = the_driver;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGALRM, hung);
    map_memory();
    stay_on_this_core();
    for (size_t i = 0; tests_itself && i < driver->n_broken; ++i)
        ++*(caught(driver->broken[i]) ? &passed : &failed);
    for (size_t i = 0; !tests_itself && i < driver->n_subjects; ++i)
        for (size_t j = 0; j < driver->subjects[i]->n_operations; ++j)
            for (int kills = first_way(&driver->subjects[i]->operations[j]); kills >= 0; --kills)
                ++*(checked(driver->subjects[i], &driver->subjects[i]->operations[j], kills != 0)
                        ? &passed
                        : &failed);
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
