#include "routing/delegation.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <numeric>
#include <set>
#include <span>
#include <utility>

#include "routing/matcher_inheritance.h"

namespace gnomon::routing {
namespace {

constexpr const char* kMatcherCount =
    "invalid route: routes with delegate actions must omit or specify a single matcher";
constexpr const char* kMissingPrefix =
    "invalid route: routes with delegate actions must use a prefix matcher";

config::Matcher any_path() {
  config::Matcher matcher;
  matcher.prefix = "/";
  return matcher;
}

bool asks_for_more(const config::Matcher& matcher) {
  return !matcher.headers.empty() || !matcher.query_parameters.empty() || !matcher.methods.empty();
}

// Stable, like Gloo's.
void sort_by_path(std::span<FlatRoute> routes) {
  std::vector<size_t> order(routes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) {
    if (more_specific(routes[a].matchers(), routes[b].matchers())) return true;
    return !more_specific(routes[b].matchers(), routes[a].matchers()) && a < b;
  });
  std::vector<FlatRoute> sorted;
  sorted.reserve(routes.size());
  for (const size_t index : order) sorted.push_back(std::move(routes[index]));
  std::ranges::move(sorted, routes.begin());
}

std::string cycle_text(const std::vector<const config::RouteTable*>& visited,
                       const config::RouteTable& next) {
  std::string out = "invalid route: delegation cycle detected: ";
  for (const config::RouteTable* table : visited) {
    out += fmt::format("[{}] -> ", table->metadata.full_name());
  }
  return out + fmt::format("[{}]", next.metadata.full_name());
}

}  // namespace

std::string RouteStep::field() const {
  return fmt::format("{}routes[{}]", in_table ? "" : "virtualHost.", index);
}

std::string RouteStep::label() const {
  return route->name.value.empty() ? std::to_string(index) : route->name.value;
}

// One VirtualService on its way through the tables, depth first and in order.
class Delegation::Visit {
 public:
  Visit(Delegation& delegation, const config::VirtualService& service)
      : delegation_(delegation), context_(delegation.context_), service_(service.metadata) {}

  FlatRoutes run(const std::vector<config::Route>& routes) {
    out_.routes = visit(service_, routes, nullptr);
    context_.clear_reached();
    return std::move(out_);
  }

 private:
  // What routes of a table get from the route that delegates to it.
  struct Parent {
    config::Matcher matcher;
    std::vector<RouteStep> steps;
    std::vector<const RouteOptionsLayer*> layers;
    std::vector<const config::RouteTable*> tables;  // being visited, the innermost last
    bool inheritable_matchers = false;
    bool inheritable_path_matchers = false;
  };

  std::vector<FlatRoute> visit(const config::Metadata& owner,
                               const std::vector<config::Route>& routes, const Parent* parent) {
    std::vector<FlatRoute> out;
    if (parent == nullptr) out.reserve(routes.size());
    for (uint32_t i = 0; i < routes.size(); ++i) {
      const RouteStep step{&owner, &routes[i], i, parent != nullptr};
      if (parent != nullptr) {
        if (!delegation_.spend(service_, parent->steps.front().route->at)) break;
        const RouteStep& from = parent->steps.back();
        context_.set_reached({&service_, from.owner, from.route->at});
      } else {
        context_.clear_reached();
      }
      visit_route(step, parent, out);
    }
    return out;
  }

  void visit_route(const RouteStep& step, const Parent* parent, std::vector<FlatRoute>& out) {
    FlatRoute flat;
    std::vector<const RouteOptionsLayer*> layers = own_layers(step);
    if (parent != nullptr) {
      if (!inherit_matchers(step, *parent, flat.inherited)) return;
      flat.steps = parent->steps;
      layers.insert(layers.end(), parent->layers.begin(), parent->layers.end());
    }
    flat.steps.push_back(step);
    flat.options = EffectiveOptions<config::RouteOptions>(std::move(layers));
    if (step.route->delegate) return delegate(flat, parent, out);
    out.push_back(std::move(flat));
  }

  std::vector<const RouteOptionsLayer*> own_layers(const RouteStep& step) {
    if (!step.in_table) return find_layers(step);
    const auto known = layers_.find(step.route);
    if (known != layers_.end()) return known->second;
    return layers_.emplace(step.route, find_layers(step)).first->second;
  }

  // A route's own options come first, then those that it refers to.
  std::vector<const RouteOptionsLayer*> find_layers(const RouteStep& step) {
    std::vector<const RouteOptionsLayer*> layers;
    const config::Route& route = *step.route;
    if (route.options) {
      layers.push_back(&out_.layers.emplace_back(&*route.options, step.owner, route.options->at,
                                                 step.field() + ".options"));
    }
    if (!route.options_refs) return layers;
    const auto& refs = route.options_refs->delegate_options;
    for (size_t i = 0; i < refs.size(); ++i) {
      const std::string field =
          fmt::format("{}.optionsConfigRefs.delegateOptions[{}]", step.field(), i);
      warn_of_missing_namespace(context_, refs[i], *step.owner, field);
      const std::string name = full_name(refs[i], *step.owner);
      const config::RouteOption* found = delegation_.options_.find(name);
      if (found == nullptr) {
        context_.warning(*step.owner, refs[i].at,
                         fmt::format("list did not find routeOption {}", name), field,
                         "define this RouteOption, or correct its name or namespace here");
      } else if (found->options) {
        layers.push_back(&out_.layers.emplace_back(&*found->options, &found->metadata,
                                                   found->options->at, "options"));
      }
    }
    return layers;
  }

  // False, with a warning, if the route does not fit under its parent.
  bool inherit_matchers(const RouteStep& step, const Parent& parent,
                        std::vector<config::Matcher>& out) {
    const config::Route& route = *step.route;
    const Inheritance inheritance{
        route.inheritable_matchers.value_or(parent.inheritable_matchers),
        route.inheritable_path_matchers.value_or(parent.inheritable_path_matchers)};
    out = inherit(route.matchers, parent.matcher, inheritance);
    for (size_t i = 0; i < out.size(); ++i) {
      if (!has_path(out[i]) && !route.delegate) {
        context_.error(*step.owner, out[i].at, std::string(config::kNoPath),
                       fmt::format("{}.matchers[{}]", step.field(), i),
                       std::string(config::kNoPathHint));
        return false;
      }
      const Mismatch mismatch = find_mismatch(parent.matcher, out[i]);
      if (mismatch.message.empty()) continue;
      context_.warning(*step.owner, step.route->at, mismatch.message + "; this route is left out",
                       step.field(), mismatch.hint);
      return false;
    }
    return true;
  }

  void delegate(const FlatRoute& from, const Parent* parent, std::vector<FlatRoute>& out) {
    const RouteStep& step = from.leaf();
    Parent next;
    if (!read_matcher(step, from.matchers(), next.matcher)) return;
    next.steps = from.steps;
    next.layers = from.options.layers();
    if (parent != nullptr) next.tables = parent->tables;
    next.inheritable_matchers = step.route->inheritable_matchers.value_or(
        parent != nullptr && parent->inheritable_matchers);
    next.inheritable_path_matchers = step.route->inheritable_path_matchers.value_or(
        parent != nullptr && parent->inheritable_path_matchers);
    const auto tables = delegation_.tables_.select(*step.route->delegate, *step.owner,
                                                   step.field() + ".delegateAction");
    for (auto first = tables.begin(); first != tables.end();) {
      const auto last = std::find_if(first, tables.end(), [&](const config::RouteTable* table) {
        return table->weight != (*first)->weight;
      });
      visit_tables({first, last}, next, out);
      first = last;
    }
  }

  // Tables of one weight. Where there are several, their routes are sorted so that the general does
  // not hide the special.
  void visit_tables(const std::vector<const config::RouteTable*>& tables, Parent& next,
                    std::vector<FlatRoute>& out) {
    const size_t before = out.size();
    for (const config::RouteTable* table : tables) {
      if (!may_enter(*table, next)) continue;
      next.tables.push_back(table);
      std::vector<FlatRoute> routes = visit(table->metadata, table->routes, &next);
      next.tables.pop_back();
      out.insert(out.end(), std::make_move_iterator(routes.begin()),
                 std::make_move_iterator(routes.end()));
    }
    if (tables.size() < 2) return;
    sort_by_path(std::span(out).subspan(before));
  }

  bool may_enter(const config::RouteTable& table, const Parent& next) {
    const RouteStep& from = next.steps.back();
    delegation_.reached_.insert(&table);
    if (std::ranges::find(next.tables, &table) != next.tables.end()) {
      if (!circles_.emplace(from.route, &table).second) return false;
      // At the table about to be visited, since it closes the circle.
      context_.error(table.metadata, table.metadata.at, cycle_text(next.tables, table), "",
                     fmt::format("the circle is closed at {}", context_.source_of(from.route->at)));
      return false;
    }
    if (next.tables.size() < delegation_.limits_.depth) {
      // A table without routes costs a visit as well.
      return !table.routes.empty() || delegation_.spend(service_, from.route->at);
    }
    context_.error(*from.owner, from.route->at,
                   fmt::format("routes are delegated through more than {} RouteTables",
                               delegation_.limits_.depth),
                   from.field());
    return false;
  }

  // The one prefix that a route delegates.
  bool read_matcher(const RouteStep& step, const std::vector<config::Matcher>& matchers,
                    config::Matcher& out) {
    if (matchers.empty()) {
      out = any_path();
      return true;
    }
    if (matchers.size() > 1) {
      context_.error(*step.owner, matchers[1].at, kMatcherCount, step.field() + ".matchers",
                     "make a route of each matcher");
      return false;
    }
    out = matchers[0];
    if (!has_path(out)) {
      if (asks_for_more(out)) {
        context_.warning(*step.owner, out.at,
                         "without a path this matcher stands for \"prefix: /\" and nothing else in "
                         "it counts, as in Gloo",
                         step.field() + ".matchers[0]", "add \"prefix: /\"");
      }
      out = any_path();
      return true;
    }
    if (out.prefix && !out.prefix->empty()) return true;
    context_.error(*step.owner, out.at, kMissingPrefix, step.field() + ".matchers[0]");
    return false;
  }

  Delegation& delegation_;
  BuildContext& context_;
  const config::Metadata& service_;
  FlatRoutes out_;
  // Of the routes of tables, which may be visited many times.
  boost::unordered_flat_map<const config::Route*, std::vector<const RouteOptionsLayer*>> layers_;
  std::set<std::pair<const config::Route*, const config::RouteTable*>> circles_;  // reported
};

Delegation::Delegation(BuildContext& context, DelegationLimits limits)
    : context_(context),
      limits_(limits),
      tables_(context),
      options_(context.resources.route_options) {}

FlatRoutes Delegation::flatten(const config::VirtualService& service) {
  if (!service.virtual_host) return {};
  FlatRoutes flat = Visit(*this, service).run(service.virtual_host->routes);
  // Refused anyway; building so many routes would be for nothing.
  if (spent_ > limits_.routes) flat.routes.clear();
  return flat;
}

void Delegation::report_unreached() const {
  for (const config::RouteTable& table : context_.resources.route_tables) {
    if (table.metadata.broken || reached_.contains(&table)) continue;
    context_.warning(table.metadata, table.metadata.at,
                     "no route delegates to this RouteTable, so that its routes are not served", "",
                     "give a route a delegateAction that names it or selects its labels");
  }
}

bool Delegation::spend(const config::Metadata& service, config::Position at) {
  if (spent_ > limits_.routes) return false;
  if (++spent_ <= limits_.routes) return true;
  context_.clear_reached();
  context_.error(
      service, at,
      fmt::format("with this route more than {} routes are reached by delegation", limits_.routes),
      "", "tables that are delegated to from many places multiply; delegate to each once");
  return false;
}

}  // namespace gnomon::routing
