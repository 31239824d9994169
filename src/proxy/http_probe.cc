#include "proxy/http_probe.h"

#include <algorithm>
#include <utility>

#include "proxy/request_probe.h"
#include "routing/rewrite.h"

namespace gnomon::proxy {
namespace {

constexpr std::string_view kServiceHeader = "x-envoy-upstream-healthchecked-cluster";

class HttpProbe final : public RequestProbe {
 public:
  HttpProbe(const ProbeContext& context, const routing::Cluster& cluster, ProbeTarget target,
            Done done)
      : RequestProbe(context, cluster, std::move(target),
                     cluster.health_check->http->http2 ? Protocol::http2 : Protocol::http1,
                     std::move(done)),
        check_(*cluster.health_check->http) {}

 private:
  void ask(http::ClientStream& stream) override {
    RequestHead head;
    head.method = parse_method(check_.method);
    head.method_name = check_.method;
    head.scheme = scheme();
    head.authority = check_.host.empty() ? host() : check_.host;
    head.path = check_.path;
    head.headers.add("user-agent", kUserAgent);
    routing::apply_edits(head.headers, check_.edits);
    stream.send_head(head);
    stream.send_end({});
  }

  bool expected(const ResponseHead& head) const {
    if (!head.headers.get(kServiceHeader).starts_with(check_.service)) return false;
    if (check_.statuses.empty()) return head.status == 200;
    return std::ranges::any_of(check_.statuses, [&](const auto& range) {
      return head.status >= range.first && head.status < range.second;
    });
  }

  void on_head(const ResponseHead& head) override {
    result_ = expected(head) ? ProbeResult::good : ProbeResult::bad;
    bytes_ = 0;
  }
  void on_body(const Chunk& chunk) override {
    bytes_ += chunk.size();
    if (bytes_ > kAnswerBytesMax) decide(result_);
  }
  ProbeResult judge(const Headers& /*trailers*/) override { return result_; }

  const routing::HttpCheck& check_;
  ProbeResult result_ = ProbeResult::network;
  size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<HealthProbe> make_http_probe(const ProbeContext& context,
                                             const routing::Cluster& cluster, ProbeTarget target,
                                             HealthProbe::Done done) {
  return std::make_unique<HttpProbe>(context, cluster, std::move(target), std::move(done));
}

}  // namespace gnomon::proxy
