/* Client to pod: Pipeline/ForwardPath.cs. */
#include "kp_packet.h"

static inline uint32_t
forward_parse (kp_worker *worker, kp_batch *batch, uint64_t count)
{
  uint8_t *entries = worker->entries;
  uint32_t mask = worker->bucket_mask;
  const __m128i *key = (const __m128i *) worker->shared->key;
  const uint32_t *stamps = worker->stamps;
  uint32_t others = 0;
  for (uint64_t i = 0; i < count; i++)
    {
      uint64_t hash;
      uint32_t length;
      if (!parse_plain (batch->packet[i], batch->available[i], stamps, key, (__m128i *) (batch->flows + i), &hash, &length))
        {
          batch->flows[i].value = KP_NO_STAMP;
          batch->outcome[i] = KP_NOT_PLAIN;
          batch->bucket[i] = entries;
          batch->length[i] = KP_NO_LENGTH;
          others++;
          continue;
        }
      batch->length[i] = length;
      batch->bucket[i] = entries + (uint64_t) ((uint32_t) hash & mask) * KP_BUCKET_BYTES;
      __builtin_prefetch (batch->bucket[i]);
    }
  return others;
}

/* The value of the flow's entry if its kind and tick are as wanted, or 0: all four entries at once. */
static inline uint32_t
find_fresh (const uint8_t *bucket, const __m128i *wanted)
{
  const uint64_t stamp = ~((uint64_t) KP_POD_SLOT_MASK << 32);
  __m256i twice = _mm256_broadcastsi128_si256 (_mm_loadu_si128 (wanted));
  __m256i mask = _mm256_set_epi64x (stamp, -1, stamp, -1);
  __m256i low = _mm256_and_si256 (_mm256_load_si256 ((const __m256i *) bucket), mask);
  __m256i high = _mm256_and_si256 (_mm256_load_si256 ((const __m256i *) bucket + 1), mask);
  uint32_t equal = _mm256_movemask_pd ((__m256d) _mm256_cmpeq_epi64 (low, twice))
                   | (_mm256_movemask_pd ((__m256d) _mm256_cmpeq_epi64 (high, twice)) << 4);
  uint32_t fresh = equal & (equal >> 1) & 0x55;
  if (fresh == 0)
    return 0;
  return *(const uint32_t *) (bucket + __builtin_ctz (fresh) * sizeof (uint64_t) + KP_VALUE_OFFSET);
}

/* Pods of fresh sessions; the others' places are listed as misses, which is where C's way ends for them. */
static inline uint32_t
forward_find (kp_worker *worker, kp_batch *batch, uint64_t count)
{
  kp_pod *pods = worker->shared->pods;
  uint32_t misses = 0;
  for (uint64_t i = 0; i < count; i++)
    {
      kp_pod *pod = pods + (find_fresh (batch->bucket[i], (const __m128i *) (batch->flows + i)) & KP_POD_SLOT_MASK);
      batch->pod[i] = pod;
      __builtin_prefetch (pod);
      if (pod == pods)
        batch->misses[misses++] = i;
    }
  return misses;
}

static inline int
rewrite_destination (uint8_t *packet, const kp_pod *pod)
{
  kp_ip4 *ip = (kp_ip4 *) packet;
  if (ip->destination != pod->fixed_destination)
    return 0;
  ip->destination = pod->address;
  ip->checksum = add (ip->checksum, pod->fixed_header_change);
  ((kp_l4 *) (packet + KP_IP4_BYTES))->destination_port = pod->fixed_port;
  add_l4 (packet, pod->fixed_checksum_offset, pod->fixed_change);
  return 1;
}

static inline uint32_t
forward_rewrite (kp_worker *worker, kp_batch *batch, uint64_t count)
{
  kp_pod *pods = worker->shared->pods;
  __m128i *counters = worker->pod_counters;
  uint32_t service = 0, misses = 0;
  uint64_t existing = 0;
  for (uint64_t i = 0; i < count; i++)
    {
      const kp_pod *pod = batch->pod[i];
      uint32_t length = batch->length[i];
      uint8_t *packet = batch->packet[i];
      if (length > pod->short_way || pod->masquerade != 0 || ((kp_ip4 *) packet)->source == pod->address
          || !rewrite_destination (packet, pod))
        {
          batch->misses[misses++] = i;
          continue;
        }
      batch->target[i] = pod->forward_target;
      __m128i *counter = counters + (pod - pods);
      _mm_storeu_si128 (counter, _mm_add_epi64 (_mm_loadu_si128 (counter), _mm_set_epi64x (length, 1)));
      if (pod->service != service)
        {
          worker->existing_session[service] += existing;
          service = pod->service;
          existing = 0;
        }
      existing++;
    }
  worker->existing_session[service] += existing;
  return misses;
}

EXPORT uint32_t
kp_baseline_forward (kp_worker *worker, kp_batch *batch, uint32_t count)
{
  expect (batch, KP_TRANSLATED, KP_EXISTING);
  forward_parse (worker, batch, count);
  uint32_t misses = forward_find (worker, batch, count);
  return misses != 0 ? misses : forward_rewrite (worker, batch, count);
}
