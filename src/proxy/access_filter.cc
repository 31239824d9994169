#include "proxy/access_filter.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "msg/headers.h"
#include "proxy/grpc.h"
#include "routing/regex.h"

namespace gnomon::proxy {
namespace {

using routing::AccessFilter;

bool compare(const AccessFilter& filter, uint64_t value) noexcept {
  switch (filter.compare) {
    case AccessFilter::Compare::eq:
      return value == filter.number;
    case AccessFilter::Compare::ge:
      return value >= filter.number;
    case AccessFilter::Compare::le:
      return value <= filter.number;
  }
  return false;
}

uint64_t whole_ms(Duration duration) noexcept {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return static_cast<uint64_t>(std::max<int64_t>(ms, 0));
}

// The same request is in or out of every log that asks for the same share under the same key.
bool in_share(const AccessFilter& filter, const StreamFacts& facts) {
  if (filter.per_million >= 1'000'000) return true;
  const uint64_t seed = XXH3_64bits(filter.seed.data(), filter.seed.size());
  const int64_t moment = facts.start.time_since_epoch().count();
  const bool by_id = !filter.independent && !facts.request_id.empty();
  const uint64_t draw =
      by_id ? XXH3_64bits_withSeed(facts.request_id.data(), facts.request_id.size(), seed)
            : XXH3_64bits_withSeed(&moment, sizeof(moment), seed);
  return draw % 1'000'000 < filter.per_million;
}

template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string_view> request_value(const routing::FieldName& field,
                                              const StreamFacts& facts) {
  if (facts.request == nullptr) return std::nullopt;
  const RequestHead& head = *facts.request;
  if (field.name == ":method") return head.method_name;
  if (field.name == ":path") return head.path;
  if (field.name == ":authority" || field.name == "host") return head.authority;
  if (field.name == ":scheme") return head.scheme;
  const Field* const found = head.headers.find(field.name);
  if (found == nullptr) return std::nullopt;
  return found->value;
}

bool matches(const AccessFilter& filter, std::string_view value) {
  switch (filter.match) {
    case AccessFilter::Match::present:
      return true;
    case AccessFilter::Match::exact:
      return value == filter.text;
    case AccessFilter::Match::prefix:
      return value.starts_with(filter.text);
    case AccessFilter::Match::suffix:
      return value.ends_with(filter.text);
    case AccessFilter::Match::range: {
      const auto number = parse<int64_t>(value);
      return number && *number >= filter.range_start && *number < filter.range_end;
    }
    case AccessFilter::Match::regex:
      return filter.regex != nullptr && routing::matches_fully(*filter.regex, value);
  }
  return false;
}

bool header_passes(const AccessFilter& filter, const StreamFacts& facts) {
  const auto value = request_value(filter.field, facts);
  return (value && matches(filter, *value)) != filter.invert;
}

bool flags_pass(const AccessFilter& filter, const StreamFacts& facts) {
  if (filter.flags.empty()) return facts.flags != 0;
  return std::ranges::any_of(filter.flags, [&](const std::string& name) {
    return (facts.flags & response_flag(name)) != 0;
  });
}

bool grpc_passes(const AccessFilter& filter, const StreamFacts& facts) {
  std::optional<uint32_t> written;
  if (facts.response_trailers != nullptr) written = grpc_status(*facts.response_trailers);
  if (!written && facts.response != nullptr) written = grpc_status(facts.response->headers);
  const uint32_t number = written.value_or(grpc_status_of(facts.status));
  const bool listed = number < 32 && (filter.grpc_statuses >> number & 1) != 0;
  return listed != filter.invert;
}

}  // namespace

bool passes(const AccessFilter& filter, const StreamFacts& facts) {
  const auto child = [&](const AccessFilter& one) { return passes(one, facts); };
  switch (filter.kind) {
    case AccessFilter::Kind::all:
      return std::ranges::all_of(filter.children, child);
    case AccessFilter::Kind::any:
      return std::ranges::any_of(filter.children, child);
    case AccessFilter::Kind::status:
      return compare(filter, facts.status);
    case AccessFilter::Kind::duration:
      return compare(filter, whole_ms(facts.duration));
    case AccessFilter::Kind::not_health_check:
      return !facts.health_check;
    case AccessFilter::Kind::share:
      return in_share(filter, facts);
    case AccessFilter::Kind::header:
      return header_passes(filter, facts);
    case AccessFilter::Kind::flags:
      return flags_pass(filter, facts);
    case AccessFilter::Kind::grpc_status:
      return grpc_passes(filter, facts);
  }
  return true;
}

}  // namespace gnomon::proxy
