/* full: reject. One program per wait strategy and small capacity: see the Makefile. */
#define QUEUE_POLICY reject
#define QUEUE_BLOCKS 0
#define QUEUE_EVICTS 0

#include "queue_suite.h"
