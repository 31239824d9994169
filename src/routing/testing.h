// Helpers for tests that build snapshots from text.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/testing.h"
#include "routing/snapshot_builder.h"

namespace gnomon::routing {

inline Loaded load_text(std::string text) {
  config::MemoryFiles files{{"test.yaml", std::move(text)}};
  return load_snapshot(files, "test.yaml");
}

inline std::string brief(const Loaded& loaded) { return config::brief(loaded.diagnostics); }

// Upstreams "blue" and "green" in gloo-system, as documents to put behind others.
constexpr const char* kBlueAndGreen = R"(
---
apiVersion: gloo.solo.io/v1
kind: Upstream
metadata: {name: blue, namespace: gloo-system}
spec: {static: {hosts: [{addr: 127.0.0.1, port: 8081}]}}
---
apiVersion: gloo.solo.io/v1
kind: Upstream
metadata: {name: green, namespace: gloo-system}
spec: {static: {hosts: [{addr: green.example.com, port: 8082}]}}
)";

// A VirtualService "shop" for every host whose routes follow from line 7 on, and the two Upstreams.
inline std::string shop(const std::string& routes) {
  return "apiVersion: gateway.solo.io/v1\n"
         "kind: VirtualService\n"
         "metadata: {name: shop, namespace: gloo-system}\n"
         "spec:\n"
         "  virtualHost:\n"
         "    routes:\n" +
         routes + kBlueAndGreen;
}

inline RequestHead get(std::string_view authority, std::string_view path) {
  RequestHead head;
  head.authority = authority;
  head.path = path;
  return head;
}

}  // namespace gnomon::routing
