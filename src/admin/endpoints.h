// What the admin API answers, as a function of the request's head. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "admin/access_rules.h"
#include "admin/answer.h"
#include "admin/source.h"
#include "admin/trial_api.h"
#include "msg/head.h"
#include "net/address.h"

namespace gnomon::admin {

// What is to be done about a request.
struct Decision {
  enum class Kind : uint8_t { answer, reload };
  Kind kind = Kind::answer;
  Answer answer;
};

class Endpoints {
 public:
  Endpoints(AdminSource& source, const net::Address& bound, Access access = {})
      : source_(source),
        bound_(bound),
        access_(std::move(access)),
        trials_(source.trials(), access_.verdicts_only) {}

  // `body` is all of the request's.
  Decision decide(const RequestHead& head, std::string_view body = {});
  // The answer to a request whose body is too large to be taken.
  static Answer body_refused(const RequestHead& head);
  // The answer to POST /reload, once its outcome is known.
  Answer reload_answer(bool successful, std::string_view problems) const;

 private:
  struct Endpoint;
  static const Endpoint kEndpoints[];

  std::string_view host_wanted() const;
  Answer help(const RequestHead& head) const;
  Answer metrics(const RequestHead& head) const;
  Answer ready(const RequestHead& head) const;
  Answer healthz(const RequestHead& head) const;
  Answer config_dump(const RequestHead& head) const;
  Answer clusters(const RequestHead& head) const;

  AdminSource& source_;
  const net::Address bound_;
  const Access access_;
  TrialApi trials_;
};

}  // namespace gnomon::admin
