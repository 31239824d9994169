// Host names to virtual hosts: exact names first, then the longest suffix wildcard (*.foo.com,
// *-bar.foo.com), then the longest prefix wildcard (foo.*), then "*". Without regard to case; a
// port is part of the name.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::routing {

// Why a domain cannot be served, or null.
const char* domain_problem(std::string_view domain) noexcept;

class DomainTable {
 public:
  // False, and changes nothing, if the domain is already there.
  bool add(std::string_view domain, uint32_t value);
  // A wildcard stands for at least one character.
  std::optional<uint32_t> find(std::string_view host) const;
  // The value that was added for this very domain.
  std::optional<uint32_t> find_domain(std::string_view domain) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  using Map = boost::unordered_flat_map<std::string, uint32_t, Hash, std::equal_to<>>;

  // Wildcards that differ only in the text beside the star. One look-up per length of such texts,
  // so the cost grows with the number of lengths and not with the number of domains.
  struct Wildcards {
    Map by_text;
    std::vector<size_t> lengths;  // descending
    void add_length(size_t length);
  };

  std::optional<uint32_t> find_lower(std::string_view host) const;

  Map exact_;
  Wildcards suffixes_;
  Wildcards prefixes_;
  std::optional<uint32_t> any_;
};

}  // namespace gnomon::routing
