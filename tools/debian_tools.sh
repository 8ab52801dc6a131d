#!/usr/bin/env bash
# Unpack programs of another Debian suite into .cache/tools/SUITE, leaving the system as it is.
#
#   tools/debian_tools.sh [SUITE [PACKAGE...]]     default: forky, with Prometheus and Alertmanager
#
# The mirror is the one this system already uses. A suite in testing moves: take what it has today.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=${1:-forky}
shift || true
[ $# -gt 0 ] || set -- prometheus promtool prometheus-alertmanager
root=$PWD/.cache/tools/$suite
private=$PWD/.cache/apt/$suite
marks=$root/.unpacked

wanted=()
for package in "$@"; do
    [ -e "$marks/$package" ] || wanted+=("$package")
done
[ ${#wanted[@]} -gt 0 ] || exit 0

mirror=$(apt-get --print-uris update | sed -nE "s#^'([^']*/debian)/dists/.*#\\1#p" | sed -n 1p)
[ -n "$mirror" ] || {
    echo "no Debian mirror in this system's own sources: unpack $* into $root by hand" >&2
    exit 1
}
mkdir -p "$private"/{etc/sources.d,state/lists/partial,cache/archives/partial} "$marks"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" \
    > "$private/etc/sources.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$private/etc/sources.list"
    -o "Dir::Etc::sourceparts=$private/etc/sources.d" -o "Dir::State=$private/state"
    -o "Dir::Cache=$private/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root
    -o Acquire::Languages=none -o "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false")
"${apt[@]}" update
(cd "$private/cache" && "${apt[@]}" download "${wanted[@]}")
for package in "${wanted[@]}"; do
    dpkg -x "$private/cache/$package"_*.deb "$root"
    rm "$private/cache/$package"_*.deb
    touch "$marks/$package"
done
