/* Pod to client: Pipeline/ReturnPath.cs. */
#include "kp_packet.h"

static inline uint32_t
return_parse (kp_worker *worker, kp_batch *batch, uint64_t count, const kp_index *index)
{
  const uint64_t *slots = index->slots;
  uint32_t mask = index->bucket_mask;
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
          batch->hash[i] = 0;
          others++;
          continue;
        }
      batch->hash[i] = hash;
      __builtin_prefetch (slots + (uint64_t) ((uint32_t) hash & mask) * KP_SLOTS);
    }
  return others;
}

static inline uint32_t
match_tag (const uint64_t *bucket, uint64_t hash)
{
  uint64_t tag = hash >> KP_TAG_SHIFT;
  __m256i tags = _mm256_set1_epi64x (tag == 0 ? 1 : tag);
  __m256i low = _mm256_srli_epi64 (_mm256_load_si256 ((const __m256i *) bucket), KP_TAG_SHIFT);
  __m256i high = _mm256_srli_epi64 (_mm256_load_si256 ((const __m256i *) bucket + 1), KP_TAG_SHIFT);
  return _mm256_movemask_pd ((__m256d) _mm256_cmpeq_epi64 (low, tags))
         | (_mm256_movemask_pd ((__m256d) _mm256_cmpeq_epi64 (high, tags)) << 4);
}

static inline uint32_t
return_match (kp_batch *batch, uint64_t count, const kp_index *index, uint32_t *missed)
{
  const uint64_t *slots = index->slots;
  uint32_t mask = index->bucket_mask, matches = 0, misses = 0;
  uint8_t **tables = index->worker_entries;
  for (uint64_t i = 0; i < count; i++)
    {
      const uint64_t *bucket = slots + (uint64_t) ((uint32_t) batch->hash[i] & mask) * KP_SLOTS;
      uint32_t found = match_tag (bucket, batch->hash[i]);
      if (found == 0)
        {
          if ((uint32_t) *bucket >> KP_OVERFLOW_SHIFT != 0)
            batch->misses[misses++] = i;
          continue;
        }
      uint64_t slot = bucket[__builtin_ctz (found)];
      uint8_t *entries = tables[(uint8_t) (slot >> KP_WORKER_SHIFT)];
      uint8_t *entry = entries + (uint64_t) ((uint32_t) slot & KP_ENTRY_MASK) * sizeof (kp_session);
      __builtin_prefetch (entry);
      batch->found[i] = entry;
      batch->work[matches++] = i;
    }
  *missed = misses;
  return matches;
}

static inline void
return_copy (kp_worker *worker, kp_batch *batch, uint64_t matches)
{
  kp_pod *pods = worker->shared->pods;
  for (uint64_t n = 0; n < matches; n++)
    {
      __m128i entry = _mm_load_si128 ((const __m128i *) batch->found[batch->work[n]]);
      _mm_storeu_si128 ((__m128i *) (batch->sessions + n), entry);
      batch->pod[n] = pods + (_mm_extract_epi32 (entry, 3) & KP_POD_SLOT_MASK);
      __builtin_prefetch (batch->pod[n]);
    }
}

static inline int
is_settled (const kp_session *copy, const kp_pod *pod, const kp_session *wanted)
{
  uint16_t pod_port = pod->target_port != 0 ? pod->target_port : copy->destination_port;
  return (copy->value & ~KP_POD_SLOT_MASK) == wanted->value && pod->state != KP_DEAD && pod->masquerade == 0
         && copy->source == wanted->destination && pod->address == wanted->source
         && copy->source_port == wanted->destination_port
         && pod_port == wanted->source_port;
}

static inline int
rewrite_source (uint8_t *packet, const kp_session *session, const kp_pod *pod)
{
  kp_ip4 *ip = (kp_ip4 *) packet;
  if (session->destination != pod->fixed_destination)
    return 0;
  ip->source = session->destination;
  ip->checksum = add (ip->checksum, KP_INVERSE - pod->fixed_header_change);
  ((kp_l4 *) (packet + KP_IP4_BYTES))->source_port = session->destination_port;
  add_l4 (packet, pod->fixed_checksum_offset, KP_INVERSE - pod->fixed_change);
  return 1;
}

static inline uint32_t
return_rewrite (kp_batch *batch, uint64_t matches, uint32_t misses)
{
  for (uint64_t n = 0; n < matches; n++)
    {
      uint64_t i = batch->work[n];
      const kp_session *copy = batch->sessions + n;
      const kp_pod *pod = batch->pod[n];
      if (!is_settled (copy, pod, batch->flows + i) || !rewrite_source (batch->packet[i], copy, pod))
        {
          batch->misses[misses++] = i;
          continue;
        }
      batch->pod_slot[i] = copy->value & KP_POD_SLOT_MASK;
      batch->outcome[i] = KP_TRANSLATED;
      batch->session[i] = KP_EXISTING;
    }
  return misses;
}

EXPORT uint32_t
kp_baseline_return (kp_worker *worker, kp_batch *batch, uint32_t count)
{
  const kp_index *index = worker->index;
  expect (batch, KP_PASS, KP_NONE);
  return_parse (worker, batch, count, index);
  uint32_t misses = 0;
  uint32_t matches = return_match (batch, count, index, &misses);
  return_copy (worker, batch, matches);
  worker->fragments = 0;
  return return_rewrite (batch, matches, misses);
}

/* The processor's time stamp counter, after everything before it. */
EXPORT uint64_t
kp_baseline_clocks (void)
{
  uint32_t processor;
  return __rdtscp (&processor);
}
