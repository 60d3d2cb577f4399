/*
 * The story of an execution: a line for each step, kept only while a failing execution is repeated.
 */
#ifndef MODEL_STORY_H
#define MODEL_STORY_H

#include "model.h"

/* Whether the next executions are told. */
void story_tell(bool on);
bool story_is_told(void);
void story_reset(void);

/* The current thread did something at `site` (NULL: nowhere in the source). The step's number is schedule_steps(). */
void story_line(const model_site *site, const char *format, ...) __attribute__((format(printf, 2, 3)));

void story_add_name(uintptr_t address, size_t bytes, const char *name);

/* The name of the memory at `address`, or its address. Stays good for some calls. */
const char *story_name(uintptr_t address);

/* A value as a reader wants it: sequences just below the wrap as negative numbers. Stays good for some calls. */
const char *story_value(uint64_t value, unsigned bytes);

/* Prints what was told. */
void story_print(void);

#endif
