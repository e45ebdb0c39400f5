#include "sim/record/plain_content.hpp"

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace mhp::record {
namespace {

constexpr std::uint64_t kContent = 0x6d68702d66696c65;  // "mhp-file", begins what was read
constexpr std::uint64_t kErrors = 0x6d68702d66617578;   // begins what is wrong with it
constexpr std::uint64_t kEnd = 0x6d68702d656e6421;      // behind all

class Putter {
 public:
  explicit Putter(const PutBytes& put) : put_(put) {}

  bool ok() const { return ok_; }
  void number(std::uint64_t n) { bytes(std::as_bytes(std::span(&n, 1))); }
  void text(const std::string& text) { numbers(std::span<const char>(text.data(), text.size())); }
  template <class T>
  void numbers(std::span<const T> values) {
    number(values.size());
    bytes(std::as_bytes(values));
  }
  template <class T, class Put>
  void list(const std::vector<T>& items, Put put) {
    number(items.size());
    for (const T& item : items) put(item);
  }
  void texts(const std::vector<std::string>& items) {
    list(items, [this](const std::string& t) { text(t); });
  }
  void attributes(const std::vector<Attribute>& items) {
    list(items, [this](const Attribute& a) {
      const auto& [name, value] = a;
      text(name);
      number(value.index());
      if (const auto* t = std::get_if<std::string>(&value)) text(*t);
      if (const auto* n = std::get_if<std::int64_t>(&value)) number(static_cast<std::uint64_t>(*n));
    });
  }
  void variable(const Variable& v) {
    const auto& [name, dims, data, units, long_name, attached] = v;
    text(name);
    texts(dims);
    number(data.index());
    if (const auto* n = std::get_if<0>(&data)) numbers(std::span(*n));
    if (const auto* n = std::get_if<1>(&data)) numbers(std::span(*n));
    if (const auto* flags = std::get_if<Flags>(&data)) {
      numbers(std::span(flags->values));
      texts(flags->meanings);
    }
    if (const auto* t = std::get_if<3>(&data)) texts(*t);
    text(units);
    text(long_name);
    attributes(attached);
  }
  void group(const Group& g) {
    const auto& [name, coordinates, variables, attached] = g;
    text(name);
    list(coordinates, [this](const Variable& v) { variable(v); });
    list(variables, [this](const Variable& v) { variable(v); });
    attributes(attached);
  }

 private:
  void bytes(std::span<const std::byte> what) { ok_ = ok_ && (what.empty() || put_(what)); }

  const PutBytes& put_;
  bool ok_ = true;
};

class Getter {
 public:
  Getter(const GetBytes& get, std::size_t most) : get_(get), left_(most) {}

  bool ok() const { return ok_; }
  std::uint64_t number() {
    std::uint64_t n = 0;
    bytes(std::as_writable_bytes(std::span(&n, 1)));
    return ok_ ? n : 0;
  }
  std::string text() {
    std::string out(count(1), '\0');
    bytes(std::as_writable_bytes(std::span(out.data(), out.size())));
    return out;
  }
  template <class T>
  std::vector<T> numbers() {
    std::vector<T> out(count(sizeof(T)));
    bytes(std::as_writable_bytes(std::span(out)));
    return out;
  }
  /// Items are made one by one, so that a false number of them makes no room.
  template <class Get>
  auto list(Get get) {
    std::vector<std::invoke_result_t<Get>> items;
    for (std::uint64_t n = number(); n > 0 && ok_; --n) {
      pay(sizeof(std::invoke_result_t<Get>));
      items.push_back(get());
    }
    return items;
  }
  std::vector<std::string> texts() {
    return list([this] { return text(); });
  }
  std::vector<Attribute> attributes() {
    return list([this] {
      Attribute a;
      a.name = text();
      if (number() == 0)
        a.value = text();
      else
        a.value = static_cast<std::int64_t>(number());
      return a;
    });
  }
  Variable variable() {
    Variable v;
    v.name = text();
    v.dims = texts();
    switch (number()) {
      case 0:
        v.data = numbers<std::int64_t>();
        break;
      case 1:
        v.data = numbers<double>();
        break;
      case 2: {
        Flags flags;
        flags.values = numbers<std::uint8_t>();
        flags.meanings = texts();
        v.data = std::move(flags);
        break;
      }
      case 3:
        v.data = texts();
        break;
      default:
        ok_ = false;
    }
    v.units = text();
    v.long_name = text();
    v.attributes = attributes();
    return v;
  }
  Group group() {
    Group g;
    g.name = text();
    g.coordinates = list([this] { return variable(); });
    g.variables = list([this] { return variable(); });
    g.attributes = attributes();
    return g;
  }

 private:
  void pay(std::uint64_t bytes) {
    ok_ = ok_ && bytes <= left_;
    if (ok_) left_ -= bytes;
  }
  std::size_t count(std::size_t each) {
    const std::uint64_t n = number();
    ok_ = ok_ && n <= left_ / each;
    pay(ok_ ? n * each : 0);
    return ok_ ? static_cast<std::size_t>(n) : 0;
  }
  void bytes(std::span<std::byte> into) { ok_ = ok_ && (into.empty() || get_(into)); }

  const GetBytes& get_;
  std::size_t left_;
  bool ok_ = true;
};

}  // namespace

bool put_plain(const Result<FileContent>& read, const PutBytes& put) {
  Putter to(put);
  to.number(read ? kContent : kErrors);
  if (read) {
    const auto& [attached, groups] = *read;
    to.attributes(attached);
    to.list(groups, [&](const Group& g) { to.group(g); });
  } else {
    to.list(read.error(), [&](const Diagnostic& d) {
      to.text(d.where.file);
      to.number(static_cast<std::uint64_t>(d.where.line));
      to.number(static_cast<std::uint64_t>(d.where.column));
      to.text(d.problem);
      to.text(d.remedy);
    });
  }
  to.number(kEnd);
  return to.ok();
}

bool get_plain(const GetBytes& get, std::size_t most, Result<FileContent>& into) {
  Getter from(get, most);
  const std::uint64_t what = from.number();
  if (what == kContent) {
    FileContent content;
    content.attributes = from.attributes();
    content.groups = from.list([&] { return from.group(); });
    into = std::move(content);
  } else if (what == kErrors) {
    Diagnostics errors = from.list([&] {
      Diagnostic d;
      d.where.file = from.text();
      d.where.line = static_cast<int>(from.number());
      d.where.column = static_cast<int>(from.number());
      d.problem = from.text();
      d.remedy = from.text();
      return d;
    });
    if (errors.empty()) return false;
    into = tl::unexpected<Diagnostics>(std::move(errors));
  } else {
    return false;
  }
  return from.number() == kEnd && from.ok();
}

}  // namespace mhp::record
