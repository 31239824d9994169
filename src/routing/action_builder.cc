#include "routing/action_builder.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "config/text_rules.h"
#include "routing/edits_builder.h"
#include "routing/rewrite.h"

namespace gnomon::routing {
namespace {

constexpr std::array<uint16_t, 5> kRedirectStatus{301, 302, 303, 307, 308};

class ActionBuilder {
 public:
  ActionBuilder(const Place& place, const ClusterGroups& groups) : place_(place), groups_(groups) {}

  Redirect build_redirect(const config::RedirectAction& from) {
    Redirect to;
    to.status = kRedirectStatus[static_cast<size_t>(from.code)];
    to.host = from.host;
    to.path = from.path;
    // As in a route's options, an empty one is none.
    if (!from.prefix_rewrite.value_or("").empty()) to.prefix = from.prefix_rewrite;
    to.https = from.https;
    to.strip_query = from.strip_query;
    to.port = from.port;
    if (!from.regex_rewrite) return to;
    const config::RegexSubstitution& rewrite = *from.regex_rewrite;
    to.regex = place_.compile(rewrite.pattern.regex, "redirectAction.regexRewrite.pattern.regex");
    to.substitution = rewrite.substitution.value;
    const std::string problem =
        to.regex == nullptr ? "" : substitution_problem(*to.regex, to.substitution);
    if (!problem.empty()) {
      place_.error(rewrite.substitution.at.line == 0 ? rewrite.at : rewrite.substitution.at,
                   fmt::format("invalid substitution: {}", problem),
                   "redirectAction.regexRewrite.substitution");
    }
    return to;
  }

  // A route whose destinations are of a kind that is not served yet has one cluster that does not
  // exist: it matches and answers 503.
  void build_destinations(const config::Route& from, Route& route) {
    if (from.action && from.action->multi) {
      build_multi(*from.action->multi, route);
    } else if (from.action && from.action->single) {
      route.clusters.push_back(build_destination(place_.context, *place_.owner,
                                                 *from.action->single, 1,
                                                 place_.path + ".routeAction.single"));
      route.total_weight = 1;
    } else if (from.action && from.action->upstream_group) {
      build_group(*from.action->upstream_group, route);
    } else {
      if (from.action && from.action->cluster_header) {
        route.cluster_header = *from.action->cluster_header;
      }
      route.clusters.push_back(WeightedCluster{kNoCluster, 1, "not served yet"});
      route.total_weight = 1;
    }
  }

 private:
  void build_multi(const config::MultiDestination& from, Route& route) {
    const auto& destinations = from.destinations;
    for (size_t i = 0; i < destinations.size(); ++i) {
      const config::WeightedDestination& destination = destinations[i];
      const std::string field =
          fmt::format("{}.routeAction.multi.destinations[{}]", place_.path, i);
      route.clusters.push_back(build_destination(place_.context, *place_.owner,
                                                 destination.destination, destination.weight,
                                                 field + ".destination"));
      if (destination.options && destination.options->headers) {
        const Place options{place_.context, place_.owner, field + ".options"};
        route.clusters.back().edits = build_edits(options, *destination.options->headers);
      }
      route.total_weight += destination.weight;
    }
  }

  void build_group(const config::ResourceRef& ref, Route& route) {
    const std::string name = full_name(ref, *place_.owner);
    warn_of_missing_namespace(place_.context, ref, *place_.owner,
                              place_.path + ".routeAction.upstreamGroup");
    if (const ClusterGroup* group = groups_.find(name)) {
      route.clusters = group->clusters;
      route.total_weight = group->total_weight;
      return;
    }
    place_.warning(ref.at,
                   fmt::format("*v1.UpstreamGroup {{ {} }} not found; requests get 503", name),
                   "routeAction.upstreamGroup",
                   "define this UpstreamGroup, or correct its name or namespace here");
    route.clusters.push_back(WeightedCluster{kNoCluster, 1, cluster_name(ref, *place_.owner)});
    route.total_weight = 1;
  }

  const Place& place_;
  const ClusterGroups& groups_;
};

}  // namespace

void build_action(const Place& place, const ClusterGroups& groups, const config::Metadata& service,
                  const config::Route& from, Route& route) {
  ActionBuilder builder(place, groups);
  // With a placeholder left in its host, of which a warning told when it was read, there is nowhere
  // to send the client: 503.
  const bool misdirected =
      from.redirect && !from.redirect->host.empty() && !config::is_authority(from.redirect->host);
  if (from.redirect && !misdirected) {
    route.redirect = builder.build_redirect(*from.redirect);
  } else if (from.direct) {
    route.direct = DirectResponse{from.direct->status, from.direct->body};
    if (from.direct->body.empty()) return;
    place.context.direct_bodies[&service].push_back(
        {place.owner, from.direct->at, from.direct->body.size()});
  } else {
    builder.build_destinations(from, route);
  }
}

}  // namespace gnomon::routing
