#!/usr/bin/env bash
# tools/fuzz.sh TARGET [SECONDS]: builds fuzz/TARGET.cc with AddressSanitizer, UBSan and libFuzzer and runs it (60 s).
# Inputs that found something new are kept in build/fuzz/corpus/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?$(cd fuzz && echo *.cc | sed 's/\.cc//g')}
"$(dirname "$0")"/install.sh build test
if [ ! -f build/fuzz/build.ninja ]; then
    cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_C_COMPILER=clang-19 -DPEYK_TESTS=OFF -DPEYK_FUZZ=ON \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DPEYK_SANITIZE=address,undefined,fuzzer-no-link" > /dev/null
fi
ninja -C build/fuzz "fuzz_$target"
mkdir -p "build/fuzz/corpus/$target" "build/fuzz/found" "fuzz/seeds/$target"
exec "build/fuzz/fuzz/fuzz_$target" -max_total_time="${2:-60}" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/found/$target-" "build/fuzz/corpus/$target" "fuzz/seeds/$target"
