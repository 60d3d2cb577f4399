/*
 * Threads, and who runs next. A thread stops before each step that others can notice; the scheduler picks one of those that
 * stand before such a step.
 *
 * Sleep sets (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", LNCS 1032, 1996): once all
 * executions have been seen in which thread t goes first from here, t sleeps in those where another goes first, until a
 * step is taken that does not commute with the one t stands before. If all that may run are asleep, the execution is
 * equivalent to one that was seen. Two refinements come from the memory model: a load disturbs nobody, since a later store
 * leaves it the message that it read; and a step that slept through stores to its location need only be taken in ways that
 * were not there before, that is, read one of those stores, or land after all of them.
 */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include "coroutine.h"
#include "memory.h"

/* The step before which a thread stands, as far as others can notice it. */
typedef enum step_kind {
    STEP_PRIVATE, /* nobody can notice: runs at once */
    STEP_LOAD,
    STEP_STORE, /* also read-modify-writes */
    STEP_FENCE, /* seq_cst */
    STEP_MEMBARRIER,
    STEP_FUTEX_WAIT,
    STEP_FUTEX_WAKE,
    STEP_FUTEX_TIMEOUT
} step_kind;

typedef enum thread_status {
    THREAD_RUNS,
    THREAD_PAUSED,  /* in a spin loop: waits for a change of something that it read */
    THREAD_SLEEPS,  /* in futex_wait */
    THREAD_JOINING, /* the main thread, while the others run */
    THREAD_DONE
} thread_status;

typedef struct thread {
    const char *name;
    void (*body)(void *);
    void *arg;
    coroutine coroutine;
    thread_status status;
    step_kind pending;
    unsigned pending_location;
    knowledge knows;
    uint64_t clock_ns;
    bool killable;
    bool newest_only;    /* nobody could run: see what is there by now */
    unsigned quiet_rounds; /* how often so, since anybody stored anything */
    bool timed;          /* asleep with a timeout */
    int64_t slept_since; /* step after which its pending step fell asleep, if a store woke it; else -1 */

    /* For pauses: what it read since the last one, and how often the same outdated message. */
    uint64_t read_locations; /* set of bits */
    uint32_t read_born[MAX_LOCATIONS];
    uint8_t stale_rounds[MAX_LOCATIONS];
} thread;

/* Why an execution came to its end. */
typedef enum ending { ENDED_WELL, ENDED_PRUNED, ENDED_FAILED } ending;

/* Runs one execution of `test` to its end. */
ending schedule_run(void (*test)(void));

/* Ends the execution: comes back in schedule_run. */
_Noreturn void schedule_end(ending why);

thread *schedule_current(void);
int schedule_current_number(void);
const char *schedule_thread_name(int number);

/* True while the main thread is alone, before and after the others: then nothing is to be chosen. */
bool schedule_alone(void);

/* Counts a step and returns its number. */
uint32_t schedule_count_step(void);
uint32_t schedule_steps(void);

/* The current thread stands before a step: returns when it shall take it. It may be killed instead. */
void schedule_before(step_kind kind, unsigned location);

/* It has taken it. `kind` may be less than announced: a CAS that failed was but a load. */
void schedule_after(step_kind kind, unsigned location);

/* The current thread waits: returns when something it read has changed, or nobody else can run. */
void schedule_pause(void);

/* The current thread read the message born at `born`. */
void schedule_note_read(unsigned location, uint32_t born);

/* The current thread sleeps on a futex word; false when the sleep timed out. */
bool schedule_sleep_on(unsigned location, bool timed);

/* Wakes up to `count` threads that sleep on the word, in the order in which they went to sleep. Returns how many. */
unsigned schedule_wake(unsigned location, uint32_t count);

void schedule_add_thread(const char *name, void (*body)(void *), void *arg, bool killable);
void schedule_join(void);
unsigned schedule_killed(void);

#endif
