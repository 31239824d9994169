#include "config/resources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "config/testing.h"

namespace gnomon::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUpstream = R"(apiVersion: gloo.solo.io/v1
kind: Upstream
metadata: {name: blue, namespace: shop}
spec: {static: {hosts: [{addr: 10.0.0.1, port: 80}]}}
)";

Resources load_files(std::map<std::string, std::string> files, const std::string& path = "dir") {
  MemoryFiles memory(std::move(files));
  return load(memory, path);
}

TEST(Resources, reads_the_kubernetes_shape) {
  const Resources resources = load_text(kUpstream);
  EXPECT_EQ(brief(resources), "");
  ASSERT_EQ(resources.upstreams.size(), 1u);
  EXPECT_EQ(resources.upstreams[0].metadata.full_name(), "shop.blue");
  EXPECT_EQ(resources.upstreams[0].metadata.path("static"), "spec.static");
  EXPECT_EQ(resources.upstreams[0].static_hosts->hosts.at(0).addr, "10.0.0.1");
}

TEST(Resources, reads_the_flat_shape_by_its_directory) {
  const Resources resources = load_files(
      {{"dir/upstreams/shop/anything.yaml",
        "metadata: {name: blue}\nstatic: {hosts: [{addr: a, port: 1}]}\nstatus: {state: 1}\n"},
       {"dir/virtualservices/shop/x.yml", "metadata: {name: site, namespace: shop}\n"}});
  EXPECT_EQ(brief(resources), "");
  ASSERT_EQ(resources.upstreams.size(), 1u);
  EXPECT_EQ(resources.upstreams[0].metadata.full_name(), "gloo-system.blue");
  EXPECT_EQ(resources.upstreams[0].metadata.path("static"), "static");
  ASSERT_EQ(resources.virtual_services.size(), 1u);
}

TEST(Resources, reads_the_flat_shape_by_its_fields) {
  const Resources resources = load_text(
      "metadata: {name: site}\nvirtualHost: {}\n---\n"
      "metadata: {name: blue}\nstatic: {hosts: [{addr: a, port: 1}]}\n---\n"
      "metadata: {name: front}\nbindPort: 8080\nhttpGateway: {}\n---\n"
      "metadata: {name: trial}\ntarget: {virtualService: site}\n");
  EXPECT_EQ(brief(resources), "");
  EXPECT_EQ(resources.virtual_services.size(), 1u);
  EXPECT_EQ(resources.upstreams.size(), 1u);
  EXPECT_EQ(resources.gateways.size(), 1u);
  EXPECT_EQ(resources.shadow_tests.size(), 1u);
}

TEST(Resources, says_what_each_document_is_not) {
  struct Case {
    const char* text;
    const char* problems;
  };
  const Case cases[] = {
      {"kind: Deployment\napiVersion: apps/v1\n",
       "1:1 note: Deployment of apps/v1 is not a kind of this program; skipped\n"},
      {"kind: VirtualService\napiVersion: networking.istio.io/v1\n",
       "1:1 note: VirtualService of networking.istio.io/v1 is not a kind of this program; "
       "skipped\n"},
      {"kind: Gateway\napiVersion: gateway.networking.k8s.io/v1\n",
       "1:1 note: Gateway of gateway.networking.k8s.io/v1 is not a kind of this program; "
       "skipped\n"},
      {"kind: Proxy\napiVersion: gloo.solo.io/v1\nmetadata: {name: a}\n",
       "1:1 warning: kind Proxy is not served yet\n"},
      {"kind: Settings\napiVersion: gloo.solo.io/v1\nmetadata: {name: a}\nspec: {devMode: true}\n",
       "1:1 warning: Settings are those of Gloo's programs; nothing here follows them\n"},
      {"kind: Settings\napiVersion: gloo.solo.io/v1\nmetadata: {name: a}\n"
       "spec: {bindAddr: a, discovery: {enabled: true}, secretOptions: {sources: [{address: "
       "a}]}}\n",
       "1:1 warning: Settings are those of Gloo's programs; nothing here follows them\n"
       "4:8 error: spec.bindAddr: unknown field\n"
       "4:33 error: spec.discovery.enabled: unknown field\n"
       "4:76 error: spec.secretOptions.sources[0].address: unknown field\n"},
      {"kind: VirtualServise\napiVersion: gateway.solo.io/v1\n",
       "1:1 error: there is no kind \"VirtualServise\" in gateway.solo.io\n"},
      {"kind: VirtualService\napiVersion: gateway.solo.io/v2\n",
       "1:1 error: \"gateway.solo.io/v2\" is not a known version of VirtualService\n"},
      {"kind: VirtualService\n", "1:1 error: a resource needs both apiVersion and kind, as text\n"},
      {"metadata: {name: a}\nwhatever: 1\n",
       "1:1 error: it is not clear of which kind this resource is\n"},
      {"routes: []\n", "1:1 note: this is not a resource; skipped\n"},
      {"- a\n- b\n", "1:1 error: this document is not a resource\n"},
      {"hello\n", "1:1 error: this document is not a resource\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(brief(load_text(c.text)), c.problems);
}

TEST(Resources, insists_on_metadata_with_a_proper_name) {
  const auto problems = [](const std::string& metadata) {
    return brief(load_text("apiVersion: gateway.solo.io/v1\nkind: VirtualService\n" + metadata));
  };
  EXPECT_EQ(problems(""), "1:1 error: \"metadata\" is missing\n");
  EXPECT_EQ(problems("metadata: {}\n"), "3:11 error: metadata: \"name\" is missing\n");
  EXPECT_EQ(problems("metadata: {name: Shop}\n"),
            "3:18 error: metadata.name: \"Shop\" is not a valid name\n");
  EXPECT_EQ(problems("metadata: {name: a, namespace: A}\n"),
            "3:32 error: metadata.namespace: \"A\" is not a valid name\n");
  EXPECT_EQ(problems("metadata: {name: a, namespace: '${NS}'}\n"),
            "3:32 warning: metadata.namespace: \"${NS}\" is not a valid name\n");
  EXPECT_EQ(problems("metadata: {name: -a}\n"),
            "3:18 error: metadata.name: \"-a\" is not a valid name\n");
  EXPECT_EQ(problems("metadata: {name: " + std::string(254, 'a') + "}\n").substr(0, 10),
            "3:18 error");
  EXPECT_EQ(problems("metadata: {name: " + std::string(253, 'a') + "}\n"), "");
  EXPECT_EQ(problems("metadata: {name: a, nmespace: b}\n"),
            "3:21 error: metadata.nmespace: unknown field\n");
  EXPECT_EQ(problems("metadata: {name: a, labels: {v: 1}}\n"),
            "3:33 error: metadata.labels.v: expected a string, found a number \"1\"\n");
  EXPECT_EQ(problems("metadata: {name: a, resourceVersion: 7, annotations: {x: 1}}\n"), "");
}

TEST(Resources, refuses_fields_beside_spec) {
  EXPECT_EQ(brief(load_text("apiVersion: gateway.solo.io/v1\nkind: VirtualService\n"
                            "metadata: {name: a}\nvirtualHost: {}\nstatus: {x: 1}\n")),
            "4:1 error: virtualHost: unknown field\n");
}

TEST(Resources, names_both_places_of_a_duplicate) {
  const Resources resources = load_files({{"dir/a.yaml", kUpstream}, {"dir/b.yaml", kUpstream}});
  const auto diagnostics = resources.diagnostics.sorted();
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].file, "dir/b.yaml");
  EXPECT_EQ(diagnostics[0].message, "Upstream shop.blue is defined twice");
  EXPECT_EQ(diagnostics[0].hint, "first defined at dir/a.yaml:3");
  EXPECT_EQ(resources.upstreams.size(), 1u);
}

TEST(Resources, tells_equal_names_of_different_kinds_and_namespaces_apart) {
  const Resources resources = load_text(std::string(kUpstream) +
                                        "---\nmetadata: {name: blue, namespace: shop}\n"
                                        "virtualHost: {}\n---\nmetadata: {name: blue}\n"
                                        "static: {hosts: [{addr: a, port: 1}]}\n");
  EXPECT_EQ(brief(resources), "");
}

TEST(Resources, unpacks_lists) {
  const Resources resources = load_text(
      "apiVersion: v1\nkind: List\nitems:\n"
      "- {apiVersion: gateway.solo.io/v1, kind: VirtualService, metadata: {name: a}}\n"
      "- {apiVersion: v1, kind: Service, metadata: {name: b}}\n"
      "- {apiVersion: v1, kind: List, items: []}\n");
  EXPECT_EQ(resources.virtual_services.size(), 1u);
  EXPECT_EQ(brief(resources),
            "5:3 note: Service of v1 is not a kind of this program; skipped\n"
            "6:3 error: a List cannot hold another List\n");
}

TEST(Resources, reads_a_tree_in_the_order_of_names) {
  const Resources resources =
      load_files({{"dir/b.yaml", "metadata: {name: second}\nvirtualHost: {}\n"},
                  {"dir/a.yml", "metadata: {name: first}\nvirtualHost: {}\n"},
                  {"dir/c/d.yaml", "metadata: {name: third}\nvirtualHost: {}\n"},
                  {"dir/notes.txt", "not: [yaml"},
                  {"dir/.hidden.yaml", "not: [yaml"},
                  {"dir/..data/b.yaml", "not: [yaml"}});
  EXPECT_EQ(brief(resources), "");
  ASSERT_EQ(resources.virtual_services.size(), 3u);
  EXPECT_EQ(resources.virtual_services[0].metadata.name.value, "first");
  EXPECT_EQ(resources.virtual_services[1].metadata.name.value, "second");
  EXPECT_EQ(resources.virtual_services[2].metadata.name.value, "third");
}

TEST(Resources, complains_of_a_path_with_nothing_to_read) {
  EXPECT_EQ(brief(load_files({{"dir/notes.txt", ""}})),
            "0:0 error: there is no *.yaml or *.yml file in this directory\n");
  EXPECT_EQ(brief(load_files({}, "gone")), "0:0 error: there is no such file or directory\n");
}

TEST(Resources, refuses_more_than_its_limits) {
  MemoryFiles files(
      {{"dir/a.yaml", std::string(100, '#')}, {"dir/b.yaml", "#"}, {"dir/c.yaml", "#"}});
  EXPECT_EQ(brief(load(files, "dir", {.file_bytes = 99})),
            "0:0 error: the file is larger than 99 bytes\n");
  EXPECT_EQ(brief(load(files, "dir", {.total_bytes = 100})),
            "0:0 error: with this file there are more than 100 bytes in all\n"
            "0:0 error: with this file there are more than 100 bytes in all\n");
  EXPECT_EQ(brief(load(files, "dir", {.files = 2})), "0:0 error: there are more than 2 files\n");
  MemoryFiles deep{{"dir/1/2/3/a.yaml", "#"}};
  EXPECT_EQ(brief(load(deep, "dir", {.depth = 2})),
            "0:0 error: directories are nested too deeply\n"
            "0:0 error: there is no *.yaml or *.yml file in this directory\n");
}

class ResourcesOnDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() /
            (std::string("gnomon-resources-") + info->name() + "-" + std::to_string(getpid()));
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  Resources load_root() {
    DiskFiles files;
    return load(files, root_.string());
  }

  fs::path root_;
};

TEST_F(ResourcesOnDisk, reads_a_mounted_config_map_once) {
  write("..2024_01_01/blue.yaml", kUpstream);
  fs::create_directory_symlink("..2024_01_01", root_ / "..data");
  fs::create_symlink("..data/blue.yaml", root_ / "blue.yaml");
  const Resources resources = load_root();
  EXPECT_EQ(brief(resources), "");
  EXPECT_EQ(resources.upstreams.size(), 1u);
}

TEST_F(ResourcesOnDisk, reads_a_file_once_however_many_links_lead_to_it) {
  write("real/blue.yaml", kUpstream);
  fs::create_symlink("real/blue.yaml", root_ / "again.yaml");
  fs::create_directory_symlink("real", root_ / "alias");
  fs::create_directory_symlink("..", root_ / "real" / "loop");
  const Resources resources = load_root();
  EXPECT_EQ(brief(resources), "");
  EXPECT_EQ(resources.upstreams.size(), 1u);
}

TEST_F(ResourcesOnDisk, complains_of_a_link_that_leads_nowhere) {
  write("blue.yaml", kUpstream);
  fs::create_symlink("gone.yaml", root_ / "dangling.yaml");
  EXPECT_EQ(brief(load_root()), "0:0 error: this link leads nowhere\n");
}

TEST_F(ResourcesOnDisk, takes_a_single_file_of_any_name) {
  write("manifest.txt", kUpstream);
  DiskFiles files;
  EXPECT_EQ(load(files, (root_ / "manifest.txt").string()).upstreams.size(), 1u);
}

TEST_F(ResourcesOnDisk, refuses_what_is_not_a_file) {
  DiskFiles files;
  EXPECT_EQ(brief(load(files, "/dev/zero")), "0:0 error: this is neither a file nor a directory\n");
}

}  // namespace
}  // namespace gnomon::config
