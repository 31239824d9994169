// Routes in one line, as glooctl writes them: "[name: ]<paths> -> <destination>".
#pragma once

#include <string>

#include "config/resources.h"

namespace gnomon::cli {

// `owner` is the resource that the route stands in. What is copied is said behind the destination.
std::string describe_route(const config::Route& route, const config::Metadata& owner);
std::string describe_destination(const config::Destination& destination,
                                 const config::Metadata& owner);
// A copy that a ShadowTest adds.
std::string describe_shadow_test(const config::ShadowTest& test);

}  // namespace gnomon::cli
