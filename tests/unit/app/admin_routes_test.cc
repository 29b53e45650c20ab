// No back doors: every route that administrators have is known, with a reason that people can read.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "app/catalog.h"
#include "app/cli.h"
#include "app/commands/offline.h"

namespace peyk::app {
namespace {

namespace fs = std::filesystem;

struct Listed {
    std::string auth, reason;
};

std::string read_text(const fs::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

// By "METHOD path".
std::map<std::string, Listed> listed_routes() {
    std::map<std::string, Listed> out;
    std::istringstream lines(read_text(fs::path(PEYK_SOURCE_DIR) / "docs/admin-routes.tsv"));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream fields(line);
        std::string method, path, auth, reason;
        std::getline(fields, method, '\t');
        std::getline(fields, path, '\t');
        std::getline(fields, auth, '\t');
        std::getline(fields, reason, '\t');
        EXPECT_TRUE(reason.size() > 20 && reason.ends_with('.')) << line << ": the reason is one sentence";
        EXPECT_TRUE(out.emplace(method + " " + path, Listed{auth, reason}).second) << line << ": twice";
    }
    return out;
}

class AdminRoutes : public testing::Test {
protected:
    AdminRoutes() {
        std::string name = testing::TempDir() + "peyk_XXXXXX";
        folder_ = mkdtemp(name.data());
        log::configure(log::Level::error, log::Format::text);
    }
    ~AdminRoutes() override { fs::remove_all(folder_); }

    // With everything on that the configuration can switch on.
    std::vector<client_api::Api::Registered> registered() {
        auto file = folder_ / "peyk.toml";
        std::ofstream(file)
            << "[server]\nname = \"localhost\"\ndata_dir = \"" << (folder_ / "data").string()
            << "\"\n[storage]\nengine = \"memory\"\n[outside_tests]\nenabled = true\n[privacy]\nprofile = \"open\"\n"
               "[registration]\nshared_secret = \"a secret of tests\"\n[notices]\nuser = \"server\"\n"
               "[[listener]]\naddress = \"127.0.0.1\"\nport = 8008\n";
        auto loaded = load_config(file, {});
        if (!loaded) {
            ADD_FAILURE() << loaded.error().detail;
            return {};
        }
        auto offline = Offline::open(loaded->config);
        if (!offline) {
            ADD_FAILURE() << offline.error().detail;
            return {};
        }
        return (*offline)->services().api().registered();
    }

    fs::path folder_;
};

TEST_F(AdminRoutes, AreThoseOfTheListEachWithItsReason) {
    constexpr std::string_view auths[] = {"none", "optional", "user", "user", "admin"};
    auto listed = listed_routes();
    std::set<std::string> found;
    std::size_t all = 0;
    for (const auto& route : registered()) {
        ++all;
        auto name = std::string(http::method_name(route.method)) + " " + route.path;
        auto row = listed.find(name);
        if (row != listed.end()) {
            found.insert(name);
            EXPECT_EQ(row->second.auth, auths[static_cast<std::size_t>(route.auth)]) << name;
            continue;
        }
        bool administers = route.auth == client_api::Auth::admin || route.path.find("/admin/") != std::string::npos;
        bool older = route.path.find("/r0/") != std::string::npos;  // the same route under its former version
        EXPECT_TRUE(!administers || older) << name << " has no line with a reason in docs/admin-routes.tsv";
    }
    EXPECT_GT(all, 200u);
    for (const auto& [name, row] : listed) EXPECT_TRUE(found.contains(name)) << name << " is listed and not there";
}

// Rights of administrators are declared with the route. A handler that looks at the caller's rights by itself does so
// on routes that others have as well; each stands in the list.
TEST_F(AdminRoutes, HandlersThatLookForAdministratorsAreKnown) {
    const std::map<std::string, std::size_t> known{{"account/moderation.cc", 1},   // whois of others
                                                   {"account/server_info.cc", 1},  // capabilities
                                                   {"rooms/directory.cc", 1}};     // removing an alias
    std::map<std::string, std::size_t> looks;
    auto folder = fs::path(PEYK_SOURCE_DIR) / "src/client_api";
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
        if (file.path().extension() != ".cc" || file.path().filename() == "endpoint.cc") continue;
        auto text = read_text(file.path());
        for (std::string_view look : {"who().admin", "caller.admin", "caller->admin", "who.admin", "caller().admin"}) {
            for (auto at = text.find(look); at != std::string::npos; at = text.find(look, at + 1))
                ++looks[fs::relative(file.path(), folder).string()];
        }
    }
    EXPECT_EQ(looks, known);
}

}  // namespace
}  // namespace peyk::app
