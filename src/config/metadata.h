// What every resource carries beside its own fields, and how resources name each other.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/source.h"

namespace gnomon::config {

template <typename T>
class Schema;

constexpr std::string_view kDefaultNamespace = "gloo-system";

using Labels = std::map<std::string, std::string>;

struct Metadata {
  Position at;
  std::string_view kind;  // such as "VirtualService"; static
  Located<std::string> name;
  std::string name_space{kDefaultNamespace};
  Labels labels;
  bool flat = false;    // file mode: the fields stand beside metadata, not under spec
  bool broken = false;  // an error was reported while reading it; what it holds may be incomplete
  bool warned = false;  // a warning was

  // "<namespace>.<name>"
  std::string full_name() const { return name_space + "." + name.value; }
  // "<kind> <namespace>.<name>", for a person to read.
  std::string title() const { return std::string(kind) + " " + full_name(); }
  // Path of a field of the resource, as diagnostics name it.
  std::string path(std::string_view field) const {
    return flat ? std::string(field) : "spec." + std::string(field);
  }
};
void describe(Schema<Metadata>& s);

// A reference whose namespace may have been left out.
struct ResourceRef {
  Position at;
  std::string name;
  std::string name_space;
};
void describe(Schema<ResourceRef>& s);

// Lower-case letters, digits, '-' and '.', as Kubernetes names things (RFC 1123 section 2.1).
bool is_dns_subdomain(std::string_view name) noexcept;

}  // namespace gnomon::config
