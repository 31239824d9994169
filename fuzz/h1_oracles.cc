#include "h1_oracles.h"

#include <fmt/format.h>
#include <llhttp.h>

#include <boost/beast/http/basic_parser.hpp>
#include <limits>

namespace gnomon::fuzz {
namespace {

std::string trimmed(std::string_view value) {
  const size_t first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(value.substr(first, value.find_last_not_of(" \t") - first + 1));
}

class Llhttp {
 public:
  Llhttp(llhttp_type_t type, bool to_head) : to_head_(to_head) {
    llhttp_settings_init(&settings_);
    settings_.on_method = append<&Opinion::method>;
    settings_.on_url = append<&Opinion::target>;
    settings_.on_body = append<&Opinion::body>;
    settings_.on_header_field = [](llhttp_t* p, const char* at, size_t n) {
      self(p).name_.append(at, n);
      return 0;
    };
    settings_.on_header_value = [](llhttp_t* p, const char* at, size_t n) {
      self(p).value_.append(at, n);
      return 0;
    };
    settings_.on_header_value_complete = [](llhttp_t* p) {
      self(p).add_field();
      return 0;
    };
    settings_.on_headers_complete = [](llhttp_t* p) {
      self(p).in_trailers_ = true;
      // llhttp leaves it to its user that these have no body, whatever they declare.
      const bool bodiless = self(p).to_head_ || p->status_code / 100 == 1 ||
                            p->status_code == 204 || p->status_code == 304;
      return bodiless ? 1 : 0;
    };
    settings_.on_message_complete = [](llhttp_t* p) {
      self(p).complete_ = true;
      return static_cast<int>(HPE_PAUSED);
    };
    llhttp_init(&parser_, type, &settings_);
    parser_.data = this;
  }

  Opinion ask(std::string_view bytes, bool closed) {
    llhttp_errno_t error = llhttp_execute(&parser_, bytes.data(), bytes.size());
    const char* stopped = llhttp_get_error_pos(&parser_);
    if (error == HPE_OK && closed) {
      error = llhttp_finish(&parser_);
      stopped = bytes.data() + bytes.size();
    }
    opinion_.status = parser_.status_code;
    if (complete_) {
      opinion_.verdict = Opinion::Verdict::complete;
      opinion_.consumed =
          error == HPE_OK ? bytes.size() : static_cast<size_t>(stopped - bytes.data());
    } else if (error != HPE_OK) {
      opinion_.verdict = Opinion::Verdict::refused;
    }
    return std::move(opinion_);
  }

 private:
  static Llhttp& self(llhttp_t* parser) { return *static_cast<Llhttp*>(parser->data); }
  template <std::string Opinion::* member>
  static int append(llhttp_t* parser, const char* at, size_t n) {
    (self(parser).opinion_.*member).append(at, n);
    return 0;
  }
  void add_field() {
    FieldList& list = in_trailers_ ? opinion_.trailers : opinion_.fields;
    list.emplace_back(name_, trimmed(value_));
    name_.clear();
    value_.clear();
  }

  bool to_head_;
  bool in_trailers_ = false;
  bool complete_ = false;
  std::string name_;
  std::string value_;
  Opinion opinion_;
  llhttp_settings_t settings_{};
  llhttp_t parser_{};
};

namespace beast = boost::beast;

template <bool is_request>
class Beast : public beast::http::basic_parser<is_request> {
 public:
  explicit Beast(bool to_head) {
    this->eager(true);
    this->skip(to_head);
    this->header_limit(std::numeric_limits<uint32_t>::max());
    this->body_limit(boost::none);
  }

  Opinion ask(std::string_view bytes, bool closed) {
    beast::error_code error;
    size_t at = 0;
    while (!this->is_done()) {
      const size_t used =
          this->put(boost::asio::const_buffer(bytes.data() + at, bytes.size() - at), error);
      at += used;
      if (error || (used == 0 && at == bytes.size())) break;
    }
    const bool starved = error == beast::http::error::need_more || !error;
    if (!this->is_done() && starved && closed) {
      error = {};
      this->put_eof(error);
    }
    if (this->is_done()) {
      opinion_.verdict = Opinion::Verdict::complete;
      opinion_.consumed = at;
    } else if (error && error != beast::http::error::need_more) {
      opinion_.verdict = Opinion::Verdict::refused;
    }
    return std::move(opinion_);
  }

 private:
  using sv = beast::string_view;
  using Error = beast::error_code;
  static std::string text(sv s) { return {s.data(), s.size()}; }

  void on_request_impl(beast::http::verb /*method*/, sv method, sv target, int /*version*/,
                       Error& /*error*/) override {
    opinion_.method = text(method);
    opinion_.target = text(target);
  }
  void on_response_impl(int code, sv /*reason*/, int /*version*/, Error& /*error*/) override {
    opinion_.status = static_cast<unsigned>(code);
  }
  void on_field_impl(beast::http::field /*id*/, sv name, sv value, Error& /*error*/) override {
    FieldList& list = this->is_header_done() ? opinion_.trailers : opinion_.fields;
    list.emplace_back(text(name), trimmed({value.data(), value.size()}));
  }
  void on_header_impl(Error& /*error*/) override {}
  void on_body_init_impl(const boost::optional<uint64_t>& /*length*/, Error& /*error*/) override {}
  size_t on_body_impl(sv body, Error& /*error*/) override {
    opinion_.body += text(body);
    return body.size();
  }
  void on_chunk_header_impl(uint64_t /*size*/, sv /*extensions*/, Error& /*error*/) override {}
  size_t on_chunk_body_impl(uint64_t /*remain*/, sv body, Error& error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(Error& /*error*/) override {}

  Opinion opinion_;
};

}  // namespace

Opinion llhttp_request(std::string_view bytes) {
  return Llhttp(HTTP_REQUEST, false).ask(bytes, false);
}
Opinion llhttp_response(std::string_view bytes, bool to_head, bool closed) {
  return Llhttp(HTTP_RESPONSE, to_head).ask(bytes, closed);
}
Opinion beast_request(std::string_view bytes) { return Beast<true>(false).ask(bytes, false); }
Opinion beast_response(std::string_view bytes, bool to_head, bool closed) {
  return Beast<false>(to_head).ask(bytes, closed);
}

std::string describe(const Opinion& opinion) {
  std::string out =
      fmt::format("verdict {} consumed {} {} {} {}", static_cast<int>(opinion.verdict),
                  opinion.consumed, opinion.method, opinion.target, opinion.status);
  for (const auto& [name, value] : opinion.fields) out += fmt::format(" [{}={}]", name, value);
  out += fmt::format(" body {}", opinion.body);
  for (const auto& [name, value] : opinion.trailers) out += fmt::format(" [{}={}]", name, value);
  return out;
}

}  // namespace gnomon::fuzz
