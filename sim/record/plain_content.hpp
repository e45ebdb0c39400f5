#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"

namespace mhp::record {

/// What reading a file came to, as plain bytes: numbers of 8 bytes and texts behind their lengths,
/// for a pipe between two processes of one program.

/// Takes bytes one after the other; false if they cannot be taken, after which it is not asked.
using PutBytes = std::function<bool(std::span<const std::byte>)>;
/// Fills bytes with the next ones; false if there are no more.
using GetBytes = std::function<bool(std::span<std::byte>)>;

/// False if `put` failed.
bool put_plain(const Result<FileContent>& read, const PutBytes& put);

/// The same again, in `into`; false if the bytes are none that put_plain() makes, or more than
/// `most`. Nothing that they say is trusted: no more is allocated than `most`, whatever they claim.
bool get_plain(const GetBytes& get, std::size_t most, Result<FileContent>& into);

}  // namespace mhp::record
