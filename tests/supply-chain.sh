# shellcheck shell=bash
# What the library is built from, and that it is built the same everywhere. Read by build.sh, whose functions and variables it uses.
# shellcheck disable=SC2154

# reproducible: builds the plugin from two copies of the tree, in folders of different names and lengths, in different time zones
# and languages, and compares the libraries byte by byte.
reproducible() {
  need_sdk
  need git:git
  local work copy sums=() number=0
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is that of now
  trap "rm -rf '$work'" EXIT
  for copy in "$work/one" "$work/another folder/that is/deeper"; do
    mkdir -p "$copy"
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -xf - -C "$copy"
    say "building in $copy"
    number=$((number + 1))
    (
      [ "$number" -eq 1 ] || export TZ=Pacific/Auckland LC_ALL=C.UTF-8
      cd "$copy" && root=$copy artifacts=$copy/artifacts publish KubeProxy.Plugin kubeproxy_plugin.so
    )
    sums+=("$(sha256sum <"$copy/artifacts/kubeproxy_plugin.so" | cut -d ' ' -f 1)")
    printf '%s  kubeproxy_plugin.so, built in %s\n' "${sums[-1]}" "${copy#"$work/"}"
  done
  if [ "${sums[0]}" != "${sums[1]}" ]; then
    cmp -l "$work/one/artifacts/kubeproxy_plugin.so" "$copy/artifacts/kubeproxy_plugin.so" | awk 'END { print NR " bytes differ" }'
    [ -z "${KEEP:-}" ] || { cp -r "$work" "$KEEP"; }
    fail "the library is not reproducible"
  fi
  say "reproducible: the two libraries are one"
}

# audit: known vulnerabilities and packages that their authors have given up. First the sources are asked about a package that has a
# known one (planted in a project of its own): a source that does not know that would know nothing about ours either.
audit() {
  need_sdk
  local planted report known=1
  planted=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is that of now
  trap "rm -rf '$planted'" EXIT
  printf '%s\n' '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>' \
    '<PackageReference Include="Newtonsoft.Json" Version="12.0.1" /></ItemGroup></Project>' >"$planted/planted.csproj"
  dotnet restore "$planted/planted.csproj" >"$planted/log" 2>&1 || { cat "$planted/log" >&2; fail "the planted package could not be restored"; }
  grep -q 'NU190[1-4]' "$planted/log" || known=0
  dotnet restore KubeProxy.sln -v quiet --nologo
  report=$(dotnet list KubeProxy.sln package --vulnerable --include-transitive)
  if grep -q 'has the following vulnerable' <<<"$report"; then printf '%s\n' "$report" >&2; fail "packages with known vulnerabilities"; fi
  report=$(dotnet list KubeProxy.sln package --deprecated)
  if grep -q 'has the following deprecated' <<<"$report"; then printf '%s\n' "$report"; say "deprecated packages, see above"; fi
  [ "$known" -eq 1 ] || fail "no package source of this machine knows vulnerabilities: nothing is proven (the planted one was not found either)"
  say "no package with a known vulnerability; the planted one was found"
}

# sbom: what the plugin is built from, as CycloneDX.
sbom() {
  need_sdk
  dotnet tool restore >/dev/null || fail "the tool cyclonedx of .config/dotnet-tools.json could not be installed"
  mkdir -p "$artifacts"
  dotnet tool run dotnet-CycloneDX src/KubeProxy.Plugin/KubeProxy.Plugin.csproj --output "$artifacts" --filename kubeproxy_plugin.cdx.json \
    --output-format Json --set-name kubeproxy_plugin --set-version "$(sed -n 's/.*<VersionPrefix>\(.*\)<.*/\1/p' Directory.Build.props)" --no-serial-number >/dev/null
  say "written $artifacts/kubeproxy_plugin.cdx.json: $(grep -c '"purl"' "$artifacts/kubeproxy_plugin.cdx.json") packages"
}
