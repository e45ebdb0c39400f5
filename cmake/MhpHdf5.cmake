# The serial HDF5 with its own HL library, asked for by name: the generic name resolves to the MPI build as soon as
# one is installed, and two HDF5 copies in a process lose dimension scales without an error.
find_package(PkgConfig REQUIRED)
pkg_check_modules(HDF5_SERIAL REQUIRED IMPORTED_TARGET hdf5-serial)
find_library(HDF5_SERIAL_HL NAMES hdf5_serial_hl REQUIRED)
add_library(mhp_hdf5 INTERFACE)
target_link_libraries(mhp_hdf5 INTERFACE ${HDF5_SERIAL_HL} PkgConfig::HDF5_SERIAL)
