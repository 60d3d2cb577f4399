/* full: drop_oldest, one side interrupting the other; the Makefile gives the capacity. */
#define QUEUE_POLICY drop_oldest
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 1

#include "steps_suite.h"
