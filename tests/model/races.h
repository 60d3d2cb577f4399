/*
 * Data races on plain memory. Two accesses to one word of which one writes must be ordered by happens-before, as the
 * vector clocks of the views tell it. For each word: the last write as one epoch, and the last read of each thread;
 * after FastTrack (Flanagan, Freund, PLDI 2009), without its shortcut for reads.
 */
#ifndef MODEL_RACES_H
#define MODEL_RACES_H

#include "memory.h"

void races_reset(void);

/* Fails if [p, p + bytes) touches what model_guard has forbidden. */
void races_guard(const volatile void *p, size_t bytes);
void races_check_guard(const model_site *site, uintptr_t address, size_t bytes);

void races_access(const model_site *site, int thread, const view *current, const void *p, size_t bytes, bool writes,
                  uint32_t step);

#endif
