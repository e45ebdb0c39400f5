# Debian packages of what is installed: mhpsim and libmhpsim-dev. `./dev package` makes them.

set(MHP_PACKAGE_CONTACT "The mhpsim authors <authors@mhpsim.invalid>" CACHE STRING
    "Maintainer of the packages; whoever publishes them puts an address here")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mhpsim)
set(CPACK_PACKAGE_VENDOR "The mhpsim authors")
# Each package has its own description, of which this would become the first line.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_CONTACT "${MHP_PACKAGE_CONTACT}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_THREADS 0)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE OFF)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME mhpsim)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
# Charts of reports; reading result files from Python.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS libjs-vega)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SUGGESTS "python3-xarray, python3-h5netcdf, hdf5-tools")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "simulator of memory hot-add of Linux
When a running machine gets memory, every 4 KiB page of it needs a struct page
of 64 bytes. mhpsim simulates where these can live, page for page and in time:
in the memory that the machine has, in what is added, or elsewhere. It comes
with machines, kernels, prices with their sources, and with recordings of real
kernels that it verifies itself against.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libmhpsim-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "mhpsim (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), libexpected-dev, libfmt-dev, libhdf5-dev, libhwloc-dev, pkg-config, zlib1g-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "cmake, g++")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "simulator of memory hot-add of Linux: library
The C++ library of mhpsim: scenarios, runs, results and comparisons for one's
own programs, and the headers that a placement of one's own is written with.")

# What Debian wants of every package.
add_custom_command(OUTPUT ${MHP_PACKAGING}/changelog.Debian.gz
                   COMMAND ${MHP_GZIP} -9nc ${PROJECT_SOURCE_DIR}/packaging/changelog > ${MHP_PACKAGING}/changelog.Debian.gz
                   DEPENDS ${PROJECT_SOURCE_DIR}/packaging/changelog VERBATIM)
add_custom_target(mhp_changelog ALL DEPENDS ${MHP_PACKAGING}/changelog.Debian.gz)
install(FILES packaging/copyright ${MHP_PACKAGING}/changelog.Debian.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
install(FILES packaging/copyright ${MHP_PACKAGING}/changelog.Debian.gz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libmhpsim-dev COMPONENT development)
# The program holds these libraries: their terms come with it.
if(MHP_HDF5_WITHIN)
  foreach(library hdf5 aec)
    install(FILES /usr/share/doc/lib${library}-dev/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR}
            RENAME copyright.${library} COMPONENT runtime OPTIONAL)
  endforeach()
endif()

include(CPack)

# All that a package is made of.
add_custom_target(mhp_packaged DEPENDS mhpsim mhpsim_library mhp_package_files mhp_changelog)

# --- what has been installed works; slow, since systems and projects are made for it ---
if(BUILD_TESTING AND NOT MHP_SANITIZE)
  add_test(NAME installed_and_used
           COMMAND ${MHP_PYTHON_FOR_TESTS} ${PROJECT_SOURCE_DIR}/packaging/consumer_test.py ${CMAKE_BINARY_DIR} ${CMAKE_CXX_COMPILER})
  add_test(NAME package_in_a_clean_system
           COMMAND ${MHP_PYTHON_FOR_TESTS} ${PROJECT_SOURCE_DIR}/packaging/package_test.py ${CMAKE_BINARY_DIR})
  set_tests_properties(installed_and_used PROPERTIES LABELS slow)
  set_tests_properties(package_in_a_clean_system PROPERTIES LABELS nightly SKIP_RETURN_CODE 77 TIMEOUT 900)
endif()
