// A condition on labels, as Gateways select VirtualServices and routes select RouteTables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

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

// Whether each of the wanted labels is there with that very value.
bool has_labels(const Labels& labels, const Labels& wanted);

void describe(Schema<LabelExpression>& s);
void describe(Schema<LabelExpressions>& s);

}  // namespace gnomon::config
