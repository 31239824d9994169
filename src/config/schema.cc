#include "config/schema.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace gnomon::config {
namespace {

// upstreamRef -> upstream_ref, as protoc derives one from the other.
std::string to_snake(std::string_view camel) {
  std::string out;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z') {
      out.push_back('_');
      out.push_back(static_cast<char>(c + 32));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// What is switched off does not miss what would do it.
bool is_false(const Node& node) {
  return node.is_plain() && node.is_scalar() && parse_bool(node.text()) == false;
}

}  // namespace

SchemaBase::Field& SchemaBase::add(std::string_view name) {
  const size_t index = fields_.size();
  [[maybe_unused]] const bool fresh = by_name_.emplace(name, index).second;
  assert(fresh);
  by_name_.emplace(to_snake(name), index);
  Field& field = fields_.emplace_back();
  field.name = name;
  return field;
}

std::vector<std::string_view> SchemaBase::served_names() const {
  std::vector<std::string_view> names;
  for (const Field& field : fields_) {
    if (field.status == Status::served) names.push_back(field.name);
  }
  return names;
}

void SchemaBase::add_group(std::initializer_list<std::string_view> names, std::string missing) {
  Group& group = groups_.emplace_back();
  for (const std::string_view name : names) group.fields.push_back(by_name_.at(std::string(name)));
  group.missing = std::move(missing);
}

bool SchemaBase::read_mapping(const Node& node, const Scope& scope, void* object,
                              std::string_view except) const {
  if (!node.is_mapping()) return refuse(node, scope, "a mapping");
  std::vector<Position> seen(fields_.size());
  bool good = true;
  for (const Entry& entry : node.entries()) {
    if (!except.empty() && entry.key->text() == except) continue;
    good &= read_entry(entry, scope, object, seen);
  }
  good &= check_required(node, scope, seen);
  for (const Group& group : groups_) good &= check_group(group, node, scope, seen);
  for (const ShapeCheck shape : shapes_) good &= shape(node, scope);
  if (!good) return false;
  return std::ranges::all_of(checks_,
                             [&](const ReadField& check) { return check(node, scope, object); });
}

bool SchemaBase::read_entry(const Entry& entry, const Scope& scope, void* object,
                            std::vector<Position>& seen) const {
  const auto found = by_name_.find(std::string(entry.key->text()));
  if (found == by_name_.end()) {
    report_unknown(entry, scope);
    return false;
  }
  const Field& field = fields_[found->second];
  if (entry.value->is_null() || field.status == Status::ignored) return true;
  const Scope inner = scope.field(field.name);
  Position& before = seen[found->second];
  if (before.line != 0) {
    inner.error(entry.key->at(), "given twice",
                fmt::format("it is already given in line {}, spelt otherwise", before.line));
    return false;
  }
  before = entry.key->at();
  if (field.status == Status::unserved && !is_false(*entry.value)) {
    inner.warning(entry.key->at(),
                  field.note.empty() ? "is not implemented yet and has no effect" : field.note);
  }
  return !field.read || field.read(*entry.value, inner, object);
}

void SchemaBase::report_unknown(const Entry& entry, const Scope& scope) const {
  std::vector<std::string_view> names;
  names.reserve(fields_.size());
  for (const Field& field : fields_) names.push_back(field.name);
  const std::string_view meant = closest(entry.key->text(), names);
  scope.field(entry.key->text())
      .error(entry.key->at(), "unknown field",
             meant.empty() ? "" : fmt::format("did you mean \"{}\"?", meant));
}

bool SchemaBase::check_required(const Node& node, const Scope& scope,
                                const std::vector<Position>& seen) const {
  bool good = true;
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (!fields_[i].required || seen[i].line != 0) continue;
    scope.error(node.at(), fmt::format("\"{}\" is missing", fields_[i].name));
    good = false;
  }
  return good;
}

bool SchemaBase::check_group(const Group& group, const Node& node, const Scope& scope,
                             const std::vector<Position>& seen) const {
  std::vector<std::string_view> given;
  Position last;
  for (const size_t field : group.fields) {
    if (seen[field].line == 0) continue;
    given.push_back(fields_[field].name);
    if (std::tie(seen[field].line, seen[field].column) > std::tie(last.line, last.column)) {
      last = seen[field];
    }
  }
  if (given.size() > 1) {
    scope.error(last, fmt::format("only one of {} may be given", fmt::join(given, ", ")));
  } else if (given.empty() && !group.missing.empty()) {
    scope.error(node.at(), group.missing);
  } else {
    return true;
  }
  return false;
}

}  // namespace gnomon::config
