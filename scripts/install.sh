#!/bin/sh
# Installs zag: one file, checked against the checksums of its release.
#
#   sh install.sh [--url URL] [--version X.Y.Z] [--dir DIR] [--force]
#
#   --url URL        where releases are (also ZAG_RELEASE_URL); URL/latest/download/FILE and
#                    URL/download/vX.Y.Z/FILE answer with their files
#   --version X.Y.Z  which one; the newest by default (also ZAG_VERSION)
#   --dir DIR        where the program goes; ~/.local/bin by default (also ZAG_INSTALL_DIR)
#   --force          replaces a file of the name zag that is not zag
#
# Nothing is changed before the download was checked and has answered --version.
set -u

# The publisher's address; scripts/release.ts writes it here.
RELEASE_URL=""

fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '%s\n' "$line" >&2; done
  exit 1
}

usage() {
  printf 'error: %s\n' "$1" >&2
  printf 'Usage: sh install.sh [--url URL] [--version X.Y.Z] [--dir DIR] [--force]\n' >&2
  exit 64
}

has() { command -v "$1" >/dev/null 2>&1; }

# fetch URL FILE
fetch() {
  if has curl; then
    case $1 in
    https://*) curl -fsSL --proto-redir '=https' --connect-timeout 30 -o "$2" "$1" ;;
    *) curl -fsSL --connect-timeout 30 -o "$2" "$1" ;;
    esac
  elif has wget; then
    wget -q --tries=1 -O "$2" "$1"
  else
    fail "Cannot download: there is neither curl nor wget" "Install one of them"
  fi
}

# Prints the checksum of a file.
checksum() {
  if has sha256sum; then
    sha256sum <"$1"
  elif has shasum; then
    shasum -a 256 <"$1"
  else
    openssl dgst -sha256 -r <"$1"
  fi | cut -c1-64
}

find_target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $system in
  Linux) ;;
  Darwin)
    # A translated shell takes an ARM machine for an Intel one.
    if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then machine=arm64; fi
    ;;
  MINGW* | MSYS* | CYGWIN*)
    fail "Cannot install zag for Windows from here" "Run install.ps1 in PowerShell"
    ;;
  *) fail "Cannot install zag: there is none for $system" "With Deno, zag.js runs anywhere" ;;
  esac
  case $machine in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=aarch64 ;;
  *) fail "Cannot install zag: there is none for $system on $machine" "With Deno, zag.js runs anywhere" ;;
  esac
  if [ "$system" = Darwin ]; then
    target="$machine-apple-darwin"
    return
  fi
  if ldd --version 2>&1 | grep -qi musl; then
    fail "Cannot install zag: it needs the GNU C library, and this system has musl" \
      "With Deno, zag.js runs anywhere"
  fi
  target="$machine-unknown-linux-gnu"
}

read_arguments() {
  url=${ZAG_RELEASE_URL:-$RELEASE_URL}
  version=${ZAG_VERSION:-}
  dir=${ZAG_INSTALL_DIR:-}
  force=
  while [ $# -gt 0 ]; do
    case $1 in
    --url | --version | --dir)
      [ $# -gt 1 ] || usage "$1 needs a value"
      case $1 in
      --url) url=$2 ;;
      --version) version=${2#v} ;;
      --dir) dir=$2 ;;
      esac
      shift 2
      ;;
    --force)
      force=yes
      shift
      ;;
    *) usage "Cannot use \"$1\"" ;;
    esac
  done
  url=${url%/}
  if [ -z "$dir" ]; then
    [ -n "${HOME:-}" ] || fail "Cannot choose a directory: HOME is not set" "Give --dir DIR"
    dir=$HOME/.local/bin
  fi
  case $url in
  https://*) ;;
  http://127.0.0.1[:/]* | http://localhost[:/]*) ;;
  '') fail "Cannot download: nobody has said where releases of zag are" \
    "Give --url URL, or set ZAG_RELEASE_URL" ;;
  *) fail "Cannot use the address \"$url\": only https can be trusted" "Give one with https" ;;
  esac
}

# Whether a text is three numbers.
is_version() { printf '%s\n' "$1" | grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+$'; }

prepare_directory() {
  mkdir -p "$dir" 2>/dev/null || fail "Cannot make the directory $dir" "Give another with --dir DIR"
  [ -w "$dir" ] || fail "Cannot write to $dir" "Give another directory with --dir DIR"
  dir=$(cd "$dir" && pwd) || fail "Cannot enter $dir"
  file=$dir/zag
  [ ! -d "$file" ] || fail "Cannot install zag: $file is a directory"
  { [ -e "$file" ] || [ -L "$file" ]; } || return 0
  case $("$file" --version </dev/null 2>/dev/null) in
  'zag '[0-9]*) ;;
  *)
    [ -n "$force" ] ||
      fail "Cannot install zag: $file is there, and it is not zag" \
        "Move it away, give another directory with --dir DIR, or replace it with --force"
    printf 'warning: %s was not zag, and is replaced\n' "$file" >&2
    ;;
  esac
}

download() {
  has sha256sum || has shasum || has openssl ||
    fail "Cannot check a download: there is neither sha256sum nor shasum nor openssl" \
      "Install one of them"
  # In the same directory: only there is a move one step.
  work=$(mktemp -d "$dir/.zag-install.XXXXXX") || fail "Cannot write to $dir" "Give --dir DIR"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [ -z "$version" ]; then
    fetch "$url/latest/download/VERSION" "$work/VERSION" ||
      fail "Cannot find out which version is the newest" "$url/latest/download/VERSION does not answer"
    version=$(cat "$work/VERSION")
    is_version "$version" ||
      fail "Cannot find out which version is the newest: $url/latest/download/VERSION holds none"
  fi
  is_version "$version" || usage "Cannot use the version \"$version\": it has to be three numbers"
  asset=zag-$target.gz
  from=$url/download/v$version
  printf 'Downloading %s\n' "$from/$asset" >&2
  fetch "$from/SHA256SUMS" "$work/SHA256SUMS" ||
    fail "Cannot download $from/SHA256SUMS" "Is there a version $version?"
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$asset\$/\1/p" "$work/SHA256SUMS")
  [ "${#wanted}" -eq 64 ] || fail "Cannot check the download: SHA256SUMS does not name $asset" \
    "Version $version was not made for this system"
  fetch "$from/$asset" "$work/$asset" || fail "Cannot download $from/$asset" "Nothing was changed"
  found=$(checksum "$work/$asset")
  [ "$found" = "$wanted" ] ||
    fail "Cannot use the download: its checksum is $found, and has to be $wanted" \
      "Nothing was changed. Try again; if it stays, do not trust $url"
}

unpack() {
  gzip -dc "$work/$asset" >"$work/zag" || fail "Cannot unpack $asset" "Nothing was changed"
  chmod 755 "$work/zag"
  answer=$("$work/zag" --version </dev/null 2>/dev/null)
  [ "$answer" = "zag $version" ] ||
    fail "Cannot use the download: it does not run here" \
      "Nothing was changed. --version has to say \"zag $version\", and says \"$answer\""
  mv -f "$work/zag" "$file" || fail "Cannot write $file" "Nothing was changed"
}

hint_about_path() {
  case :$PATH: in
  *":$dir:"*)
    first=$(command -v zag)
    [ "$first" = "$file" ] || printf 'warning: zag still means %s, which stands first on PATH\n' "$first" >&2
    ;;
  *)
    printf 'To call it by its name, add its directory to PATH, in the profile of your shell:\n' >&2
    # shellcheck disable=SC2016 # PATH is for the profile to expand.
    printf '  export PATH="%s:$PATH"\n' "$dir" >&2
    ;;
  esac
}

# A function: a script that arrived in part does nothing.
main() {
  read_arguments "$@"
  find_target
  prepare_directory
  download
  unpack
  printf 'zag %s is installed: %s\n' "$version" "$file"
  hint_about_path
}

main "$@"
