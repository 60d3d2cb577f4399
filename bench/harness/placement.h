/* Where the two sides run: which processors, and with what claim to them. */
#ifndef BENCH_PLACEMENT_H
#define BENCH_PLACEMENT_H

#include <stdbool.h>

typedef struct bench_placement {
    int allowed;       /* processors that this process may use */
    int processors[2]; /* the near side's (the main thread's) and the far side's; -1: there is none
                        */
    bool siblings;     /* the two share a core */
    bool fifo;         /* the far side gets SCHED_FIFO */
    bool locked;       /* all memory is locked */
} bench_placement;

/*
 * Finds two processors, on different cores if it can, or takes those `wanted` (-1: any); sees
 * what is permitted; locks memory; pins the calling thread to the near one. Returns false if the
 * wanted ones cannot be had.
 */
bool bench_place(bench_placement *placement, const int wanted[2], bool wants_fifo);

/* For the calling thread; false if the system refuses. */
bool bench_pin(int processor);
bool bench_be_fifo(void);

#endif
