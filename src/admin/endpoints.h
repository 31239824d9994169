// What the admin API answers, as a function of the request's head. No I/O.
#pragma once

#include <string>
#include <string_view>

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
  Endpoints(AdminSource& source, const net::Address& bound)
      : source_(source), bound_(bound), trials_(source.trials()) {}

  // `body` is all of the request's.
  Decision decide(const RequestHead& head, std::string_view body = {});
  // The answer to a request whose body is too large to be taken.
  static Answer body_refused(const RequestHead& head);
  // The answer to POST /reload, once its outcome is known.
  Answer reload_answer(bool successful, std::string_view problems) const;

 private:
  struct Endpoint;
  static const Endpoint kEndpoints[];

  Answer help(const RequestHead& head) const;
  Answer metrics(const RequestHead& head) const;
  Answer ready(const RequestHead& head) const;
  Answer healthz(const RequestHead& head) const;
  Answer config_dump(const RequestHead& head) const;
  Answer clusters(const RequestHead& head) const;

  AdminSource& source_;
  const net::Address bound_;
  TrialApi trials_;
};

}  // namespace gnomon::admin
