#!/usr/bin/env bash
# scoreboard.sh [--quick] [ID...]: runs the command of every row of docs/reliability.md, or of the rows named, and writes what came out to
# artifacts/scoreboard.md. --quick: only what is measured by tests, which takes minutes; the others are campaigns and builds.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
quick=0 wanted=()
for word in "$@"; do
  case $word in
    --quick) quick=1 ;;
    REL-*) wanted+=("$word") ;;
    *) printf 'scoreboard.sh: what is %s?\n' "$word" >&2; exit 1 ;;
  esac
done
table=artifacts/scoreboard.md log=$(mktemp)
trap 'rm -f "$log"' EXIT
mkdir -p artifacts
printf '# Scoreboard of %s\n\n| figure | gate | command | result | |\n|---|---|---|---|---|\n' "$(date -u +%F)" >"$table"
bad=0
while IFS='|' read -r _ id _ gate command _; do
  id=${id// /} command=$(sed 's/[` ]*$//; s/^[` ]*//' <<<"$command") gate=$(sed 's/^ *//; s/ *$//' <<<"$gate")
  [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $id "* ]] || continue
  if [ "$quick" -eq 1 ] && [[ $command != measure* ]]; then
    result="not run: --quick" mark="-"
  else
    printf '==> %s: ./build.sh %s\n' "$id" "$command" >&2
    mark=met
    # shellcheck disable=SC2086 # the command's words
    ./build.sh $command >"$log" 2>&1 || { mark="**not met**"; bad=1; tail -n 30 "$log" >&2; }
    result=$(grep -E "^$id: " "$log" | sed "s/^$id: //" | paste -sd ';' | sed 's/;/; /g')
    [ -n "$result" ] || result=$(grep -vE '^\s*$|^==> built|Elapsed' "$log" | tail -n 1)
  fi
  printf '| %s | %s | `%s` | %s | %s |\n' "$id" "$gate" "$command" "${result//|/\\|}" "$mark" | tee -a "$table"
done < <(grep -E '^\| REL-' docs/reliability.md)
printf '==> written %s\n' "$table" >&2
exit "$bad"
