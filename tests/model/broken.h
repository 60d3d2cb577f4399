/*
 * The checker checked: -DMODEL_BREAK=n builds an explorer with one rule of the semantics broken, and litmus.c must fail
 * with each. A checker that has not been seen to fail proves nothing.
 */
#ifndef MODEL_BROKEN_H
#define MODEL_BROKEN_H

#ifndef MODEL_BREAK
#define MODEL_BREAK 0
#endif

enum model_break {
    BREAK_NOTHING,
    BREAK_ACQUIRE,          /* 1 an acquire load learns nothing */
    BREAK_RELEASE,          /* 2 a release store tells nothing */
    BREAK_SC_FENCE,         /* 3 a seq_cst fence is acq_rel only */
    BREAK_ACQUIRE_FENCE,    /* 4 */
    BREAK_RELEASE_FENCE,    /* 5 */
    BREAK_STALE_READS,      /* 6 loads return the newest message: sequential consistency, nearly */
    BREAK_MID_ORDER,        /* 7 stores land at the end only */
    BREAK_EAGER_SLEEP,      /* 8 a store does not wake a load that sleeps in the sleep set */
    BREAK_RACES,            /* 9 the race detector sees nothing */
    BREAK_LOST_WAKE_UPS,    /* 10 a deadlock counts as the end */
    BREAK_RELEASE_SEQUENCE, /* 11 a read-modify-write does not carry on what it read */
    BREAK_PLAIN_SEQUENCE,   /* 12 a plain store carries on the release sequence, as C11 once said for one thread */
    BREAK_CAS_FAILURE,      /* 13 a CAS that fails has the order of one that succeeds */
    BREAK_COHERENCE,        /* 14 a load does not remember what it read */
    BREAK_ATOMICITY,        /* 15 something may come between a read-modify-write and what it read */
    BREAK_STALE_PAUSE,      /* 16 a thread that read outdated values in a spin loop waits for the next store */
    BREAK_FUTEX_BARRIER,    /* 17 the kernel's look at the futex word may be older than the last wake */
    BREAK_MEMBARRIER,       /* 18 a barrier for all threads is one for its caller only */
    BREAK_COUNT
};

#define BROKEN(what) (MODEL_BREAK == (what))

#endif
