// The kinds of resources, and how a document says which one it is.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "config/yaml.h"

namespace gnomon::config {

enum class Kind : uint8_t {
  virtual_service,
  upstream,
  gateway,
  shadow_test,
  route_table,
  upstream_group,
  route_option,
  virtual_host_option,
  settings,
  secret,
  matchable_http_gateway,
  later,  // Gloo's, but not served yet
};

struct KindInfo {
  std::string_view name;
  std::string_view group;  // of apiVersion
  std::string_view version;
  std::string_view plural;  // the directory that holds such files in Gloo's file mode
  Kind kind;
};

// What a document turned out to be.
struct Recognised {
  enum class As : uint8_t {
    resource,
    list,     // Kubernetes' kind List; its items are documents of their own
    foreign,  // some other program's, to be passed over
    unclear,  // meant for us, it seems, but `why` not
  };
  As as = As::unclear;
  const KindInfo* info = nullptr;  // of a resource
  bool flat = false;               // file mode: fields stand beside metadata
  std::string why;                 // what to tell the user when it is not a resource
  std::string hint;
};

// `path` is that of the file, whose directories may name the kind.
Recognised recognise(const Node& document, std::string_view path);

}  // namespace gnomon::config
