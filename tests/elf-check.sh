#!/usr/bin/env bash
# elf-check.sh LIBRARY: the properties that the plugin's library must have to live in VPP. Fails naming what is missing.
set -euo pipefail
library=$1
status=0
expect() { # expect TEXT COMMAND...
  local text=$1
  shift
  if "$@" >/dev/null 2>&1; then printf 'ok    %s\n' "$text"; else printf 'FAIL  %s\n' "$text"; status=1; fi
}
dynamic=$(readelf -Wd "$library") headers=$(readelf -Wl "$library") sections=$(readelf -WS "$library")
exports=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort | tr '\n' ' ')
wanted="DotNetRuntimeDebugHeader vlib_plugin_registration "
has() { grep -q -- "$2" <<<"$1"; }
lacks() { ! grep -q -- "$2" <<<"$1"; }
expect "section .vlib_plugin_registration" has "$sections" '\.vlib_plugin_registration'
expect "all symbols bound at load (BIND_NOW)" has "$dynamic" 'BIND_NOW'
expect "never unloaded (NODELETE)" has "$dynamic" 'NODELETE'
expect "relocations read-only (RELRO)" has "$headers" 'GNU_RELRO'
expect "stack not executable" has "$(grep GNU_STACK <<<"$headers")" ' RW '
expect "no memory both writable and executable" lacks "$(grep LOAD <<<"$headers")" 'RWE'
expect "no text relocations" lacks "$dynamic" 'TEXTREL'
expect "no RPATH" lacks "$dynamic" '(R[UN]*PATH)'
expect "build id" has "$sections" '\.note\.gnu\.build-id'
expect "no debug sections" lacks "$sections" '\.debug_'
expect "exports are exactly: $wanted" test "$exports" = "$wanted"
[ "$status" -eq 0 ] || printf 'exports: %s\n' "$exports"
exit "$status"
