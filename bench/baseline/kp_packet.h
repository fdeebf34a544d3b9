/*
 * The short way of Core's two pipelines for IPv4 in plain C: what ForwardPath.Run and ReturnPath.Run do with packets of
 * remembered flows, loop by loop, on Core's own memory. Packets that need the longer way are listed as misses and left alone;
 * their number is the answer. kp_layout.h is written by the program that compiles these files, from Core's structures.
 */
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include "kp_layout.h"

#define EXPORT __attribute__ ((visibility ("default")))

static inline void
expect (kp_batch *batch, uint8_t outcome, uint8_t use)
{
  memset (batch->outcome, outcome, KP_CAPACITY);
  memset (batch->session, use, KP_CAPACITY);
}

static inline uint32_t
length_of (const kp_ip4 *ip)
{
  return __builtin_bswap16 (ip->total_length);
}

static inline uint64_t
hash_of (const __m128i *key, __m128i flow)
{
  __m128i state = _mm_xor_si128 (flow, _mm_loadu_si128 (key));
  state = _mm_aesenc_si128 (state, _mm_loadu_si128 (key + 1));
  state = _mm_aesenc_si128 (state, _mm_loadu_si128 (key + 2));
  return _mm_cvtsi128_si64 (_mm_aesenc_si128 (state, _mm_loadu_si128 (key + 3)));
}

/* Whole TCP and UDP packets without options that have a hop left; 0 for every other. */
static inline int
parse_plain (const uint8_t *packet, uint32_t available, const uint32_t *stamps, const __m128i *key, __m128i *wanted,
             uint64_t *hash, uint32_t *length)
{
  const kp_ip4 *ip = (const kp_ip4 *) packet;
  if (available < KP_LEAST_BYTES || ip->version_and_length != KP_PLAIN)
    return 0;
  *length = length_of (ip);
  if ((ip->fragment & KP_FRAGMENT_MASK) != 0 || *length < KP_LEAST_BYTES || ip->hops <= 1)
    return 0;
  uint32_t flow_class = KP_CLASS_UDP;
  uint32_t stamp = stamps[KP_CLASS_UDP];
  if (ip->protocol != KP_UDP)
    {
      if (ip->protocol != KP_TCP || available < KP_LEAST_TCP_BYTES || *length < KP_LEAST_TCP_BYTES)
        return 0;
      flow_class = KP_CLASS_TCP;
      stamp = stamps[KP_CLASS_TCP] | (packet[KP_TCP_FLAGS] & KP_TCP_CONTROL);
    }
  __m128i flow = _mm_loadu_si128 ((const __m128i *) &ip->source);
  *hash = hash_of (key, _mm_insert_epi32 (flow, flow_class, 3));
  _mm_storeu_si128 (wanted, _mm_insert_epi32 (flow, stamp, 3));
  return 1;
}

static inline uint16_t
add (uint16_t checksum, uint32_t addend)
{
  uint32_t sum = checksum + addend;
  return sum + (sum >> 16) - 1;
}

static inline void
add_l4 (uint8_t *packet, uint32_t offset, uint32_t addend)
{
  uint16_t *checksum = (uint16_t *) (packet + offset);
  uint16_t before = *checksum, after = add (before, addend);
  if ((before == 0 || after == 0) && offset == KP_UDP_CHECKSUM)
    after = before == 0 ? 0 : 0xFFFF;
  *checksum = after;
}
