/*
 * Runs executions until all were seen, or enough drawn; repeats a failing one to tell its story.
 */
#ifndef MODEL_EXPLORE_H
#define MODEL_EXPLORE_H

#include "model.h"

#include <stdarg.h>

unsigned explore_stale_rounds(void);
bool explore_every_order(void);

/* A number that no other execution of this process has. */
uint64_t explore_execution(void);

void explore_set_message(const model_site *site, const char *format, va_list args);

#endif
