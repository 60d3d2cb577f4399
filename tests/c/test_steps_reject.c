/* full: reject, one side interrupting the other; the Makefile gives the capacity. */
#define QUEUE_POLICY reject
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 0

#include "steps_suite.h"
