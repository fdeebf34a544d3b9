/* Preloaded into a VPP that has more workers than the machine has cores (MoreCores.cs):
   pinning a thread to a core that is not there succeeds and does nothing. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

int
pthread_setaffinity_np (pthread_t thread, size_t size, const cpu_set_t *set)
{
  (void) thread;
  (void) size;
  (void) set;
  return 0;
}
