/*
 * The choices of an execution: who runs next, which message a load returns, where a store lands. Exhaustive exploration
 * keeps them as a path through a tree and moves it on like an odometer, depth first, repeating the execution each time
 * (stateless model checking, as VeriSoft did); random exploration draws them.
 */
#ifndef MODEL_CHOICES_H
#define MODEL_CHOICES_H

#include <stdbool.h>
#include <stdint.h>

/* Begins an exhaustive exploration, or with `random` one that draws. */
void choices_begin(bool random);

/* Begins the next execution. `seed` matters to random ones. */
void choices_restart(uint64_t seed);

/* Moves the path on to one not seen yet. False when there is none. Not for random exploration. */
bool choices_advance(void);

/* Takes one of n values. Value 0 is the ordinary one: the newest message, the end of the order. */
unsigned choices_value(unsigned n);

/* What choosing a thread gave. */
typedef struct thread_choice {
    int thread;       /* -1: all that may run are asleep, nothing new can come of this execution */
    unsigned explored; /* threads that were explored from here before: they go to sleep */
} thread_choice;

/* Takes one of the threads in `runnable` but not in `asleep`, both sets of bits; `preferred` first if it is there. */
thread_choice choices_thread(unsigned runnable, unsigned asleep, int preferred);

#endif
