# What `cmake --install` puts where (docs/install.md). Components: runtime is the program and all it reads, development
# the library, license its text. Packages are made of the first two (packaging/MhpPackage.cmake).

# An installation takes what is built; it does not build tests and benchmarks first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# --- the program, its manual and its completion, which it writes itself ---

set(MHP_PACKAGING ${CMAKE_BINARY_DIR}/packaging)
file(MAKE_DIRECTORY ${MHP_PACKAGING})
find_program(MHP_GZIP gzip REQUIRED)
set(written_by_the_program "")
function(mhp_written name)
  add_custom_command(OUTPUT ${MHP_PACKAGING}/${name}
    COMMAND ${CMAKE_COMMAND} -E env --unset=MHPSIM_DATA $<TARGET_FILE:mhpsim> ${ARGN} > ${MHP_PACKAGING}/${name}
    DEPENDS mhpsim VERBATIM)
  set(written_by_the_program ${written_by_the_program} ${MHP_PACKAGING}/${name} PARENT_SCOPE)
endfunction()
mhp_written(mhpsim.1 man)
mhp_written(mhpsim completion bash)
mhp_written(_mhpsim completion zsh)
# -n: neither name nor time, so that the same input gives the same bytes.
add_custom_command(OUTPUT ${MHP_PACKAGING}/mhpsim.1.gz COMMAND ${MHP_GZIP} -9nkf mhpsim.1
                   WORKING_DIRECTORY ${MHP_PACKAGING} DEPENDS ${MHP_PACKAGING}/mhpsim.1 VERBATIM)
add_custom_target(mhp_package_files ALL DEPENDS ${written_by_the_program} ${MHP_PACKAGING}/mhpsim.1.gz)

install(TARGETS mhpsim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
install(FILES ${MHP_PACKAGING}/mhpsim.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
install(FILES ${MHP_PACKAGING}/mhpsim DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        COMPONENT runtime)
install(FILES ${MHP_PACKAGING}/_mhpsim DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT runtime)

# --- what the program reads, as it lies in the source tree, since its files name each other by relative paths ---

set(MHP_DATA ${CMAKE_INSTALL_DATADIR}/mhpsim)
set(validation analysis/validation)
install(DIRECTORY configs DESTINATION ${MHP_DATA} COMPONENT runtime)
foreach(folder captures/recordings pressure/recordings growth/counts published/kernels published/targets)
  get_filename_component(above ${folder} DIRECTORY)
  install(DIRECTORY ${validation}/${folder} DESTINATION ${MHP_DATA}/${validation}/${above} COMPONENT runtime)
endforeach()
install(FILES ${validation}/published/fits.toml DESTINATION ${MHP_DATA}/${validation}/published COMPONENT runtime)

# --- what people read ---

install(FILES README.md CHANGELOG.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
install(FILES LICENCE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT license)
set(MHP_EXAMPLES ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY examples/consumer DESTINATION ${MHP_EXAMPLES} COMPONENT development)
install(FILES examples/placement/alternating.cpp DESTINATION ${MHP_EXAMPLES}/placement COMPONENT development)

# --- the library: one archive of every room that the interface rests on ---

# mhp_objects(TARGET OUT): the objects of a static library of the project and of those that it links.
function(mhp_objects target out)
  set(todo ${target})
  set(seen "")
  set(objects "")
  while(todo)
    list(POP_FRONT todo next)
    get_target_property(alias ${next} ALIASED_TARGET)
    if(alias)
      set(next ${alias})
    endif()
    if(next IN_LIST seen OR NOT next MATCHES "^mhp_")
      continue()
    endif()
    list(APPEND seen ${next})
    get_target_property(type ${next} TYPE)
    if(type STREQUAL STATIC_LIBRARY)
      list(APPEND objects $<TARGET_OBJECTS:${next}>)
      get_target_property(links ${next} LINK_LIBRARIES)
      foreach(link ${links})
        if(TARGET ${link})
          list(APPEND todo ${link})
        endif()
      endforeach()
    endif()
  endwhile()
  set(${out} ${objects} PARENT_SCOPE)
endfunction()

mhp_objects(mhp_api objects)
add_library(mhpsim_library STATIC ${objects})
set_target_properties(mhpsim_library PROPERTIES OUTPUT_NAME mhpsim LINKER_LANGUAGE CXX
                      ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
install(TARGETS mhpsim_library ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES include/mhpsim/mhpsim.hpp include/mhpsim/placement.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mhpsim
        COMPONENT development)

# A placement is written with the headers of the placements of the project: those that plugin.hpp needs.
set(todo sim/kernel/placement/plugin.hpp)
set(headers "")
while(todo)
  list(POP_FRONT todo header)
  if(header IN_LIST headers)
    continue()
  endif()
  list(APPEND headers ${header})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mhpsim/${folder} COMPONENT development)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
  file(STRINGS ${header} includes REGEX "^#include \"sim/")
  foreach(line ${includes})
    string(REGEX REPLACE "^#include \"([^\"]+)\".*" "\\1" path ${line})
    list(APPEND todo ${path})
  endforeach()
endwhile()

# --- find_package(mhpsim) and pkg-config ---

include(CMakePackageConfigHelpers)
set(MHP_CMAKE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/mhpsim)
set(MHP_INSTALL_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR})
set(MHP_INSTALL_ARCHIVE ${CMAKE_INSTALL_LIBDIR}/libmhpsim.a)
configure_package_config_file(cmake/mhpsim-config.cmake.in ${MHP_PACKAGING}/mhpsim-config.cmake
  INSTALL_DESTINATION ${MHP_CMAKE_FOLDER} PATH_VARS MHP_INSTALL_INCLUDE MHP_INSTALL_ARCHIVE MHP_DATA)
write_basic_package_version_file(${MHP_PACKAGING}/mhpsim-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${MHP_PACKAGING}/mhpsim-config.cmake ${MHP_PACKAGING}/mhpsim-config-version.cmake
        DESTINATION ${MHP_CMAKE_FOLDER} COMPONENT development)
# From the folder of the .pc file to the prefix, so that an installation can be moved.
file(RELATIVE_PATH MHP_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/mhpsim.pc.in ${MHP_PACKAGING}/mhpsim.pc @ONLY)
install(FILES ${MHP_PACKAGING}/mhpsim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

include(packaging/MhpPackage.cmake)
