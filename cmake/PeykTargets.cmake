# peyk_library(NAME LINKS ... ) : the static library of one folder of src/, with every .cc below it.
# All libraries share one precompiled header of the standard library and fmt (target peyk_pch).
function(peyk_library name)
  cmake_parse_arguments(ARG "NO_PCH" "" "LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_library(peyk_${name} STATIC ${sources})
  target_include_directories(peyk_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(peyk_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS} fmt)
  peyk_use_pch(peyk_${name})
endfunction()

function(peyk_use_pch target)
  if(TARGET peyk_pch)
    target_precompile_headers(${target} REUSE_FROM peyk_pch)
    target_compile_options(${target} PRIVATE ${PEYK_PCH_FLAGS})
  endif()
endfunction()

# peyk_unit_tests(NAME LINKS ...): one GoogleTest executable for tests/unit/NAME.
function(peyk_unit_tests name)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cc)
  add_executable(unit_${name} ${sources})
  target_include_directories(unit_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(unit_${name} PRIVATE PEYK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(unit_${name} PRIVATE ${ARG_LINKS} gtest gtest_main fmt Threads::Threads)
  peyk_use_pch(unit_${name})
  add_test(NAME ${name} COMMAND unit_${name})
endfunction()
