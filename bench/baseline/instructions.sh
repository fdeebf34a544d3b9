#!/usr/bin/env bash
# instructions.sh PROGRAM: instructions a packet of Core's IPv4 pipeline and of the same algorithm in C, as Valgrind counts them. Nothing
# else on the machine changes them. A way's are the difference of a long and a short run, less that of filling the frames. Fails when C# takes
# more than MOST times what C takes, or when two workers need more than twice what one needs for half the packets.
set -euo pipefail
program=$1
few=100 many=1100 batch=64 most=${MOST:-1.15} status=0 mosttwo=2.01 twostatus=0

# count WAY BATCHES: instructions of a run.
count() {
  local log
  log=$(valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$program" batches "$1" "$2" 2>&1) ||
    { printf '%s\n' "$log" >&2; return 1; }
  sed -n 's/^==.* I *refs: *//p' <<<"$log" | tr -d ,
}

# between WAY: instructions of the batches by which the long run is longer.
between() {
  local short long
  short=$(count "$1" "$few")
  long=$(count "$1" "$many")
  printf '%s' "$((long - short))"
}

printf '| direction | C#, instructions a packet | C | C# / C |\n|---|---|---|---|\n'
for direction in forward return; do
  fill=$(between "fill-$direction")
  core=$(between "$direction")
  c=$(between "$direction-c")
  awk -v direction="$direction" -v core="$((core - fill))" -v c="$((c - fill))" -v packets="$(((many - few) * batch))" -v most="$most" \
    'BEGIN { printf "| %s | %.1f | %.1f | %.2f |\n", direction, core / packets, c / packets, core / c; exit core > most * c }' || status=1
done
# Two workers of one data path, on two threads, each with flows of its own and as many packets as the one.
printf '\n| direction | two workers, instructions of all packets | one worker | two / one |\n|---|---|---|---|\n'
for direction in forward return; do
  one=$(between "$direction")
  two=$(between "$direction-two")
  awk -v direction="$direction" -v one="$one" -v two="$two" -v most="$mosttwo" \
    'BEGIN { printf "| %s | %d | %d | %.3f |\n", direction, two, one, two / one; exit two > most * one }' || twostatus=1
done
[ "$twostatus" -eq 0 ] || printf 'two workers need more than %s times the instructions of one\n' "$mosttwo" >&2
[ "$status" -eq 0 ] || printf 'more than %s times the instructions of C\n' "$most" >&2
exit "$((status | twostatus))"
