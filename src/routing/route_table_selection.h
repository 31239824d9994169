// Which RouteTables a route delegates to.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <utility>
#include <vector>

#include "config/route_table.h"
#include "routing/build_context.h"
#include "routing/resource_names.h"

namespace gnomon::routing {

class RouteTableSelection {
 public:
  explicit RouteTableSelection(BuildContext& context);

  // By weight, then by namespace and name; empty, and a warning said why, if there is none. `field`
  // is the path of the route below its owner's spec. Tables are asked for many times over where
  // several routes lead to one, so the answer is kept.
  const std::vector<const config::RouteTable*>& select(const config::DelegateAction& action,
                                                       const config::Metadata& owner,
                                                       const std::string& field);

 private:
  using Tables = std::vector<const config::RouteTable*>;

  Tables find(const config::DelegateAction& action, const config::Metadata& owner,
              const std::string& field);
  Tables find_reference(const config::ResourceRef& ref, const config::Metadata& owner,
                        const std::string& field);
  Tables find_selected(const config::RouteTableSelector& selector, const config::Metadata& owner,
                       const std::string& field);
  const Tables& candidates(const config::RouteTableSelector& selector) const;

  BuildContext& context_;
  ResourceNames<config::RouteTable> by_name_;
  Tables all_;
  // By one label, so that ten thousand selectors over ten thousand tables stay affordable.
  boost::unordered_flat_map<std::pair<std::string, std::string>, Tables> by_label_;
  boost::unordered_flat_map<const config::DelegateAction*, Tables> selected_;
};

}  // namespace gnomon::routing
