#!/bin/sh
# Installs what ringc, its demo and its tests need and what is missing, from Debian's own packages. Run it as often as you
# like. Usage: ./setup.sh [--core | --bench]
set -eu

# What the compiler and `make demo` need ...
core='python3 python3-jinja2 python3-yaml gcc libc6-dev make'
# ... and what `make test` and the checks of .ci/run need besides.
tests='git python3-pytest python3-pytest-xdist python3-hypothesis python3-jsonschema libcmocka-dev g++ clang-14 libclang-rt-14-dev
gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
gcc-arm-linux-gnueabihf libc6-dev-armhf-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross gcc-i686-linux-gnu libc6-dev-i386-cross
qemu-user valgrind python3-coverage'
# ... and what `make bench` compares with. It leaves out what is missing.
bench='g++ pkg-config python3-pytest valgrind libck-dev libdpdk-dev libboost-dev libconcurrentqueue-dev libreaderwriterqueue-dev'

usage()
{
    echo "usage: ./setup.sh [--core | --bench]"
    echo "Installs what is missing for ringc and its tests; with --core only what the compiler and the demo need, with --bench"
    echo "what they need and the queues that the benchmark compares with."
}

# Sets $missing to those of the packages given that are not installed.
find_missing()
{
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true) in
            installed*) ;;
            *) missing="$missing $package" ;;
        esac
    done
}

# For systems without dpkg: looks for the tools themselves. Returns 1 if a needed one is missing.
look_for_tools()
{
    echo "setup: this is no Debian; looking for the tools, installing nothing"
    good=0
    for tool in python3 make gcc $1; do
        if command -v "$tool" >/dev/null 2>&1; then
            echo "  $tool: found"
        else
            echo "  $tool: MISSING"
            good=1
        fi
    done
    for module in jinja2 yaml $2; do
        if "${RINGC_PYTHON:-python3}" -c "import $module" >/dev/null 2>&1; then
            echo "  python module $module: found"
        else
            echo "  python module $module: MISSING"
            good=1
        fi
    done
    [ -z "$2" ] || echo "  and for the C tests: the library cmocka, cross compilers for aarch64, riscv64, armhf, s390x and i686, qemu-user"
    return $good
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "setup: not root, and no sudo; run this as root: $*" >&2
        exit 1
    fi
}

case ${1-} in
    '') what="$core $tests" tools='g++ clang git' modules='pytest hypothesis jsonschema' ;;
    --core) what=$core tools='' modules='' ;;
    --bench) what="$core $bench" tools='g++' modules='' ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    look_for_tools "$tools" "$modules"
    exit
fi

# shellcheck disable=SC2086 # lists of names
find_missing $what
if [ -z "$missing" ]; then
    echo "setup: all packages are installed already"
    exit 0
fi
echo "setup: installing$missing"
as_root apt-get update -qq
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
# shellcheck disable=SC2086
find_missing $what
if [ -n "$missing" ]; then
    echo "setup: still missing:$missing" >&2
    exit 1
fi
echo "setup: done"
