#include "config/label_expression.h"

#include <algorithm>

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

// The operators that compare with one value.
bool takes_one_value(LabelOperator op) {
  return op == LabelOperator::equals || op == LabelOperator::double_equals ||
         op == LabelOperator::not_equals || op == LabelOperator::greater_than ||
         op == LabelOperator::less_than;
}

bool takes_no_value(LabelOperator op) {
  return op == LabelOperator::exists || op == LabelOperator::does_not_exist;
}

bool check_values(const LabelExpression& expression, const Node& node, const Scope& scope) {
  const size_t count = expression.values.size();
  const bool good = takes_one_value(expression.op)  ? count == 1
                    : takes_no_value(expression.op) ? count == 0
                                                    : count > 0;
  if (!good) scope.error(node.at(), "the number of values does not fit the operator");
  return good;
}

}  // namespace

// Gloo's guide writes `operator: !` for DoesNotExist, which to YAML is a tag and no text.
template <>
struct Reader<LabelOperator> {
  static bool read(const Node& node, const Scope& scope, LabelOperator& out) {
    if (node.is_scalar() && !node.is_plain() && (node.text().empty() || node.text() == "!")) {
      scope.warning(node.at(), "is read as DoesNotExist", "write operator: DoesNotExist");
      out = LabelOperator::does_not_exist;
      return true;
    }
    return read_enum(node, scope, out);
  }
};

std::span<const EnumName<LabelOperator>> enum_names(LabelOperator /*tag*/) {
  static constexpr EnumName<LabelOperator> kNames[] = {
      {"Equals", LabelOperator::equals},
      {"DoubleEquals", LabelOperator::double_equals},
      {"NotEquals", LabelOperator::not_equals},
      {"In", LabelOperator::in},
      {"NotIn", LabelOperator::not_in},
      {"Exists", LabelOperator::exists},
      {"DoesNotExist", LabelOperator::does_not_exist},
      {"GreaterThan", LabelOperator::greater_than},
      {"LessThan", LabelOperator::less_than}};
  return kNames;
}

// As Kubernetes' label selectors: what is negative also holds where the label is missing.
bool LabelExpression::matches(const Labels& labels) const {
  const auto label = labels.find(key);
  const bool present = label != labels.end();
  const bool among = present && std::ranges::find(values, label->second) != values.end();
  switch (op) {
    case LabelOperator::equals:
    case LabelOperator::double_equals:
    case LabelOperator::in:
      return among;
    case LabelOperator::not_equals:
    case LabelOperator::not_in:
      return !among;
    case LabelOperator::exists:
      return present;
    case LabelOperator::does_not_exist:
      return !present;
    case LabelOperator::greater_than:
    case LabelOperator::less_than: {
      const auto have = parse_int64(present ? label->second : "");
      const auto want = parse_int64(values.empty() ? "" : values[0]);
      if (!have || !want) return false;
      return op == LabelOperator::greater_than ? *have > *want : *have < *want;
    }
  }
  return false;
}

bool has_labels(const Labels& labels, const Labels& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

void describe(Schema<LabelExpression>& s) {
  s.field("key", &LabelExpression::key, kRequired, kNotEmpty);
  s.field("operator", &LabelExpression::op);
  s.field("values", &LabelExpression::values);
  s.check(check_values);
}

void describe(Schema<LabelExpressions>& s) {
  s.field("expressions", &LabelExpressions::expressions);
}

}  // namespace gnomon::config
