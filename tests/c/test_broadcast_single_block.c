/* One producer, full: block. One program per variant: see the Makefile. */
#define BROADCAST_ROW    single_block
#define BROADCAST_MULTI  0
#define BROADCAST_GATED  1
#define BROADCAST_BLOCKS 1

#include "broadcast_suite.h"
