// options of routes, virtual hosts and weighted destinations to what the plan says of them.
#pragma once

#include <string>
#include <string_view>

#include "config/route_options.h"
#include "routing/build_context.h"

namespace gnomon::routing {

// Options that come from one resource. `field` is where they stand, such as
// "virtualHost.routes[0].options".
class OptionsBuilder {
 public:
  OptionsBuilder(BuildContext& context, const config::Metadata& owner, std::string_view field)
      : context_(context), owner_(owner), field_(field) {}

  // Everything but shadowing, headers and what the virtual host has a say in.
  static StreamDuration build_stream_duration(const config::MaxStreamDuration& from);
  void build_forwarding(const config::RouteOptions& from, Route& to);

  HeaderEdits build_edits(const config::HeaderManipulation& headers);
  RetryPolicy build_retries(const config::Retries& from);
  std::optional<CorsPolicy> build_cors(const config::Cors& from);
  std::vector<HashPolicy> build_hash(const config::LoadBalancerHash& from);

 private:
  void build_host_rewrite(const config::RouteOptions& from, HostRewrite& to);
  std::optional<RegexRewrite> build_regex_rewrite(const config::RegexSubstitution& from,
                                                  std::string_view name);
  void add_level(const std::vector<std::string>& remove, const std::vector<config::HeaderAdd>& add,
                 std::string_view name, std::vector<HeaderEdit>& out);
  void add_secret(const config::ResourceRef& ref, HeaderEdit::Op op, std::string_view name,
                  std::vector<HeaderEdit>& out);
  uint32_t build_retry_conditions(const config::Located<std::string>& on);
  RegexPtr compile(const config::Located<std::string>& pattern, std::string_view name);
  std::string path(std::string_view name) const;

  BuildContext& context_;
  const config::Metadata& owner_;
  const std::string field_;
};

// What a virtual host does to the requests of all its routes; null when that is nothing.
std::shared_ptr<const RouteFilters> build_host_filters(OptionsBuilder& builder,
                                                       const config::VirtualHostOptions& options);

// The same for one route, whose own options replace those of `host`, field by field.
std::shared_ptr<const RouteFilters> build_route_filters(OptionsBuilder& builder,
                                                        const config::RouteOptions& options,
                                                        std::shared_ptr<const RouteFilters> host,
                                                        config::CorsMerge merge);

}  // namespace gnomon::routing
