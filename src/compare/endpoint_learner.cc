#include "compare/endpoint_learner.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "compare/path_segment.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kAny = "{}";
constexpr std::string_view kRest = "**";
// A word seen this often before its place became crowded is one: values come and go.
constexpr uint64_t kSteady = 16;
constexpr size_t kMaxServicePath = 200;

// In static storage. Whatever is not a method of RFC 9110 or 5789 is one bucket.
std::string_view known_method(std::string_view method) noexcept {
  static constexpr std::string_view kMethods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                  "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  const auto* found = std::ranges::find(kMethods, method);
  return found == std::end(kMethods) ? "OTHER" : *found;
}

// /package.Service/Method
bool is_service_path(std::string_view path) noexcept {
  if (path.size() > kMaxServicePath || !path.starts_with('/')) return false;
  const size_t slash = path.find('/', 1);
  if (slash == std::string_view::npos || slash == 1 || slash + 1 == path.size()) return false;
  return std::ranges::all_of(path.substr(slash + 1), [](char c) { return c != '/'; }) &&
         std::ranges::all_of(path, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '/';
         });
}

std::string below(const std::string& prefix, std::string_view segment) {
  return std::string(prefix).append("/").append(segment);
}

std::string endpoint(std::string_view method, const std::string& path) {
  return std::string(method).append(" ").append(path);
}

}  // namespace

EndpointLearner::EndpointLearner(EndpointOptions options) : options_(std::move(options)) {
  options_.distinct = std::max<uint32_t>(options_.distinct, 1);
  options_.max_segments = std::max<uint32_t>(options_.max_segments, 1);
}

std::string_view EndpointLearner::learn(const EndpointRequest& request) {
  bool named = name_of(request, true);
  if (crowded_) {
    settle(root_, "");
    crowded_ = false;
    named = name_of(request, false);
  }
  if (named) return name_;
  ++refused_;
  return kOther;
}

std::string_view EndpointLearner::find(const EndpointRequest& request) {
  return name_of(request, false) ? std::string_view(name_) : kOther;
}

// ---- naming ---------------------------------------------------------------------------------

bool EndpointLearner::name_of(const EndpointRequest& request, bool learning) {
  const std::string_view method = known_method(request.method);
  return name_by_template(method, request.path) ||
         (request.grpc && name_by_service(request.path, learning)) ||
         name_by_path(method, request.path, learning);
}

bool EndpointLearner::name_by_template(std::string_view method, std::string_view path) {
  if (options_.templates.empty()) return false;
  const std::vector<std::string_view> segments = path_segments(path, path.size() + 1);
  const auto found = std::ranges::find_if(options_.templates, [&](const EndpointTemplate& named) {
    return named.matches(method, segments);
  });
  if (found == options_.templates.end()) return false;
  name_.assign(method).append(" ").append(found->path());
  return true;
}

bool EndpointLearner::name_by_service(std::string_view path, bool learning) {
  if (!is_service_path(path)) return false;
  if (!services_.contains(path)) {
    if (!learning || endpoints_ >= options_.max_endpoints) return false;
    services_.emplace(path);
    ++endpoints_;
  }
  name_ = path;
  return true;
}

bool EndpointLearner::name_by_path(std::string_view method, std::string_view path, bool learning) {
  name_.assign(method).append(" ");
  const std::vector<std::string_view> segments = path_segments(path, options_.max_segments);
  Node* node = &root_;
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool deep = i + 1 == segments.size() && segments[i].contains('/');
    node = deep ? child(node->rest, learning) : step(*node, segments[i], learning);
    if (node == nullptr) return false;
    if (deep) name_.append("/").append(kRest);
    if (learning) ++node->seen;
  }
  return end(*node, method, learning);
}

EndpointLearner::Node* EndpointLearner::step(Node& node, std::string_view segment, bool learning) {
  const bool value = looks_like_value(segment);
  const bool known = !value && node.words.contains(segment);
  if (value || (!known && node.merged)) {
    name_.append("/").append(kAny);
    return child(node.any, learning);
  }
  name_.append("/").append(segment);
  return word(node, segment, learning);
}

EndpointLearner::Node* EndpointLearner::word(Node& node, std::string_view segment, bool learning) {
  const auto found = node.words.find(segment);
  if (found != node.words.end()) return found->second.get();
  if (!learning || nodes_ >= options_.max_nodes || bytes_ + segment.size() > options_.max_bytes) {
    return nullptr;
  }
  ++nodes_;
  bytes_ += segment.size();
  const auto added = node.words.emplace(segment, std::make_unique<Node>()).first;
  if (node.words.size() > options_.distinct) crowded_ = true;
  return added->second.get();
}

EndpointLearner::Node* EndpointLearner::child(std::unique_ptr<Node>& place, bool learning) {
  if (!place) {
    if (!learning || nodes_ >= options_.max_nodes) return nullptr;
    ++nodes_;
    place = std::make_unique<Node>();
  }
  return place.get();
}

bool EndpointLearner::end(Node& node, std::string_view method, bool learning) {
  if (node.ends.contains(method)) return true;
  if (!learning || endpoints_ >= options_.max_endpoints) return false;
  node.ends.insert(method);
  ++endpoints_;
  return true;
}

// ---- merging --------------------------------------------------------------------------------

void EndpointLearner::settle(Node& node, const std::string& prefix) {
  if (node.words.size() > options_.distinct) collapse(node, prefix);
  for (const auto& [text, child] : node.words) settle(*child, below(prefix, text));
  if (node.any) settle(*node.any, below(prefix, kAny));
}

void EndpointLearner::collapse(Node& node, const std::string& prefix) {
  std::vector<std::pair<uint64_t, std::string>> steady;
  for (const auto& [text, child] : node.words) {
    if (child->seen >= kSteady) steady.emplace_back(child->seen, text);
  }
  std::ranges::sort(steady, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (steady.size() > options_.distinct / 2) steady.resize(options_.distinct / 2);

  auto words = std::exchange(node.words, {});
  for (const auto& [seen, text] : steady) node.words.insert(words.extract(text));
  node.merged = true;
  for (auto& [text, child] : words) {
    bytes_ -= text.size();
    absorb_place(node.any, below(prefix, kAny), std::move(child), below(prefix, text));
  }
}

// What was called `was` is now called `to`. A name may only become more general by this: where one
// side has merged its words, words that it does not tell apart stay together.
void EndpointLearner::absorb(Node& into, const std::string& to, std::unique_ptr<Node> from,
                             const std::string& was) {
  --nodes_;
  into.seen += from->seen;
  for (const std::string_view method : from->ends) {
    if (!into.ends.insert(method).second) --endpoints_;
    renames_.push_back({endpoint(method, was), endpoint(method, to)});
  }
  if (from->merged && !into.merged) {
    into.merged = true;
    for (auto word = into.words.begin(); word != into.words.end();) {
      const auto next = std::next(word);
      if (!from->words.contains(word->first)) {
        auto moved = into.words.extract(word);
        bytes_ -= moved.key().size();
        absorb_place(into.any, below(to, kAny), std::move(moved.mapped()), below(to, moved.key()));
      }
      word = next;
    }
    for (auto& [text, child] : from->words) {
      if (!into.words.contains(text)) {
        rename_below(*child, below(was, text), below(to, text));
        into.words.emplace(text, std::move(child));
      }
    }
  }
  for (auto& [text, child] : from->words) {
    if (child) absorb_word(into, to, text, std::move(child), below(was, text));
  }
  if (from->any) absorb_place(into.any, below(to, kAny), std::move(from->any), below(was, kAny));
  if (from->rest) {
    absorb_place(into.rest, below(to, kRest), std::move(from->rest), below(was, kRest));
  }
}

void EndpointLearner::absorb_word(Node& into, const std::string& to, std::string_view word,
                                  std::unique_ptr<Node> from, const std::string& was) {
  const auto known = into.words.find(word);
  if (known != into.words.end()) {
    bytes_ -= word.size();
    absorb(*known->second, below(to, word), std::move(from), was);
  } else if (into.merged) {
    bytes_ -= word.size();
    absorb_place(into.any, below(to, kAny), std::move(from), was);
  } else {
    rename_below(*from, was, below(to, word));
    into.words.emplace(word, std::move(from));
  }
}

void EndpointLearner::absorb_place(std::unique_ptr<Node>& into, const std::string& to,
                                   std::unique_ptr<Node> from, const std::string& was) {
  if (into) {
    absorb(*into, to, std::move(from), was);
  } else {
    rename_below(*from, was, to);
    into = std::move(from);
  }
}

void EndpointLearner::rename_below(const Node& node, const std::string& from,
                                   const std::string& to) {
  for (const std::string_view method : node.ends) {
    renames_.push_back({endpoint(method, from), endpoint(method, to)});
  }
  for (const auto& [text, child] : node.words) {
    rename_below(*child, below(from, text), below(to, text));
  }
  if (node.any) rename_below(*node.any, below(from, kAny), below(to, kAny));
  if (node.rest) rename_below(*node.rest, below(from, kRest), below(to, kRest));
}

// ---- keeping --------------------------------------------------------------------------------

// Lines of "E METHOD path", "M path" for a place whose words are merged, "W COUNT path" for a word
// that has been seen so often that it is one, "S path" for services.
std::string EndpointLearner::snapshot() const {
  std::string out;
  for (const std::string& path : services_) out.append("S ").append(path).append("\n");
  write(root_, "", out);
  return out;
}

void EndpointLearner::write(const Node& node, const std::string& prefix, std::string& out) const {
  if (node.merged) out.append("M ").append(prefix).append("\n");
  for (const std::string_view method : node.ends) {
    out.append("E ").append(endpoint(method, prefix)).append("\n");
  }
  for (const auto& [text, child] : node.words) {
    const std::string path = below(prefix, text);
    write(*child, path, out);
    if (child->seen < kSteady) continue;
    out.append("W ").append(std::to_string(child->seen)).append(" ").append(path).append("\n");
  }
  if (node.any) write(*node.any, below(prefix, kAny), out);
  if (node.rest) write(*node.rest, below(prefix, kRest), out);
}

bool EndpointLearner::restore(std::string_view snapshot) {
  while (!snapshot.empty()) {
    const size_t end = snapshot.find('\n');
    if (end == std::string_view::npos || !restore_line(snapshot.substr(0, end))) return false;
    snapshot.remove_prefix(end + 1);
  }
  if (std::exchange(crowded_, false)) settle(root_, "");
  return true;
}

bool EndpointLearner::restore_line(std::string_view line) {
  const std::string_view text = line.substr(std::min<size_t>(line.size(), 2));
  if (line.starts_with("S ")) return name_by_service(text, true);
  if (line.starts_with("M ")) {
    Node* node = restore_node(text);
    if (node != nullptr) node->merged = true;
    return node != nullptr;
  }
  const size_t space = text.find(' ');
  if (line.starts_with("W ")) return restore_word(text);
  if (!line.starts_with("E ") || space == std::string_view::npos) return false;
  Node* node = restore_node(text.substr(space + 1));
  return node != nullptr && end(*node, known_method(text.substr(0, space)), true);
}

bool EndpointLearner::restore_word(std::string_view text) {
  uint64_t seen = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seen);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (error != std::errc{} || !text.starts_with(" /")) return false;
  Node* node = restore_node(text.substr(1));
  if (node != nullptr) node->seen += seen;
  return node != nullptr;
}

EndpointLearner::Node* EndpointLearner::restore_node(std::string_view path) {
  Node* node = &root_;
  while (node != nullptr && !path.empty()) {
    if (path.front() != '/') return nullptr;
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment == kAny) {
      node = child(node->any, true);
    } else if (segment == kRest) {
      node = child(node->rest, true);
    } else {
      node = looks_like_value(segment) ? nullptr : word(*node, segment, true);
    }
  }
  return node;
}

}  // namespace gnomon::compare
