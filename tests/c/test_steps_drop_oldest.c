/* full: drop_oldest, one side interrupting the other. One program per small capacity: see QUEUE_VARIANT in the Makefile. */
#define QUEUE_POLICY drop_oldest
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 1

#include "steps_suite.h"
