# Language level, warnings, sanitizers, precompiled header. One place, so that every target has identical flags
# (a precompiled header is only shared between targets whose flags are the same).
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# -fPIE everywhere: libraries and programs then share the precompiled header.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
add_compile_options(-fPIE)
add_link_options(-pie)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

option(PEYK_TESTS "build the unit tests" ON)
option(PEYK_ASSERTS "keep assert() in optimised builds" OFF)
set(PEYK_SANITIZE "" CACHE STRING "sanitizers, e.g. address,undefined or thread")

# -g1: line numbers in backtraces at a third of the size of full debug information.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
if(PEYK_ASSERTS)
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
                    -Wno-gnu-zero-variadic-macro-arguments -fno-omit-frame-pointer -fstack-protector-strong)
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION FMT_HEADER_ONLY=0)
if(PEYK_SANITIZE)
  add_compile_options(-fsanitize=${PEYK_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PEYK_SANITIZE})
  add_compile_definitions(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
else()
  add_compile_definitions(_FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_link_options(-fuse-ld=lld)
endif()
add_link_options(-Wl,-z,relro,-z,now)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_SOURCE_DIR}/tools/cached_compiler.sh ${CMAKE_SOURCE_DIR})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
# ccache needs the precompiled header without its time stamps.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  set(PEYK_PCH_FLAGS -Xclang -fno-pch-timestamp)
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
