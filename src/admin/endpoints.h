// What the admin API answers, as a function of the request's head. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "admin/source.h"
#include "msg/head.h"
#include "net/address.h"

namespace gnomon::admin {

struct Answer {
  uint16_t status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string_view allow;  // of a 405
};

// What is to be done about a request.
struct Decision {
  enum class Kind : uint8_t { answer, reload };
  Kind kind = Kind::answer;
  Answer answer;
};

class Endpoints {
 public:
  Endpoints(AdminSource& source, const net::Address& bound) : source_(source), bound_(bound) {}

  Decision decide(const RequestHead& head) const;
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
};

}  // namespace gnomon::admin
