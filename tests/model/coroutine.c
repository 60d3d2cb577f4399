#include "coroutine.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { STACK_BYTES = 64 * 1024 };

static void need_stack(coroutine *co)
{
    if (co->stack == NULL)
        co->stack = malloc(STACK_BYTES);
    if (co->stack == NULL) {
        fputs("model: no memory for a stack\n", stderr);
        exit(2);
    }
}

#if defined(MODEL_UCONTEXT)

void coroutine_prepare(coroutine *co, void (*entry)(void))
{
    need_stack(co);
    getcontext(&co->context);
    co->context.uc_stack.ss_sp = co->stack;
    co->context.uc_stack.ss_size = STACK_BYTES;
    co->context.uc_link = NULL;
    makecontext(&co->context, entry, 0);
}

void coroutine_switch(coroutine *from, coroutine *to)
{
    swapcontext(&from->context, &to->context);
}

#else

/* Saves what the ABI says a callee must preserve, swaps stacks, and returns on the other one. */
void coroutine_swap_(void **save, void *load);
__asm__(".text\n"
        ".globl coroutine_swap_\n"
        ".type coroutine_swap_, @function\n"
        "coroutine_swap_:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size coroutine_swap_, . - coroutine_swap_\n");

void coroutine_prepare(coroutine *co, void (*entry)(void))
{
    enum { SAVED_REGISTERS = 6 };
    uintptr_t top;
    uintptr_t *sp;

    need_stack(co);
    top = ((uintptr_t)co->stack + STACK_BYTES) & ~(uintptr_t)63;
    sp = (uintptr_t *)top;
    *--sp = 0;                /* the return address of `entry`: none. Keeps the stack aligned as after a call. */
    *--sp = (uintptr_t)entry; /* what coroutine_swap_ returns to */
    for (int i = 0; i < SAVED_REGISTERS; i++)
        *--sp = 0;
    co->stack_pointer = sp;
}

void coroutine_switch(coroutine *from, coroutine *to)
{
    coroutine_swap_(&from->stack_pointer, to->stack_pointer);
}

#endif
