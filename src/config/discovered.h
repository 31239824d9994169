// Services that Gloo knows by discovery. Nothing here asks a platform for them: they are read so
// that a typing error is one, and named in what is told of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/metadata.h"

namespace gnomon::config {

struct KubeDestination {
  ResourceRef ref;
  uint32_t port = 0;
};

struct ConsulDestination {
  std::string service;
  std::vector<std::string> tags;
  std::vector<std::string> data_centers;
};

struct KubeUpstream {
  std::string service;
  std::string name_space;
  uint32_t port = 0;
  Labels selector;
};

struct ConsulQueryOptions {
  bool use_cache = false;
};

struct ConsulUpstream {
  std::string service;
  bool connect = false;
  std::vector<std::string> tags;
};

void describe(Schema<KubeDestination>& s);
void describe(Schema<ConsulDestination>& s);
void describe(Schema<KubeUpstream>& s);
void describe(Schema<ConsulQueryOptions>& s);
void describe(Schema<ConsulUpstream>& s);

}  // namespace gnomon::config
