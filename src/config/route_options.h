// options of a route and of a virtual host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

struct HeaderValue {
  std::string key;
  std::string value;
};

struct HeaderAdd {
  Position at;
  HeaderValue header;
  bool append = true;
};

struct HeaderManipulation {
  std::vector<HeaderAdd> request_add;
  std::vector<std::string> request_remove;
  std::vector<HeaderAdd> response_add;
  std::vector<std::string> response_remove;
};

struct RetryBackOff {
  std::optional<Duration> base;
  std::optional<Duration> max;
};

struct Retries {
  Located<std::string> on;
  uint32_t count = 0;  // 0 means 1
  Duration per_try_timeout{};
  std::optional<RetryBackOff> back_off;
  std::vector<uint16_t> status_codes;
};

struct Shadowing {
  Position at;
  ResourceRef upstream;
  std::optional<float> percentage;
  bool disable_host_suffix = false;
  std::string host_rewrite;
};

struct RouteOptions {
  Position at;
  std::optional<Duration> timeout;
  std::optional<std::string> prefix_rewrite;
  std::string host_rewrite;
  std::optional<HeaderManipulation> headers;
  std::optional<Retries> retries;
  std::optional<Shadowing> shadowing;
};

struct VirtualHostOptions {
  std::optional<HeaderManipulation> headers;
  std::optional<Retries> retries;
};

void describe(Schema<HeaderValue>& s);
void describe(Schema<HeaderAdd>& s);
void describe(Schema<HeaderManipulation>& s);
void describe(Schema<RetryBackOff>& s);
void describe(Schema<Retries>& s);
void describe(Schema<Shadowing>& s);
void describe(Schema<RouteOptions>& s);
void describe(Schema<VirtualHostOptions>& s);

}  // namespace gnomon::config
