#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes interop/Generated again (bindings, layout facts, vpp_layout.h) from installed VPP headers.
#   generate.sh           writes interop/Generated
#   generate.sh --check   writes nothing; fails when interop/Generated is not what it would write
#
# VPP is searched in $VPP_PREFIX, /usr, /usr/local and /opt/vpp. Exit 1: something is missing, failed or differs.

set -eu
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
generated=$(dirname -- "$here")/Generated
generator_version=22.1.8

fail() {
  echo "generate.sh: $*" >&2
  exit 1
}

check=no
case "${1-}" in
  '') ;;
  --check) check=yes ;;
  *) fail "unknown argument '$1'; the only one is --check" ;;
esac

# What is needed, all of it before anything is said.
missing=''
include=''
for prefix in ${VPP_PREFIX:+"$VPP_PREFIX"} /usr /usr/local /opt/vpp; do
  if [ -f "$prefix/include/vlib/vlib.h" ] && [ -f "$prefix/include/vnet/vnet.h" ]; then
    include=$prefix/include
    break
  fi
done
[ -n "$include" ] || missing="$missing
  - VPP's headers: vlib/vlib.h and vnet/vnet.h under include/ of \$VPP_PREFIX (${VPP_PREFIX:-not set}), /usr, /usr/local or /opt/vpp
    (Debian packages vpp-dev and libvppinfra-dev)"

if command -v ClangSharpPInvokeGenerator >/dev/null 2>&1; then
  found=$(ClangSharpPInvokeGenerator --version 2>&1 || true)
  case "$found" in
    *"version $generator_version"*) ;;
    *) missing="$missing
  - ClangSharpPInvokeGenerator $generator_version; the one on PATH says: $(printf '%s' "$found" | head -n 1)" ;;
  esac
else
  missing="$missing
  - ClangSharpPInvokeGenerator $generator_version on PATH (the dotnet tool of that name, with libclang 22)"
fi

cc=''
for candidate in ${CC:+"$CC"} cc gcc clang; do
  if command -v "$candidate" >/dev/null 2>&1; then
    cc=$candidate
    break
  fi
done
[ -n "$cc" ] || missing="$missing
  - a C compiler: \$CC, cc, gcc or clang"

[ -z "$missing" ] || fail "missing:$missing"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/Generated"

# Bindings. The generator walks each of VPP's own headers that the umbrella reaches.
cd "$here"
"$cc" -w -M -I "$include" vpp.h | tr -s ' \\' '\n\n' \
  | grep -E "^$include/(svm|vlib|vlibapi|vlibmemory|vnet|vpp|vppinfra)/" | sort -u > "$work/headers"
[ -s "$work/headers" ] || fail "$cc found none of VPP's headers under $include"

{
  echo --traverse
  cat "$work/headers"
} > "$work/traverse.rsp"

# Its exit code counts warnings: what decides is the log.
ClangSharpPInvokeGenerator @options.rsp @types.rsp @names.rsp @layout.rsp "@$work/traverse.rsp" \
  --include-directory "$include" --file vpp.h --output "$work/Generated" > "$work/log" 2>&1 || true

# Packed enums come out right, by their underlying type; packed structs are in Manual/.
if grep -E '^ *(Error|Warning|Unhandled|Fatal)' "$work/log" | grep -v "Unsupported attribute: 'Packed'" >&2; then
  fail "ClangSharpPInvokeGenerator did not understand the above"
fi
[ -f "$work/Generated/Vpp.cs" ] || { cat "$work/log" >&2; fail "ClangSharpPInvokeGenerator wrote no bindings"; }

# Facts and header. -O1 leaves out VPP's inline functions, so that nothing of VPP has to be linked.
"$cc" -w -O1 -I "$include" -o "$work/probe" probe.c || fail "probe.c does not compile with the headers in $include"
version=$("$work/probe" version)
"$work/probe" facts > "$work/Generated/layout-$version.txt"
"$work/probe" header > "$work/Generated/vpp_layout.h"

if [ "$check" = yes ]; then
  diff -r -u "$generated" "$work/Generated" >&2 || fail "interop/Generated is not what VPP $version in $include gives: run ./build.sh bindings"
  echo "interop/Generated is current: VPP $version in $include"
  exit 0
fi

mkdir -p "$generated"
rm -f "$generated"/*.cs "$generated"/*.txt "$generated"/*.h
cp "$work/Generated"/* "$generated/"
echo "interop/Generated: $(find "$generated" -type f | wc -l) files from VPP $version in $include"
