// options.lbHash: what of a request decides which host it goes to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

struct HashCookie {
  std::string name;
  std::optional<Duration> ttl;  // given: a client without the cookie gets one; 0: for its session
  std::string path;
};

struct HashPolicy {
  Position at;
  std::optional<std::string> header;
  std::optional<HashCookie> cookie;
  std::optional<bool> source_ip;
  bool terminal = false;  // nothing after this one counts, if it yields a hash
};

struct LoadBalancerHash {
  Position at;
  std::vector<HashPolicy> policies;
};

void describe(Schema<HashCookie>& s);
void describe(Schema<HashPolicy>& s);
void describe(Schema<LoadBalancerHash>& s);

}  // namespace gnomon::config
