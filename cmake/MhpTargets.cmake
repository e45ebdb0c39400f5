# How every target of the project is made: one flag set, one include root, tests beside the code.

get_filename_component(MHP_ROOT ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)

add_library(mhp_flags INTERFACE)
target_compile_features(mhp_flags INTERFACE cxx_std_20)
# Designated initialisers leave the members they do not name to their defaults, on purpose.
target_compile_options(mhp_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns falsely on string concatenation (GCC bug 105651).
  target_compile_options(mhp_flags INTERFACE -Wno-restrict)
endif()
# No fused multiply-add: the same bytes must come out of every compiler and CPU.
target_compile_options(mhp_flags INTERFACE -ffp-contract=off)
target_include_directories(mhp_flags INTERFACE ${MHP_ROOT})
if(MHP_WERROR)
  target_compile_options(mhp_flags INTERFACE -Werror)
endif()
if(MHP_CHECKED)
  target_compile_definitions(mhp_flags INTERFACE MHP_CHECKED=1)
endif()
if(MHP_SANITIZE)
  target_compile_options(mhp_flags INTERFACE -fsanitize=${MHP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mhp_flags INTERFACE -fsanitize=${MHP_SANITIZE})
  if(MHP_NO_SANITIZE)
    target_compile_options(mhp_flags INTERFACE -fno-sanitize=${MHP_NO_SANITIZE})
  endif()
endif()
# Every process adds its counts to a file of its program when it ends: two files, so that two processes need not wait for
# each other.
if(MHP_COUNTED)
  target_compile_options(mhp_flags INTERFACE -fprofile-instr-generate=${CMAKE_BINARY_DIR}/counts/%2m.profraw
                         -fcoverage-mapping)
  target_link_options(mhp_flags INTERFACE -fprofile-instr-generate)
endif()

# LLVM's linker, where it is installed: many programs hold the same libraries.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  find_program(MHP_LLD NAMES ld.lld-14 ld.lld)
  if(MHP_LLD)
    target_link_options(mhp_flags INTERFACE -fuse-ld=lld)
  endif()
endif()

# Where compiling takes longer than running: tests, the command line and what runs between simulations. Tail calls stay in
# an optimised build, since coroutines that resume each other need them. Under a sanitizer, or where it is
# counted what runs, what is optimised takes twice as long to compile; readers that are fuzzed run most of the time.
# There a process takes long to start or to end, too: several tests go into one.
set(MHP_GROUPED OFF)
if(MHP_SANITIZE OR MHP_COUNTED)
  set(MHP_GROUPED ON)
endif()
if(MHP_GROUPED AND NOT MHP_FUZZ)
  set(MHP_LIGHT_FLAGS -O0)
else()
  set(MHP_LIGHT_FLAGS $<$<CONFIG:Release>:-O1> $<$<CONFIG:Release>:-foptimize-sibling-calls>)
endif()

# The headers of the standard library and fmt that most sources include, compiled once. Not with g++: it forgets which
# of them are system headers and warns of what is in them.
if(MHP_PRECOMPILE)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/headers.cpp CONTENT "// Holds the precompiled headers of the libraries.\n")
  foreach(headers mhp_headers mhp_light_headers)
    add_library(${headers} OBJECT ${CMAKE_BINARY_DIR}/headers.cpp)
    target_link_libraries(${headers} PUBLIC mhp_flags fmt::fmt tl::expected)
    target_precompile_headers(${headers} PRIVATE <fmt/format.h> <tl/expected.hpp> <algorithm> <array> <functional> <map>
                              <memory> <optional> <string> <vector>)
  endforeach()
  target_compile_options(mhp_light_headers PRIVATE ${MHP_LIGHT_FLAGS})
endif()

# Most of what a file takes to compile is what it includes: several files of a target are compiled as one, so names at
# file scope are unique in their room. The preset plain compiles each by itself: whether it includes what it uses.
set(MHP_TOGETHER 16)
function(mhp_compile_together target)
  # What a file keeps to itself is counted by its name and the main file's, which in every room is called unity_0_cxx.cxx.
  if(MHP_COUNTED)
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -main-file-name -Xclang ${target}")
  endif()
  if(MHP_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${MHP_TOGETHER})
    # g++ takes what a file keeps to itself for something of a header, once the file is included.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# What libFuzzer is told of the ways through a program. Only where readers are: clang 14 fails on many a coroutine with it.
set(MHP_COVERAGE -fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp,indirect-calls)

# mhp_library(NAME [LIGHT] [READS] SOURCES... LINK targets...): a static library mhp_NAME, alias mhp::NAME. LIGHT: nothing
# in it runs while a simulation does. READS: its sources read what others wrote, and have no coroutines.
function(mhp_library name)
  cmake_parse_arguments(ARG "LIGHT;READS" "" "SOURCES;LINK" ${ARGN})
  add_library(mhp_${name} STATIC ${ARG_SOURCES})
  add_library(mhp::${name} ALIAS mhp_${name})
  target_link_libraries(mhp_${name} PUBLIC mhp_flags ${ARG_LINK} fmt::fmt)
  if(ARG_LIGHT)
    target_compile_options(mhp_${name} PRIVATE ${MHP_LIGHT_FLAGS})
  endif()
  if(MHP_FUZZ AND ARG_READS)
    target_compile_options(mhp_${name} PRIVATE ${MHP_COVERAGE})
  endif()
  mhp_compile_together(mhp_${name})
  if(MHP_PRECOMPILE AND ARG_LIGHT)
    target_precompile_headers(mhp_${name} REUSE_FROM mhp_light_headers)
  elseif(MHP_PRECOMPILE)
    target_precompile_headers(mhp_${name} REUSE_FROM mhp_headers)
  endif()
endfunction()

# mhp_readers(SOURCES...): sources that read what others wrote, in a library that has coroutines elsewhere.
function(mhp_readers)
  if(MHP_FUZZ)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS ${MHP_COVERAGE})
  endif()
endfunction()

# The headers that every test includes and that take longest to compile, compiled once for all of them.
if(BUILD_TESTING)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cpp CONTENT "// Holds the precompiled headers of the tests.\n")
  add_library(mhp_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
  target_compile_definitions(mhp_test_headers PUBLIC MHP_SOURCE_DIR="${MHP_ROOT}")
  target_compile_options(mhp_test_headers PRIVATE ${MHP_LIGHT_FLAGS})
  target_link_libraries(mhp_test_headers PUBLIC mhp_flags fmt::fmt GTest::gtest_main rapidcheck)
  target_precompile_headers(mhp_test_headers PRIVATE <gtest/gtest.h> <rapidcheck/gtest.h> <fmt/format.h>)
endif()

# mhp_tests(NAME SOURCES... LINK targets... LABELS fast|slow): one GoogleTest program NAME_test.
function(mhp_tests name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(ARG "" "LABELS" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE mhp_flags ${ARG_LINK} fmt::fmt GTest::gtest_main rapidcheck)
  target_compile_definitions(${name}_test PRIVATE MHP_SOURCE_DIR="${MHP_ROOT}")
  target_compile_options(${name}_test PRIVATE ${MHP_LIGHT_FLAGS})
  mhp_compile_together(${name}_test)
  target_precompile_headers(${name}_test REUSE_FROM mhp_test_headers)
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  # Property tests draw the same cases every time, fewer where each takes long; a failure prints how to reproduce it.
  set(environment "RC_PARAMS=seed=20210324")
  if(MHP_SANITIZE)
    string(APPEND environment " max_success=30")
  endif()
  if(MHP_GROUPED)
    mhp_group_tests(${name}_test ${ARG_LABELS} ${environment})
  else()
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${ARG_LABELS} ENVIRONMENT ${environment})
  endif()
endfunction()
include(GoogleTest OPTIONAL)

# mhp_group_tests(TARGET LABEL ENVIRONMENT): the program's tests, several of a suite to a process, which takes
# longer to start or to end than most tests run. What is long there is listed in long_under_sanitizers.txt.
function(mhp_group_tests target label environment)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}_groups.cmake)
  set(long ${MHP_ROOT}/cmake/long_under_sanitizers.txt)
  set(script ${MHP_ROOT}/cmake/group_tests.cmake)
  add_custom_command(OUTPUT ${out} DEPENDS ${target} ${long} ${script} VERBATIM
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:${target}> -D OUT=${out} -D LABEL=${label}
            -D ENVIRONMENT=${environment} -D LONG=${long} -P ${script})
  add_custom_target(${target}_groups ALL DEPENDS ${out})
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake CONTENT
       "if(EXISTS [==[${out}]==])\n  include([==[${out}]==])\nelse()\n  add_test(${target}_NOT_BUILT ${target}_NOT_BUILT)\nendif()\n" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake)
endfunction()

# mhp_plugins(TARGET KIND FOLDER HEADER): compiles every .cpp of FOLDER (tests excluded) into TARGET and generates
# register_all_KIND(Registry&), which calls register_KIND_<stem>(Registry&) of each plug-in in alphabetical order.
# A plug-in is FOLDER/NAME.cpp, or FOLDER/NAME/NAME.cpp; what else lies in FOLDER/NAME belongs to it.
# Dropping a file into the folder is all it takes to add a part. HEADER declares the registry type KIND_Registry.
function(mhp_plugins target kind folder header registry)
  file(GLOB sources CONFIGURE_DEPENDS ${MHP_ROOT}/${folder}/*.cpp ${MHP_ROOT}/${folder}/*/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|/registry)\\.cpp$|/common/")
  list(SORT sources)
  set(declarations "")
  set(calls "")
  foreach(source ${sources})
    get_filename_component(stem ${source} NAME_WE)
    get_filename_component(parent ${source} DIRECTORY)
    if(NOT parent STREQUAL ${MHP_ROOT}/${folder} AND NOT parent STREQUAL ${MHP_ROOT}/${folder}/${stem})
      continue()
    endif()
    string(APPEND declarations "void register_${kind}_${stem}(${registry}&);\n")
    string(APPEND calls "  register_${kind}_${stem}(registry);\n")
  endforeach()
  get_filename_component(scope ${registry} NAME)
  string(REGEX REPLACE "::[^:]*$" "" scope ${registry})
  set(text "// Generated from the files of ${folder}.\n#include \"${header}\"\n\nnamespace ${scope} {\n${declarations}\nvoid register_all_${kind}s(${registry}& registry) {\n${calls}}\n}\n")
  set(out ${CMAKE_CURRENT_BINARY_DIR}/register_all_${kind}s.cpp)
  file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
  target_sources(${target} PRIVATE ${sources} ${out})
endfunction()
