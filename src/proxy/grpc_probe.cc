#include "proxy/grpc_probe.h"

#include <utility>

#include "proxy/grpc.h"
#include "proxy/grpc_health.h"
#include "proxy/request_probe.h"
#include "routing/rewrite.h"

namespace gnomon::proxy {
namespace {

class GrpcProbe final : public RequestProbe {
 public:
  GrpcProbe(const ProbeContext& context, const routing::Cluster& cluster, ProbeTarget target,
            Done done)
      : RequestProbe(context, cluster, std::move(target), Protocol::http2, std::move(done)),
        check_(*cluster.health_check->grpc) {}

 private:
  void ask(http::ClientStream& stream) override {
    RequestHead head;
    head.method = Method::post;
    head.method_name = "POST";
    head.body = BodyKind::streamed;
    head.te_trailers = true;
    head.scheme = scheme();
    head.authority = check_.authority.empty() ? host() : check_.authority;
    head.path = "/grpc.health.v1.Health/Check";
    head.headers.add("content-type", "application/grpc");
    head.headers.add("user-agent", kUserAgent);
    routing::apply_edits(head.headers, check_.edits);
    answer_.clear();
    stream.send_head(head);
    stream.send_body(Chunk::copy_of(make_health_question(check_.service)));
    stream.send_end({});
  }

  void on_head(const ResponseHead& head) override {
    is_answer_ = head.status == 200 && is_grpc(head.headers);
  }
  void on_body(const Chunk& chunk) override {
    answer_ += chunk.view();
    if (answer_.size() > kAnswerBytesMax) decide(ProbeResult::bad);
  }
  // An answer without a message has its status in the head, and whatever that says is unwell.
  ProbeResult judge(const Headers& trailers) override {
    const bool good = is_answer_ && grpc_status(trailers) == 0 && says_serving(answer_);
    return good ? ProbeResult::good : ProbeResult::bad;
  }

  const routing::GrpcCheck& check_;
  std::string answer_;
  bool is_answer_ = false;
};

}  // namespace

std::unique_ptr<HealthProbe> make_grpc_probe(const ProbeContext& context,
                                             const routing::Cluster& cluster, ProbeTarget target,
                                             HealthProbe::Done done) {
  return std::make_unique<GrpcProbe>(context, cluster, std::move(target), std::move(done));
}

}  // namespace gnomon::proxy
