#!/usr/bin/env bash
# coverage.sh: runs Core's tests with coverlet and says how much of Core they execute: all in all, and the types of which the least is. Fails
# below 95 % of lines or 90 % of branches.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
least_lines=95 least_branches=90
results=artifacts/coverage
rm -rf "$results"
# coverlet looks for the sources where the symbols say they are.
dotnet test tests/KubeProxy.Core.Tests -c Debug --collect "XPlat Code Coverage" --settings tests/coverage.runsettings \
  --results-directory "$results" -v quiet --nologo -p:PathMap= -p:DeterministicSourcePaths=false >&2
report=$(find "$results" -name coverage.cobertura.xml)
[ -n "$report" ] || { printf 'coverage.sh: no report was written\n' >&2; exit 1; }
sed -n 's/.*<class name="\([^"]*\)" filename="[^"]*" line-rate="\([^"]*\)" branch-rate="\([^"]*\)".*/\2 \3 \1/p' "$report" |
  sort -n | awk '$1 < 0.95 || $2 < 0.9 { printf "%5.1f %% of lines, %5.1f %% of branches: %s\n", $1 * 100, $2 * 100, $3 }'
sed -n 's/<coverage line-rate.* lines-covered="\([0-9]*\)" lines-valid="\([0-9]*\)" branches-covered="\([0-9]*\)" branches-valid="\([0-9]*\)".*/\1 \2 \3 \4/p' "$report" |
  awk -v lines="$least_lines" -v branches="$least_branches" '
    $2 == 0 { print "nothing was counted"; exit 1 }
    { l = 100 * $1 / $2; b = 100 * $3 / $4
      printf "%.1f %% of lines (%d of %d), %.1f %% of branches (%d of %d)\n", l, $1, $2, b, $3, $4
      exit (l < lines || b < branches) }
    END { if (NR == 0) exit 1 }'
