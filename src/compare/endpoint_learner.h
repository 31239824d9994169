// Names of endpoints, under which requests are counted: learnt from how many different values a
// segment of the path takes, given by a template, or the method of a gRPC service. Deterministic:
// the same requests in the same order give the same names.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compare/endpoint_template.h"

namespace gnomon::compare {

struct EndpointOptions {
  std::vector<EndpointTemplate> templates;  // the first that matches names the endpoint
  uint32_t distinct = 24;                // different words at a place, beyond which they are values
  uint32_t max_endpoints = 500;          // learnt; more are counted as "other"
  uint32_t max_segments = 12;            // what lies deeper is "**"
  uint32_t max_nodes = 4096;             // segments that are remembered
  size_t max_bytes = size_t{128} << 10;  // of their text
};

struct EndpointRequest {
  std::string_view method;
  std::string_view path;  // its query is never looked at
  bool grpc = false;      // by its content type
};

class EndpointLearner {
 public:
  static constexpr std::string_view kOther = "other";

  explicit EndpointLearner(EndpointOptions options);

  // "GET /user/{}/name", valid until the next call. To be called for requests whose path means
  // something to the service: learning from what it does not know (404) teaches nothing.
  std::string_view learn(const EndpointRequest& request);
  // The same without learning; what was never seen is "other".
  std::string_view find(const EndpointRequest& request);

  // Names that gave way to more general ones, in that order: whoever counts by name adds what is
  // under `from` to `to`. A name given up is never used again.
  struct Rename {
    std::string from;
    std::string to;
  };
  std::vector<Rename> take_renames() { return std::exchange(renames_, {}); }

  // What was learnt as text, for the next start of the process. Restoring adds to what is known,
  // within the limits, and is false where the text is not one of these.
  std::string snapshot() const;
  bool restore(std::string_view snapshot);

  size_t endpoints() const noexcept { return endpoints_; }
  // Requests that found no room.
  uint64_t refused() const noexcept { return refused_; }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> words;
    std::unique_ptr<Node> any;        // "{}"
    std::unique_ptr<Node> rest;       // "**"
    std::set<std::string_view> ends;  // methods, in static storage
    uint64_t seen = 0;
    bool merged = false;  // words that are not among these belong to `any`
  };

  bool name_of(const EndpointRequest& request, bool learning);
  bool name_by_template(std::string_view method, std::string_view path);
  bool name_by_service(std::string_view path, bool learning);
  bool name_by_path(std::string_view method, std::string_view path, bool learning);
  Node* step(Node& node, std::string_view segment, bool learning);
  Node* word(Node& node, std::string_view segment, bool learning);
  Node* child(std::unique_ptr<Node>& place, bool learning);
  bool end(Node& node, std::string_view method, bool learning);

  void settle(Node& node, const std::string& prefix);
  void collapse(Node& node, const std::string& prefix);
  void absorb(Node& into, const std::string& to, std::unique_ptr<Node> from,
              const std::string& was);
  void absorb_word(Node& into, const std::string& to, std::string_view word,
                   std::unique_ptr<Node> from, const std::string& was);
  void absorb_place(std::unique_ptr<Node>& into, const std::string& to, std::unique_ptr<Node> from,
                    const std::string& was);
  void rename_below(const Node& node, const std::string& from, const std::string& to);

  void write(const Node& node, const std::string& prefix, std::string& out) const;
  bool restore_line(std::string_view line);
  bool restore_word(std::string_view text);
  Node* restore_node(std::string_view path);

  EndpointOptions options_;
  Node root_;
  std::set<std::string, std::less<>> services_;
  std::vector<Rename> renames_;
  std::string name_;
  bool crowded_ = false;  // some node has more words than are told apart
  size_t endpoints_ = 0;
  size_t nodes_ = 0;
  size_t bytes_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace gnomon::compare
