#!/bin/sh
# Installs what the machine lacks, and touches nothing when it lacks nothing.
#
#   scripts/setup.sh database   PostgreSQL 15 or newer with PostGIS
#   scripts/setup.sh race       a C compiler, which Go's race detector needs
#   scripts/setup.sh node       Node 18 or newer with npm, which lints the contract of the API
#   scripts/setup.sh gdal       ogrinfo and ogr2ogr, with which a test reads the map
#
# With apt it installs as root, or through sudo. Elsewhere it says what to install. Any of the names may be given together.
set -eu

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Go comes from its own installer and not from the system's packages, which are too old.
has_go() {
    command -v go >/dev/null 2>&1
}

# The same places in which internal/pgembed looks.
database_folders() {
    pg_config --bindir 2>/dev/null || true
    for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        echo "$bin"
    done
    dirname "$(command -v postgres || echo .)"
}

has_database() {
    database_folders | while read -r bin; do
        [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] || continue
        major=$("$bin/postgres" --version | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
        [ "${major:-0}" -ge 15 ] || continue
        shared=$("$bin/pg_config" --sharedir 2>/dev/null || true)
        for share in "$bin/../share" "$bin/../share/postgresql" "/usr/share/postgresql/$major" "$shared"; do
            [ -e "$share/extension/postgis.control" ] && echo yes
        done
    done | grep -q yes
}

# Not only the compiler: the C library's headers must be there too.
has_race() {
    printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | "${CC:-gcc}" -x c -o /dev/null - 2>/dev/null
}

has_node() {
    command -v npm >/dev/null 2>&1 &&
        [ "$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')" -ge 18 ] 2>/dev/null
}

has_gdal() {
    command -v ogrinfo >/dev/null 2>&1 && command -v ogr2ogr >/dev/null 2>&1
}

packages() {
    case $1 in
    database) echo postgresql postgresql-postgis ;;
    race) echo gcc libc6-dev ;;
    node) echo nodejs npm ;;
    gdal) echo gdal-bin ;;
    esac
}

elsewhere() {
    case $1 in
    database) echo "PostgreSQL 15 or newer with PostGIS (Homebrew: brew install postgresql@17 postgis)" ;;
    race) echo "a C compiler (macOS: xcode-select --install)" ;;
    node) echo "Node 18 or newer with npm (Homebrew: brew install node)" ;;
    gdal) echo "GDAL's programs (Homebrew: brew install gdal)" ;;
    esac
}

install() {
    if [ "$(id -u)" -eq 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1; then
        as_root="sudo"
        echo "The system's packages are installed through sudo, which may ask for your password."
    else
        fail "These packages are missing and there is no sudo to install them. As root, run:" "  apt-get install $*"
    fi
    $as_root apt-get -o DPkg::Lock::Timeout=300 -qq update
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends install "$@" >&2
}

has_go || fail "Go 1.26 or newer is missing: see https://go.dev/doc/install"

lacking=""
for need in "$@"; do
    case $need in
    database | race | node | gdal) "has_$need" || lacking="$lacking $need" ;;
    *) fail "unknown: $need; known are database, race, node and gdal" ;;
    esac
done
[ -n "$lacking" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    for need in $lacking; do echo "Missing: $(elsewhere "$need")" >&2; done
    fail "Install that, then run the same command again."
fi

wanted=""
for need in $lacking; do wanted="$wanted $(packages "$need")"; done
echo "Installing:$wanted"
# shellcheck disable=SC2086 # a list of packages
install $wanted

for need in $lacking; do
    "has_$need" || fail "The system's packages were installed but are too old. Needed: $(elsewhere "$need")"
done
