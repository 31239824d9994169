#include "config/metadata.h"

#include <algorithm>

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kNameHint =
    "1 to 253 lower-case letters, digits, '-' and '.', with a letter or digit at each end";

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

struct DnsSubdomain {
  bool operator()(const std::string& value, const Node& node, const Scope& scope) const {
    if (is_dns_subdomain(value)) return true;
    const std::string_view placeholder = placeholder_hint(value);
    scope.error(node.at(), fmt::format("\"{}\" is not a valid name", node.text()),
                std::string(placeholder.empty() ? kNameHint : placeholder));
    return false;
  }
};
constexpr DnsSubdomain kDnsSubdomain;

// With a placeholder left in, the resource is one that nothing refers to by mistake.
struct Namespace {
  bool operator()(const std::string& value, const Node& node, const Scope& scope) const {
    const std::string_view placeholder = placeholder_hint(value);
    if (placeholder.empty()) return kDnsSubdomain(value, node, scope);
    scope.warning(node.at(), fmt::format("\"{}\" is not a valid name", node.text()),
                  std::string(placeholder));
    return true;
  }
};

}  // namespace

bool is_dns_subdomain(std::string_view name) noexcept {
  if (name.empty() || name.size() > 253) return false;
  if (!is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  return std::ranges::all_of(name,
                             [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; });
}

void describe(Schema<Metadata>& s) {
  s.field("name", &Metadata::name, kRequired, kDnsSubdomain);
  s.field("namespace", &Metadata::name_space, Namespace{});
  s.field("labels", &Metadata::labels);
  s.ignored({"annotations", "cluster", "creationTimestamp", "deletionGracePeriodSeconds",
             "deletionTimestamp", "finalizers", "generateName", "generation", "managedFields",
             "ownerReferences", "resourceVersion", "selfLink", "uid"});
}

void describe(Schema<ResourceRef>& s) {
  s.field("name", &ResourceRef::name, kRequired, kNotEmpty);
  s.field("namespace", &ResourceRef::name_space);
}

}  // namespace gnomon::config
