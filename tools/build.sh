#!/usr/bin/env bash
# tools/build.sh release|test|sanitize|tsan [ninja target…]: configures build/KIND when needed and builds it.
#   release   -O2, no asserts: what people run                     (build/release/peyk)
#   test      -O1 with asserts: what the fast tests run            (build/test/peyk)
#   sanitize  -O0 with AddressSanitizer and UBSan                  (build/sanitize/peyk)
#   tsan      -O1 with ThreadSanitizer                             (build/tsan/peyk)
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?release, test, sanitize or tsan}
shift
case $kind in
    release) options=(-DCMAKE_BUILD_TYPE=Release -DPEYK_TESTS=OFF) ;;
    test) options=(-DCMAKE_BUILD_TYPE=RelWithDebInfo) ;;
    sanitize) options=(-DCMAKE_BUILD_TYPE=Debug -DPEYK_SANITIZE=address,undefined) ;;
    tsan) options=(-DCMAKE_BUILD_TYPE=RelWithDebInfo -DPEYK_SANITIZE=thread) ;;
    *) echo "build.sh: unknown kind '$kind'" >&2; exit 2 ;;
esac
# The web client is in what people run, where the source tree has one; PEYK_WEB=OFF in the environment: without. Builds
# for tests need no npm: they serve a folder (web.folder).
web=OFF
if [ "$kind" = release ] && [ -f web/build.sh ]; then web=${PEYK_WEB:-ON}; fi
options+=("-DPEYK_WEB=$web")

# The compiler cache: paths relative to the checkout, so that clones share it (tools/cached_compiler.sh does the rest). The
# last two are about the precompiled header, whose own time stamp says nothing. Its bytes name the checkout: what stands
# for them is a sum of what it is made from (the compiler and the flags are in every sum anyway).
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}

# A compiler process needs about a gigabyte at worst.
jobs=$(nproc)
memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
if [ "$memory_gb" -lt "$jobs" ]; then jobs=$((memory_gb > 0 ? memory_gb : 1)); fi

if [ ! -f "build/$kind/build.ninja" ]; then
    cmake -S . -B "build/$kind" -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_C_COMPILER=clang-19 "${options[@]}" > "build-$kind.log" 2>&1 \
        || { cat "build-$kind.log" >&2; rm -f "build-$kind.log"; exit 1; }
    mv "build-$kind.log" "build/$kind/configure.log"
elif ! grep -qx "PEYK_WEB:BOOL=$web" "build/$kind/CMakeCache.txt"; then
    cmake "-DPEYK_WEB=$web" "build/$kind" > /dev/null
fi
header=build/$kind/src/CMakeFiles/peyk_pch.dir/cmake_pch.hxx.pch
mkdir -p "$(dirname "$header")"
{ cat cmake/pch.h; dpkg-query -W libboost1.81-dev libc6-dev libfmt-dev libstdc++-12-dev; } | sha256sum > "$header.sum"
export NINJA_STATUS='[%f/%t %es] '
exec ninja -C "build/$kind" -j "$jobs" "$@"
