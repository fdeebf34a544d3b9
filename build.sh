#!/usr/bin/env bash
# build.sh VERB [OPTIONS]: the one entry to everything that people and CI do here. `./build.sh help` lists the verbs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD
artifacts=$root/artifacts
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

usage() {
  cat <<'TEXT'
usage: ./build.sh VERB [OPTIONS]

  build              build the plugin and the embedded host into artifacts/
  run [OPTIONS]      build, then the live demonstration (VPP if installed, else the embedded host);
                     --host auto|vpp|embedded, --requests N, --keep
  test [FILTER]      build, then every test, then coverage, reproducible, properties --same, fuzz all 1 and mutation 40 --gate 70;
                     FILTER is a name that test names contain, and then these alone
  properties [CASES] [--same]
                     the shipped data path beside an independent translator, CASES packets (1,000,000) of generated scenarios, new ones
                     each time or, with --same, those that test plays; CsCheck_Seed=SEED replays the one that a failure names
  bench [baseline|instructions|vpp|scale|allocations|check] [OPTIONS]
                     without a word: Core's pipeline beside C, then its kernels and C with BenchmarkDotNet;
                     baseline: Core's pipeline beside C alone; instructions: the same, counted by Valgrind;
                     vpp: clocks per packet of the nodes in VPP, against lb and cnat in the same process
                     (vpp --help lists what can be varied; vpp targets [--quick] measures what decides the targets);
                     scale: 100,000 services loaded into VPP, a pod more and less, memory;
                     allocations: 10 million packets in VPP, no managed byte, no collection;
                     check: Core's kernels allocate what bench/expected-allocations.json says
  stress WORD [OPTIONS]  long runs in a real VPP: packets, commands, consoles, churn, flood, gc or all (stress WORD --help lists what can be varied)
  soak [MINUTES]     traffic and changes for 30 minutes, or so many: does anything grow?
  fuzz [TARGET|all] [MINUTES]
                     coverage-guided fuzzing of Core, a minute a target unless told; exit status 0 if nothing was found;
                     new inputs and crashers go to tests/KubeProxy.Fuzz/bin/found
  install [DIR]      copy the plugin into VPP's plugin directory, or into DIR
  bindings [--check] regenerate interop/Generated from installed VPP headers with ClangSharp; --check only compares
  check              formatting, analyzers, the library's ELF properties, no call in its loops over packets (with their lengths),
                     generated bindings where they can be checked
  reproducible       build the plugin twice, in two folders, and compare the libraries
  audit              known vulnerabilities of all packages; fails where no package source knows any
  sbom               what the plugin is built from, as CycloneDX, into artifacts/
  measure ID         a row of docs/reliability.md that tests measure: REL-04 and others
  scoreboard [--quick] [ID...]
                     every row of docs/reliability.md, or those named; --quick: only what tests measure
  mutation [SAMPLE] [OPTIONS]
                     change one place of Core at a time and count which changes its tests notice: 300 of them, or SAMPLE;
                     --minutes N stops and goes on next time, --gate PERCENT, --again tries survivors again, --seed N, --only TEXT
  coverage           how much of Core its tests execute
  help [VERB]        this text

VPP is looked for in $VPP_PREFIX, /usr, /usr/local and /opt/vpp.
TEXT
}

say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# need PROGRAM:PACKAGE...: installs the Debian packages of missing programs as root, or says what to install.
need() {
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || [ -e "/usr/sbin/${pair%%:*}" ] || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing ${missing[*]}"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >/dev/null ||
      fail "could not install: ${missing[*]}"
  else
    fail "missing; as root: apt-get install ${missing[*]}"
  fi
}

# want PROGRAM:PACKAGE...: as need, but goes on without: what needs the programs is skipped and says so.
want() { (need "$@") || say "going on without"; }

need_sdk() {
  command -v dotnet >/dev/null 2>&1 || fail "the .NET SDK $(sed -n 's/.*"version": "\([^"]*\)".*/\1/p' global.json) is missing: see https://dot.net"
  need gcc:gcc ld:binutils
  [ -e /usr/include/stdlib.h ] || need no-such-program:libc6-dev
}

vpp_prefix() {
  local prefix
  for prefix in "${VPP_PREFIX:-}" /usr /usr/local /opt/vpp; do
    [ -n "$prefix" ] && [ -x "$prefix/bin/vpp" ] && { printf '%s\n' "$prefix"; return 0; }
  done
  return 1
}

# publish PROJECT FILE: compiles natively and puts FILE into artifacts/, without debug sections but with symbol names, so that
# VPP's backtraces name managed frames. Written beside and moved: a running VPP keeps the file that it has mapped.
publish() {
  local folder=$root/src/$1/bin/publish
  say "compiling $2"
  dotnet publish "src/$1" -c Release -o "$folder" -v quiet --nologo
  mkdir -p "$artifacts"
  objcopy --strip-debug --remove-section=.gnu_debuglink "$folder/$2" "$artifacts/.$2"
  mv "$artifacts/.$2" "$artifacts/$2"
}

build() {
  need_sdk
  publish KubeProxy.Plugin kubeproxy_plugin.so
  publish KubeProxy.Host ku-host
  say "built $artifacts/kubeproxy_plugin.so and $artifacts/ku-host"
}

# reproducible, audit, sbom
# shellcheck source=tests/supply-chain.sh
source tests/supply-chain.sh

# mutation: see tests/KubeProxy.Mutation. What has been tried is kept in artifacts/mutation, so a run may be stopped.
mutation() {
  need_sdk
  need prlimit:util-linux
  dotnet build tests/KubeProxy.Mutation -c Release -v quiet --nologo
  dotnet tests/KubeProxy.Mutation/bin/Release/net10.0/KubeProxy.Mutation.dll "$@"
}

run() {
  need ip:iproute2 ethtool:ethtool
  build
  say "building the demonstration"
  dotnet build tests/KubeProxy.Demo -c Release -v quiet --nologo
  dotnet tests/KubeProxy.Demo/bin/Release/net10.0/KubeProxy.Demo.dll "$@"
}

# The closing line sums up what every test project reported.
run_tests() {
  need ip:iproute2 ethtool:ethtool curl:curl nm:binutils objdump:binutils
  want /usr/lib/usrsctp/client:libusrsctp-examples
  build
  local log status=0
  log=$(mktemp)
  if vpp_prefix >/dev/null; then say "VPP: $("$(vpp_prefix)/bin/vpp" --version 2>/dev/null | head -n 1)"
  else say "no VPP here: its tests are skipped, the embedded host's run"; fi
  dotnet test KubeProxy.sln -c Release --nologo -m:1 -v minimal ${1:+--filter "FullyQualifiedName~$1"} 2>&1 | tee "$log" || status=1
  [ $# -gt 0 ] || { gate coverage; gate reproducible; gate properties --same; gate fuzz all 1; gate mutation 40 --gate 70; } | tee -a "$log"
  awk -v bad="$status" '
    / - Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+/ {
      for (i = 1; i <= NF; i++) {
        if ($i == "Failed:") failed += $(i + 1) + 0
        if ($i == "Passed:") passed += $(i + 1) + 0
        if ($i == "Skipped:") skipped += $(i + 1) + 0
      }
    }
    END {
      if (bad && !failed) failed = 1
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
      exit (failed || !passed)
    }' "$log" || status=1
  rm -f "$log"
  return "$status"
}

# gate VERB [OPTIONS]: a verb that fails when its gate does not hold, as one test among the others.
gate() {
  say "$*"
  if "$root/build.sh" "$@"; then printf 'Passed!  - Failed: 0, Passed: 1, Skipped: 0 - ./build.sh %s\n' "$*"
  else printf 'Failed!  - Failed: 1, Passed: 0, Skipped: 0 - ./build.sh %s\n' "$*"; fi
}

# What one run of the tests takes a minute for, as long as one likes.
properties() {
  need_sdk
  local cases=1000000 scenarios=new word
  for word in "$@"; do
    case $word in
      --same) scenarios=same ;;
      '' | *[!0-9]*) fail "properties: \"$word\" is not a number of cases" ;;
      *) cases=$word ;;
    esac
  done
  dotnet build tests/KubeProxy.Properties.Tests -c Release -v quiet --nologo >&2
  KU_PROPERTY_CASES=$cases KU_PROPERTY_SCENARIOS=$scenarios tests/KubeProxy.Properties.Tests/bin/Release/net10.0/KubeProxy.Properties.Tests \
    -trait Check=P1 -showLiveOutput -noColor | sed 's/^.*\[OUTPUT\] //'
}

# Core, compiled as the plugin is, beside the same algorithm in C, compiled by this machine's gcc. Valgrind cannot read ILC's debug file.
baseline=$root/bench/baseline/bin/publish
build_baseline() {
  need_sdk
  say "compiling Core for the comparison with C"
  dotnet publish bench/baseline -c Release -o "$baseline" -v quiet --nologo
  objcopy --remove-section=.gnu_debuglink "$baseline/ku-baseline"
}

bench() {
  case ${1:-} in
    baseline) shift; build_baseline; "$baseline/ku-baseline" "$@" ;;
    instructions) need valgrind:valgrind; build_baseline; bench/baseline/instructions.sh "$baseline/ku-baseline" ;;
    vpp)
      shift
      vpp_prefix >/dev/null || fail "bench vpp needs an installed VPP 26.06: see README, Install"
      build
      case ${1:-} in clocks | targets) ;; *) set -- clocks "$@" ;; esac
      dotnet run --project bench/vpp -c Release -- "$@" ;;
    scale)
      shift
      vpp_prefix >/dev/null || fail "bench scale needs an installed VPP 26.06: see README, Install"
      build
      dotnet run --project bench/vpp -c Release -- scale "$@" ;;
    allocations)
      shift
      vpp_prefix >/dev/null || fail "bench allocations needs an installed VPP 26.06: see README, Install"
      build
      dotnet run --project bench/vpp -c Release -- allocations "$@" ;;
    check) shift; need_sdk; dotnet run --project bench/KubeProxy.Bench -c Release -- check-allocations "$@" ;;
    *)
      build_baseline
      "$baseline/ku-baseline"
      # The plugin has no AVX-512, and nobody recompiles it with what its first packets have taught.
      DOTNET_EnableAVX512=0 DOTNET_TieredPGO=0 dotnet run --project bench/KubeProxy.Bench -c Release -- run --quick "$@" ;;
  esac
}

# Figures, gates and an exit status from a VPP of its own; the machine's cores are busy meanwhile.
stress() {
  vpp_prefix >/dev/null || fail "stress needs an installed VPP 26.06: see README, Install"
  build
  say "building the long runs"
  dotnet build tests/KubeProxy.Stress -c Release -v quiet --nologo
  dotnet tests/KubeProxy.Stress/bin/Release/net10.0/KubeProxy.Stress.dll "$@"
}

# The targets are named by: dotnet run --project tests/KubeProxy.Fuzz -c Release -- targets
fuzz() {
  need_sdk
  local seconds
  seconds=$(awk -v minutes="${2:-1}" 'BEGIN { if (minutes !~ /^[0-9]+([.][0-9]+)?$/ || minutes == 0) exit 1; print minutes * 60 }') ||
    fail "not a number of minutes: $2"
  dotnet run --project tests/KubeProxy.Fuzz -c Release -- run "${1:-all}" --seconds "$seconds"
}

install_plugin() {
  local folder=${1:-}
  if [ -z "$folder" ]; then
    local prefix
    prefix=$(vpp_prefix) || fail "no VPP found: name the directory, ./build.sh install DIR"
    for folder in "$prefix"/lib/*/vpp_plugins "$prefix"/lib*/vpp_plugins; do [ -d "$folder" ] && break; done
  fi
  [ -d "$folder" ] || fail "no such directory: $folder"
  [ -e "$artifacts/kubeproxy_plugin.so" ] || build
  install -m 644 "$artifacts/kubeproxy_plugin.so" "$folder/.kubeproxy_plugin.so"
  mv "$folder/.kubeproxy_plugin.so" "$folder/kubeproxy_plugin.so"
  say "installed $folder/kubeproxy_plugin.so; restart VPP to load it"
}

check() {
  need_sdk
  need readelf:binutils objdump:binutils
  say "formatting and analyzers"
  dotnet format KubeProxy.sln --verify-no-changes --severity warn --exclude interop/Generated
  [ -e "$artifacts/kubeproxy_plugin.so" ] || build
  say "ELF"
  tests/elf-check.sh "$artifacts/kubeproxy_plugin.so"
  say "loops over packets"
  dotnet build tests/KubeProxy.Interop.Tests -c Release -v quiet --nologo
  tests/KubeProxy.Interop.Tests/bin/Release/net10.0/KubeProxy.Interop.Tests -class '*.HotLoopTests' -showLiveOutput -noColor |
    sed 's/^.*\[OUTPUT\] //'
  say "generated bindings"
  local output
  if output=$(interop/generation/generate.sh --check 2>&1); then say "bindings are current"
  elif grep -q missing <<<"$output"; then printf '%s\n' "bindings not compared: $output" >&2
  else printf '%s\n' "$output" >&2; fail "interop/Generated is not current"; fi
}

verb=${1:-help}
[ $# -gt 0 ] && shift
case "${1:-}" in -h | --help) usage; exit 0 ;; esac
case $verb in
  build) build ;;
  run) run "$@" ;;
  reproducible) reproducible ;;
  audit) audit ;;
  sbom) sbom ;;
  mutation) mutation "$@" ;;
  coverage) need_sdk; tests/coverage.sh ;;
  measure) need_sdk; [ -e "$artifacts/kubeproxy_plugin.so" ] || build; tests/measure.sh "$@" ;;
  scoreboard) tests/scoreboard.sh "$@" ;;
  test) run_tests "$@" ;;
  properties) properties "$@" ;;
  bench) bench "$@" ;;
  stress) stress "$@" ;;
  soak)
    case ${1:-} in "" | -*) ;; *) set -- --minutes "$@" ;; esac
    stress soak "$@" ;;
  fuzz) fuzz "$@" ;;
  install) install_plugin "$@" ;;
  bindings) interop/generation/generate.sh "$@" ;;
  check) check ;;
  help | -h | --help) usage ;;
  *) usage >&2; fail "unknown verb: $verb" ;;
esac
