/* Messages that have an owner, under each policy: that is the variant here. */
#define QUEUE_POLICY owned
#define QUEUE_OWNS   1
#define QUEUE_BLOCKS JOIN3(BLOCKS_, QUEUE_VARIANT, )
#define QUEUE_EVICTS JOIN3(EVICTS_, QUEUE_VARIANT, )

#define BLOCKS_reject      0
#define BLOCKS_block       1
#define BLOCKS_drop_oldest 0
#define EVICTS_reject      0
#define EVICTS_block       0
#define EVICTS_drop_oldest 1

#include "queue_suite.h"
