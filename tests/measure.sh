#!/usr/bin/env bash
# measure.sh ID: runs the tests that bear ID, a row of docs/reliability.md, as their trait Rel. Prints the figures that they measured,
# "ID: ...", and then how many passed; fails if one failed or none ran. The programs are built in Release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
id=${1:?measure.sh ID}
traits=(-trait "Rel=$id")
pattern="\"Rel\", \"$id\""
if [ "$id" = REL-18 ]; then # the cases of Kubernetes have traits of their own
  traits=()
  for number in $(seq -w 1 26); do traits+=(-trait "case=K8S-$number"); done
  for number in $(seq -w 1 9); do traits+=(-trait "case=CT-$number"); done
  pattern='"case", "\(K8S\|CT\)-'
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
found=0 status=0
for project in tests/*.Tests; do
  name=${project##*/}
  grep -rq --include='*.cs' --exclude-dir=obj --exclude-dir=bin "$pattern" "$project" || continue
  found=1
  dotnet build "$project" -c Release -v quiet --nologo >"$log.build" || { cat "$log.build" >&2; exit 1; }
  rm -f "$log.build"
  "$project/bin/Release/net10.0/$name" "${traits[@]}" -noColor -noLogo -showLiveOutput >>"$log" 2>&1 || status=1
done
[ "$found" -eq 1 ] || { printf 'measure.sh: no test bears %s\n' "$id" >&2; exit 1; }
grep -E '\[FAIL\]' "$log" || true
sed -n "s/^.*\[OUTPUT\] \($id: .*\)$/\1/p" "$log" | sort -u
awk -v bad="$status" '
  / Total: +[0-9]+, Errors: / { for (i = 1; i < NF; i++) { v = $(i + 1) + 0; if ($i == "Total:") t += v; if ($i == "Errors:" || $i == "Failed:") f += v; if ($i == "Skipped:") s += v; if ($i == "Run:") n += v } }
  END { printf "%d passed, %d failed, %d skipped\n", t - f - s - n, f, s; exit (f || bad || t - f - s - n <= 0) }' "$log"
