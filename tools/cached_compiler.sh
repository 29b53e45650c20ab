#!/bin/sh
# cached_compiler.sh ROOT COMPILER ARGUMENT…: the compiler through ccache, with paths below ROOT said from build/KIND, where ninja
# runs. CMake writes them in full, and ccache translates only those that it knows to be paths: without this, two checkouts in
# different folders have nothing of the compiler's work in common. The precompiled header itself is made anew in each: it
# names the files that it was made from, and is no good without them.
root=$1
shift
cache=ccache
count=$#
while [ "$count" -gt 0 ]; do
    word=$1
    shift
    case $word in
        "$root"/*) word=../..${word#"$root"} ;;
        -I"$root"/*) word=-I../..${word#-I"$root"} ;;
        -emit-pch) cache= ;;
    esac
    set -- "$@" "$word"
    count=$((count - 1))
done
exec $cache "$@"
