#include "routing/route_table_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace gnomon::routing {
namespace {

bool takes_namespace(const config::RouteTableSelector& selector, const config::Metadata& owner,
                     const std::string& name_space) {
  if (selector.namespaces.empty()) return name_space == owner.name_space;
  return std::ranges::any_of(selector.namespaces, [&](const std::string& wanted) {
    return wanted == "*" || wanted == name_space;
  });
}

bool takes_labels(const config::RouteTableSelector& selector, const config::Labels& labels) {
  return config::has_labels(labels, selector.labels) &&
         std::ranges::all_of(selector.expressions, [&](const config::LabelExpression& expression) {
           return expression.matches(labels);
         });
}

}  // namespace

RouteTableSelection::RouteTableSelection(BuildContext& context)
    : context_(context), by_name_(context.resources.route_tables) {
  for (const config::RouteTable& table : context.resources.route_tables) all_.push_back(&table);
  std::ranges::sort(all_, [](const config::RouteTable* a, const config::RouteTable* b) {
    return std::tie(a->weight, a->metadata.name_space, a->metadata.name.value) <
           std::tie(b->weight, b->metadata.name_space, b->metadata.name.value);
  });
  for (const config::RouteTable* table : all_) {
    for (const auto& label : table->metadata.labels) by_label_[label].push_back(table);
  }
}

const std::vector<const config::RouteTable*>& RouteTableSelection::select(
    const config::DelegateAction& action, const config::Metadata& owner, const std::string& field) {
  const auto known = selected_.find(&action);
  if (known != selected_.end()) return known->second;
  return selected_.emplace(&action, find(action, owner, field)).first->second;
}

RouteTableSelection::Tables RouteTableSelection::find(const config::DelegateAction& action,
                                                      const config::Metadata& owner,
                                                      const std::string& field) {
  if (!action.name.empty() || !action.name_space.empty()) {
    return find_reference({action.at, action.name, action.name_space}, owner, field);
  }
  if (action.ref) return find_reference(*action.ref, owner, field + ".ref");
  if (action.selector) return find_selected(*action.selector, owner, field + ".selector");
  context_.warning(owner, action.at,
                   "cannot determine delegation target: you must specify a route table either via "
                   "a resource reference or a selector; this route is dropped",
                   field, "add \"ref\" or \"selector\"");
  return {};
}

RouteTableSelection::Tables RouteTableSelection::find_reference(const config::ResourceRef& ref,
                                                                const config::Metadata& owner,
                                                                const std::string& field) {
  warn_of_missing_namespace(context_, ref, owner, field);
  const std::string name = full_name(ref, owner);
  if (const config::RouteTable* table = by_name_.find(name)) return {table};
  context_.warning(owner, ref.at,
                   fmt::format("route table {} missing; this route is dropped", name), field,
                   "define this RouteTable, or correct its name or namespace here");
  return {};
}

RouteTableSelection::Tables RouteTableSelection::find_selected(
    const config::RouteTableSelector& selector, const config::Metadata& owner,
    const std::string& field) {
  if (!selector.labels.empty() && !selector.expressions.empty()) {
    context_.warning(owner, selector.at,
                     "cannot use both labels and expressions within the same selector; this route "
                     "is dropped",
                     field, "write the labels as expressions with the operator Equals");
    return {};
  }
  Tables out;
  for (const config::RouteTable* table : candidates(selector)) {
    if (takes_namespace(selector, owner, table->metadata.name_space) &&
        takes_labels(selector, table->metadata.labels)) {
      out.push_back(table);
    }
  }
  if (out.empty()) {
    context_.warning(
        owner, selector.at, "no route table matches the given selector; this route is dropped",
        field,
        selector.namespaces.empty()
            ? fmt::format("without \"namespaces\" only those in {} are looked at; '*' means all",
                          owner.name_space)
            : "compare the labels and namespaces of your RouteTables with these");
  }
  return out;
}

const RouteTableSelection::Tables& RouteTableSelection::candidates(
    const config::RouteTableSelector& selector) const {
  static const Tables kNone;
  if (selector.labels.empty()) return all_;
  const auto found = by_label_.find(*selector.labels.begin());
  return found == by_label_.end() ? kNone : found->second;
}

}  // namespace gnomon::routing
