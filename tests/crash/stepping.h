/*
 * What both drivers (crash.c, broadcast.c) share: a process that is stepped through an operation,
 * killed or frozen at each boundary, a channel that is mapped twice, survivors that sleep, and the
 * program around them. A driver says what one boundary is and what must hold there.
 */
#ifndef STEPPING_H
#define STEPPING_H

#include "../c/support.h"

#include <sys/types.h>

#define POP_NS     50000       /* a timeout that is to pass */
#define PATIENT_NS (2000 * MS) /* one that is not: who sleeps so long must be woken before */
#define OUT_MAX    64

/* ---- Operations ------------------------------------------------------------------------------ */

/* Where the process that is stepped through has got to. */
enum phase { BEFORE, INSIDE, AFTER, DONE };

/* Shared by the two processes, beside the channel: the driver's own. uint32_t phase comes first. */
struct stage;

enum side { PRODUCER, CONSUMER };

#define COUNT(n)   (1u << (n))
#define NONE_OR(n) (COUNT(0) | COUNT(n))
#define WRAPS      ((ringc_seq)0 - 2) /* two messages before 2^64, which capacities here divide */

enum {
    MAY_FAIL = 1,         /* it may time out instead */
    CLOSES = 2,           /* it closes the channel */
    SLEEPER = 4,          /* meanwhile the other side sleeps */
    FALLS_ASLEEP = 8,     /* its last boundary is in the kernel, where it waits for a survivor */
    ONLY_FROZEN = 16,     /* a dead one would show nothing: it has written nothing */
    FLAG_OF_ITS_OWN = 32, /* the first one that a driver may use as it likes */
};

/* An operation that is stepped through. */
struct operation {
    const char *name;
    enum side side;
    size_t before;   /* messages inside when it begins, numbered from 0 */
    size_t n;        /* messages that it puts in or takes */
    unsigned counts; /* set of COUNT: how many of them show, each at some boundary */
    ringc_seq first; /* sequence of the channel's first message */
    unsigned flags;
    void (*body)(void *channel, struct stage *stage, const struct operation *op);
};

/* A channel as far as the stepping goes. */
struct subject {
    const char *name;
    size_t bytes;
    const struct operation *operations;
    size_t n_operations;
};

/* The driver steps from the breakpoint on; what lies between the phases is the operation. */
RINGC_INLINE void begin_operation(uint32_t *phase)
{
    __asm__ volatile("int3" : : : "memory");
    __atomic_store_n(phase, (uint32_t)INSIDE, __ATOMIC_RELEASE);
    __asm__ volatile("" : : : "memory");
}

RINGC_INLINE void end_operation(uint32_t *phase)
{
    __asm__ volatile("" : : : "memory");
    __atomic_store_n(phase, (uint32_t)AFTER, __ATOMIC_RELEASE);
}

/* ---- What is being done, and what went wrong ------------------------------------------------- */

extern struct here {
    const struct subject *subject;
    const struct operation *op;
    bool kills;
    size_t boundary;
    const char *wrong; /* the first condition that did not hold */
    const char *file;
    int line;
} here;

bool wrong(const char *condition, const char *file, int line);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return wrong(#condition, __FILE__, __LINE__);                                          \
    } while (0)

/* Of all boundaries of an operation. */
struct tally {
    size_t nothing, some, all; /* how much of it showed */
    unsigned counts;           /* set of COUNT */
    size_t noted[2];           /* what else the driver counts */
};

/* Counts what showed; `is_done` is asked of an operation without messages. */
bool tallied(struct tally *tally, size_t count, bool is_done);

/* ---- The process that is stepped through ----------------------------------------------------- */

extern void *our_channel;       /* the channel, where the survivor has it mapped */
extern struct stage *the_stage; /* as long as the driver says */

/* Fills both with bytes that are no message. */
void wipe(void);

enum phase phase(void);

/* A process that waits where the operation begins. */
pid_t started_child(void);

/* Steps to the boundary, or to the operation's last one if that comes first. */
bool stepped(pid_t child, bool *is_last);

bool killed(pid_t child);
bool resumed(pid_t child);
bool ended(pid_t child);

/* ---- A survivor that sleeps ------------------------------------------------------------------ */

struct sleeper {
    ringc_status (*call)(struct sleeper *sleeper); /* what it sleeps in, for at most PATIENT_NS */
    size_t who;
    pthread_t thread;
    uint64_t took_ns;
    ringc_status status;
    uint32_t is_awake;
};

void fall_asleep(struct sleeper *sleeper);

/* Waits until it sleeps, or has returned, or for a while: a frozen waker leaves it neither. */
void await_sleep(const struct sleeper *sleeper);

/* Whether it returns, before its time, with RINGC_OK or the other one. */
bool has_slept_well(struct sleeper *sleeper, ringc_status or_else);

/* ---- The program ----------------------------------------------------------------------------- */

struct driver {
    const struct subject *const *subjects;
    size_t n_subjects;
    const struct subject *const *broken; /* by break.py */
    size_t n_broken;
    size_t stage_bytes;
    bool (*boundary)(struct tally *tally,
                     bool *is_last); /* of here.op, from memory that is wiped */
    bool (*shows)(void);     /* whether here.op, killed or frozen, must have shown all its counts */
    bool (*is_parked)(void); /* whether a side sleeps, or is about to */
    const char *notes[2];    /* what tally.noted counts */
};

int run(const struct driver *driver, int argc, char **argv);

#endif /* STEPPING_H */
