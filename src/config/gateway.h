// Gateway: where clients connect, and which VirtualServices they reach there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

// A condition on labels.
enum class LabelOperator : uint8_t {
  equals,
  double_equals,
  not_equals,
  in,
  not_in,
  exists,
  does_not_exist,
  greater_than,
  less_than
};

template <typename E>
struct EnumName;
std::span<const EnumName<LabelOperator>> enum_names(LabelOperator tag);

struct LabelExpression {
  Position at;
  std::string key;
  LabelOperator op = LabelOperator::equals;
  std::vector<std::string> values;

  bool matches(const Labels& labels) const;
};

struct LabelExpressions {
  std::vector<LabelExpression> expressions;
};

struct ConnectionManager {};
struct HttpListenerOptions {
  std::optional<ConnectionManager> connection_manager;
};
struct ListenerOptions {};

// Of expressions, selector and references the first that is given counts; without any, every
// VirtualService is served.
struct HttpGateway {
  std::vector<ResourceRef> virtual_services;
  Labels selector;
  std::optional<LabelExpressions> expressions;
  std::vector<std::string> namespaces;
  std::optional<HttpListenerOptions> options;
};

struct Gateway {
  Metadata metadata;
  bool ssl = false;
  Located<std::string> bind_address{"::", {}};
  Located<uint16_t> bind_port;  // 0: any free port
  std::optional<HttpGateway> http;
  Located<bool> tcp;
  Located<bool> hybrid;
  std::optional<ListenerOptions> options;
};

void describe(Schema<LabelExpression>& s);
void describe(Schema<LabelExpressions>& s);
void describe(Schema<ConnectionManager>& s);
void describe(Schema<HttpListenerOptions>& s);
void describe(Schema<ListenerOptions>& s);
void describe(Schema<HttpGateway>& s);
void describe(Schema<Gateway>& s);

}  // namespace gnomon::config
