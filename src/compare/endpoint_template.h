// An endpoint that somebody named: "/api/pets/{id}", "GET /files/*/meta", "/static/**".
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::compare {

class EndpointTemplate {
 public:
  // "{...}" and "*" stand for one segment, "**" at the end for one or more. A method in front
  // restricts it to that method. The error says what is wrong.
  static std::expected<EndpointTemplate, std::string> parse(std::string_view text);

  bool matches(std::string_view method, std::span<const std::string_view> segments) const noexcept;
  std::string_view method() const noexcept { return method_; }  // empty: any
  // As it was written, without the method.
  std::string_view path() const noexcept { return path_; }

 private:
  struct Part {
    std::string literal;
    bool any = false;
  };

  std::string method_;  // empty: any
  std::string path_;
  std::vector<Part> parts_;
  bool rest_ = false;
};

}  // namespace gnomon::compare
