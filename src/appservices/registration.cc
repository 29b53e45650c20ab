// From YAML to a Registration. The only unit that includes the YAML library, whose exceptions end here.

#include "appservices/registration.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

namespace peyk::appservices {
namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;
constexpr std::size_t kMaxEntries = 1000;  // namespaces of one kind, protocols
constexpr std::size_t kMinToken = 16;      // shorter ones can be guessed
constexpr std::size_t kMaxToken = 1024;
constexpr std::size_t kMaxId = 255;

// Collects problems, so that one look at a file names all of them.
class Reader {
public:
    Reader(const std::filesystem::path& file, std::string_view server_name)
        : file_(file.string()), server_name_(server_name) {}

    Result<Registration> run(std::string_view yaml) {
        YAML::Node root;
        try {
            root = YAML::Load(std::string(yaml));
            if (!root.IsMap()) return fail(Errc::bad_request, file_ + ": is not a registration: it has no keys");
            read(root);
        } catch (const YAML::Exception& error) {
            auto line = error.mark.is_null() ? 1 : error.mark.line + 1;
            return fail(Errc::bad_request, fmt::format("{}:{}: is not YAML: {}", file_, line, error.msg));
        }
        if (problems_.empty() && sender_) return finished();
        return fail(Errc::bad_request, std::move(problems_));
    }

private:
    void problem(const YAML::Node& node, std::string_view what) {
        auto mark = node.Mark();
        if (!problems_.empty()) problems_ += '\n';
        problems_ +=
            mark.is_null() ? fmt::format("{}: {}", file_, what) : fmt::format("{}:{}: {}", file_, mark.line + 1, what);
    }

    std::optional<std::string> text(const YAML::Node& root, const char* key) {
        auto node = root[key];
        if (!node) {
            problem(root, fmt::format("\"{}\" is missing", key));
        } else if (!node.IsScalar()) {
            problem(node, fmt::format("\"{}\" must be text", key));
        } else {
            return node.Scalar();
        }
        return std::nullopt;
    }

    void flag(const YAML::Node& root, const char* key, bool& into) {
        auto node = root[key];
        if (!node || node.IsNull()) return;
        if (!YAML::convert<bool>::decode(node, into)) problem(node, fmt::format("\"{}\" must be true or false", key));
    }

    void token(const YAML::Node& root, const char* key, Secret& into) {
        auto value = text(root, key);
        if (!value) return;
        bool plain = std::ranges::all_of(*value, [](char c) { return c > ' ' && c < 0x7f; });
        if (value->size() < kMinToken || value->size() > kMaxToken || !plain) {
            problem(root[key], fmt::format("\"{}\" must be {} to {} visible characters, drawn at random: "
                                           "`openssl rand -hex 32` makes one",
                                           key, kMinToken, kMaxToken));
            return;
        }
        into = Secret(*std::move(value));
    }

    void url(const YAML::Node& root) {
        auto node = root["url"];
        if (!node) return problem(root, "\"url\" is missing; write `url: null` for a service that wants no traffic");
        if (node.IsNull() || (node.IsScalar() && node.Scalar().empty())) return;
        auto value = node.IsScalar() ? node.Scalar() : std::string();
        bool http = value.starts_with("http://") || value.starts_with("https://");
        if (!http || value.find_first_of("?#@ ") != std::string::npos)
            return problem(node,
                           "\"url\" must begin with http:// or https:// and have no question mark, user name or #");
        while (value.ends_with('/')) value.pop_back();
        url_ = std::move(value);
    }

    void sender(const YAML::Node& root) {
        auto name = text(root, "sender_localpart");
        if (!name) return;
        auto user = UserId::parse("@" + *name + ":" + std::string(server_name_));
        if (!is_new_localpart(*name) || !user)
            return problem(root["sender_localpart"],
                           "\"sender_localpart\" must be the first part of a user name, made of a-z 0-9 . _ = - / + "
                           "without @ and server name");
        sender_ = *std::move(user);
    }

    void names(const YAML::Node& spaces, const char* key, Namespaces& into) {
        auto list = spaces[key];
        if (!list || list.IsNull()) return;
        if (!list.IsSequence() || list.size() > kMaxEntries)
            return problem(list, fmt::format("\"namespaces.{}\" must be a list of at most {}", key, kMaxEntries));
        for (const auto& item : list) {
            auto expression = item.IsMap() ? item["regex"] : YAML::Node();
            if (!item.IsMap() || !expression || !expression.IsScalar()) {
                problem(item, fmt::format("an entry of \"namespaces.{}\" needs \"regex\" and \"exclusive\"", key));
                continue;
            }
            bool exclusive = false;
            flag(item, "exclusive", exclusive);
            auto pattern = Pattern::compile(expression.Scalar());
            if (!pattern) {
                problem(expression, fmt::format("the \"regex\" in \"namespaces.{}\" {}", key, pattern.error().detail));
                continue;
            }
            into.add({*std::move(pattern), exclusive});
        }
    }

    void protocols(const YAML::Node& root) {
        auto list = root["protocols"];
        if (!list || list.IsNull()) return;
        if (!list.IsSequence() || list.size() > kMaxEntries)
            return problem(list, fmt::format("\"protocols\" must be a list of at most {} texts", kMaxEntries));
        for (const auto& item : list) {
            if (!item.IsScalar() || item.Scalar().empty() || item.Scalar().size() > kMaxId) {
                problem(item, "an entry of \"protocols\" must be the name of a network");
                continue;
            }
            protocols_.push_back(item.Scalar());
        }
    }

    void read(const YAML::Node& root) {
        if (auto id = text(root, "id")) {
            if (id->empty() || id->size() > kMaxId) problem(root["id"], "\"id\" must be 1 to 255 bytes");
            id_ = *std::move(id);
        }
        url(root);
        token(root, "as_token", as_token_);
        token(root, "hs_token", hs_token_);
        sender(root);
        auto spaces = root["namespaces"];
        if (!spaces) {
            problem(root, "\"namespaces\" is missing; write `namespaces: {}` for none");
        } else if (spaces.IsMap()) {
            names(spaces, "users", users_);
            names(spaces, "aliases", aliases_);
            names(spaces, "rooms", rooms_);
        } else if (!spaces.IsNull()) {
            problem(spaces, "\"namespaces\" must have \"users\", \"aliases\" and \"rooms\"");
        }
        flag(root, "rate_limited", rate_limited_);
        // The name before it was in the specification is still what some bridges write.
        flag(root, "de.sorunome.msc2409.push_ephemeral", receive_ephemeral_);
        flag(root, "receive_ephemeral", receive_ephemeral_);
        protocols(root);
    }

    Registration finished() {
        return Registration{std::move(id_),      std::move(url_),   std::move(as_token_), std::move(hs_token_),
                            *std::move(sender_), std::move(users_), std::move(aliases_),  std::move(rooms_),
                            receive_ephemeral_,  rate_limited_,     std::move(protocols_)};
    }

    const std::string file_;
    const std::string_view server_name_;
    std::string problems_;
    std::string id_, url_;
    Secret as_token_, hs_token_;
    std::optional<UserId> sender_;
    Namespaces users_, aliases_, rooms_;
    std::vector<std::string> protocols_;
    bool receive_ephemeral_ = false, rate_limited_ = true;
};

Result<std::string> read_file(const std::filesystem::path& file) {
    std::error_code error;
    auto size = std::filesystem::file_size(file, error);
    if (error) return fail(Errc::io, fmt::format("{}: cannot be read: {}", file.string(), error.message()));
    if (size > kMaxFile) return fail(Errc::io, fmt::format("{}: is larger than 1 MiB", file.string()));
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(Errc::io, fmt::format("{}: cannot be read", file.string()));
    return std::move(text).str();
}

Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    if (folder.empty()) return found;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        auto suffix = entry->path().extension();
        if (suffix == ".yaml" || suffix == ".yml") found.push_back(entry->path());
    }
    if (error)
        return fail(Errc::io, fmt::format("{}: the folder of registration files cannot be read: {}", folder.string(),
                                          error.message()));
    std::ranges::sort(found);
    return found;
}

Result<void> check_unique(const std::vector<Registration>& all) {
    std::set<std::string> ids, tokens, senders;
    for (const auto& service : all) {
        const char* what = nullptr;
        if (!senders.insert(service.sender.str()).second) what = "sender_localpart";
        if (!tokens.insert(std::string(service.as_token.reveal())).second) what = "as_token";
        if (!ids.insert(service.id).second) what = "id";
        if (what)
            return fail(Errc::conflict, fmt::format("two application services have the same {}; the second is \"{}\". "
                                                    "Give it one of its own, or remove one of the two files.",
                                                    what, service.id));
    }
    return {};
}

}  // namespace

Result<Registration> parse_registration(std::string_view yaml, const std::filesystem::path& file,
                                        std::string_view server_name) {
    return Reader(file, server_name).run(yaml);
}

Result<std::vector<Registration>> load_registrations(const std::vector<std::filesystem::path>& files,
                                                     const std::filesystem::path& folder,
                                                     std::string_view server_name) {
    std::vector<Registration> all;
    std::string problems;
    PEYK_TRY(auto from_folder, files_in(folder));
    auto every = files;
    every.insert(every.end(), from_folder.begin(), from_folder.end());
    for (const auto& file : every) {
        PEYK_TRY(auto text, read_file(file));
        auto service = parse_registration(text, file, server_name);
        if (service) {
            all.push_back(*std::move(service));
        } else {
            problems += (problems.empty() ? "" : "\n") + service.error().detail;
        }
    }
    if (!problems.empty()) return fail(Errc::bad_request, std::move(problems));
    PEYK_CHECK(check_unique(all));
    return all;
}

}  // namespace peyk::appservices
