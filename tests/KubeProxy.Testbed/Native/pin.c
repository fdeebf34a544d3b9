/* Preloaded into a VPP that has more workers than the machine has cores (MoreCores.cs). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <time.h>

/* Pinning a thread to a core that is not there succeeds and does nothing. */
int
pthread_setaffinity_np (pthread_t thread, size_t size, const cpu_set_t *set)
{
  (void) thread;
  (void) size;
  (void) set;
  return 0;
}

/* A thread that polls for events and finds none lets another have its core: the main thread waits for all workers at
   every change, and they would otherwise take turns only when their time slices end. */
int
epoll_wait (int epoll, struct epoll_event *events, int capacity, int timeout_ms)
{
  int count = epoll_pwait (epoll, events, capacity, timeout_ms, NULL);
  if (count == 0 && timeout_ms == 0)
    nanosleep (&(struct timespec){ .tv_nsec = 50000 }, NULL);
  return count;
}
