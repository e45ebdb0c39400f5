# The serial HDF5 with its own HL library, asked for by name: the generic name resolves to the MPI build as soon as
# one is installed, and two HDF5 copies in a process lose dimension scales without an error.
find_package(PkgConfig REQUIRED)
pkg_check_modules(HDF5_SERIAL REQUIRED IMPORTED_TARGET hdf5-serial)
find_library(HDF5_SERIAL_HL NAMES hdf5_serial_hl REQUIRED)
add_library(mhp_hdf5 INTERFACE)

# Its archives where they are installed: the shared library brings some thirty others along, for files behind https, and
# loading them is most of what starting a program costs.
find_library(MHP_HDF5_ARCHIVE NAMES libhdf5_serial.a)
find_library(MHP_HDF5_HL_ARCHIVE NAMES libhdf5_serial_hl.a)
find_library(MHP_SZIP_ARCHIVE NAMES libsz.a)
find_library(MHP_AEC_ARCHIVE NAMES libaec.a)
set(MHP_HDF5_WITHIN OFF)
if(MHP_HDF5_ARCHIVES AND MHP_HDF5_ARCHIVE AND MHP_HDF5_HL_ARCHIVE AND MHP_SZIP_ARCHIVE AND MHP_AEC_ARCHIVE)
  set(MHP_HDF5_WITHIN ON)
  target_include_directories(mhp_hdf5 SYSTEM INTERFACE ${HDF5_SERIAL_INCLUDE_DIRS})
  target_link_libraries(mhp_hdf5 INTERFACE ${MHP_HDF5_HL_ARCHIVE} ${MHP_HDF5_ARCHIVE} ${MHP_SZIP_ARCHIVE}
                        ${MHP_AEC_ARCHIVE} ZLIB::ZLIB m ${CMAKE_DL_LIBS})
else()
  target_link_libraries(mhp_hdf5 INTERFACE ${HDF5_SERIAL_HL} PkgConfig::HDF5_SERIAL)
endif()
