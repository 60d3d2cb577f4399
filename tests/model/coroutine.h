/*
 * Coroutines: each thread of a model runs on a stack of its own, all in one thread of the system, so that an execution is
 * nothing but a sequence of choices and can be repeated exactly.
 */
#ifndef MODEL_COROUTINE_H
#define MODEL_COROUTINE_H

#if !defined(__x86_64__) && !defined(MODEL_UCONTEXT)
#define MODEL_UCONTEXT 1 /* portable, and some five times slower: swapcontext enters the kernel */
#endif

#if defined(MODEL_UCONTEXT)
#include <ucontext.h>
#endif

typedef struct coroutine {
    char *stack; /* kept from one execution to the next */
#if defined(MODEL_UCONTEXT)
    ucontext_t context;
#else
    void *stack_pointer;
#endif
} coroutine;

/* Makes the next switch to `co` enter `entry`, on a fresh stack. `entry` must never return. */
void coroutine_prepare(coroutine *co, void (*entry)(void));

/* Leaves `from`, to be resumed by a later switch to it, and resumes `to`. */
void coroutine_switch(coroutine *from, coroutine *to);

#endif
