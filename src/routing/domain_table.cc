#include "routing/domain_table.h"

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "routing/request_condition.h"

namespace gnomon::routing {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool is_suffix_wildcard(std::string_view domain) {
  return domain.size() > 1 && domain.front() == '*';
}

bool is_prefix_wildcard(std::string_view domain) {
  return domain.size() > 1 && domain.back() == '*';
}

}  // namespace

const char* domain_problem(std::string_view domain) noexcept {
  if (domain.empty()) return "it is empty";
  if (std::ranges::count(domain, '*') > 1) return "it has more than one *";
  const size_t star = domain.find('*');
  if (star != std::string_view::npos && star != 0 && star + 1 != domain.size()) {
    return "a * may only stand at one end";
  }
  const bool clean = std::ranges::all_of(
      domain, [](char c) { return c > ' ' && c != 0x7F && c != '/' && c != '@' && c != '?'; });
  return clean ? nullptr : "it contains a character that no Host has";
}

void DomainTable::Wildcards::add_length(size_t length) {
  const auto at = std::ranges::lower_bound(lengths, length, std::greater<>());
  if (at == lengths.end() || *at != length) lengths.insert(at, length);
}

bool DomainTable::add(std::string_view domain, uint32_t value) {
  if (domain == "*") {
    if (any_) return false;
    any_ = value;
    return true;
  }
  const std::string text = to_lower(domain);
  if (!is_suffix_wildcard(text) && !is_prefix_wildcard(text)) {
    return exact_.emplace(text, value).second;
  }
  const bool suffix = is_suffix_wildcard(text);
  Wildcards& wildcards = suffix ? suffixes_ : prefixes_;
  const std::string bare = suffix ? text.substr(1) : text.substr(0, text.size() - 1);
  if (!wildcards.by_text.emplace(bare, value).second) return false;
  wildcards.add_length(bare.size());
  return true;
}

std::optional<uint32_t> DomainTable::find_domain(std::string_view domain) const {
  if (domain == "*") return any_;
  const std::string text = to_lower(domain);
  const Map* map = &exact_;
  std::string_view key = text;
  if (is_suffix_wildcard(text)) {
    map = &suffixes_.by_text;
    key.remove_prefix(1);
  } else if (is_prefix_wildcard(text)) {
    map = &prefixes_.by_text;
    key.remove_suffix(1);
  }
  const auto found = map->find(key);
  return found == map->end() ? std::nullopt : std::optional(found->second);
}

std::optional<uint32_t> DomainTable::find(std::string_view host) const {
  // Names in the DNS have at most 253 characters (RFC 1035 section 2.3.4), so this is enough for
  // all but hostile ones.
  std::array<char, 320> buffer;
  if (host.size() > buffer.size()) return find_lower(to_lower(host));
  std::ranges::transform(host, buffer.begin(), lower);
  return find_lower({buffer.data(), host.size()});
}

std::optional<uint32_t> DomainTable::find_lower(std::string_view host) const {
  if (const auto found = exact_.find(host); found != exact_.end()) return found->second;
  for (const size_t length : suffixes_.lengths) {
    if (length >= host.size()) continue;
    const auto found = suffixes_.by_text.find(host.substr(host.size() - length));
    if (found != suffixes_.by_text.end()) return found->second;
  }
  for (const size_t length : prefixes_.lengths) {
    if (length >= host.size()) continue;
    const auto found = prefixes_.by_text.find(host.substr(0, length));
    if (found != prefixes_.by_text.end()) return found->second;
  }
  return any_;
}

}  // namespace gnomon::routing
