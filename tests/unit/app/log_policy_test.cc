// What may not be logged: secrets, addresses, contents, names of people. Types that hold them have no formatter; and no
// call of the logger anywhere in src/ names a value of that sort.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/secret.h"
#include "http/message.h"
#include "users/caller.h"

namespace peyk {
namespace {

static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!fmt::is_formattable<http::ClientAddress>::value);
static_assert(!fmt::is_formattable<http::Request>::value);
static_assert(!fmt::is_formattable<http::Headers>::value);
static_assert(!fmt::is_formattable<users::Caller>::value);
static_assert(!fmt::is_formattable<UserId>::value);
static_assert(!fmt::is_formattable<DeviceId>::value);

// The text with its string literals blanked; only code is left.
std::string without_literals(std::string_view text) {
    std::string out;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inside && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            inside = !inside;
        } else if (!inside) {
            out.push_back(text[i]);
        }
    }
    return out;
}

// From an opening parenthesis to the one that closes it.
std::string_view arguments(std::string_view code, std::size_t open) {
    int depth = 0;
    bool inside = false;
    for (std::size_t i = open; i < code.size(); ++i) {
        if (inside && code[i] == '\\') {
            ++i;
            continue;
        }
        if (code[i] == '"') inside = !inside;
        if (inside) continue;
        if (code[i] == '(') ++depth;
        if (code[i] == ')' && --depth == 0) return code.substr(open, i - open + 1);
    }
    return {};
}

// Words of an identifier that mean something private.
bool is_private(std::string_view word) {
    constexpr std::string_view kPrivate[] = {"token",   "password", "passphrase", "secret",   "body",      "client",
                                             "address", "ip",       "user",       "caller",   "device",    "sender",
                                             "content", "header",   "query",      "username", "localpart", "peer",
                                             "payload", "nickname", "displayname"};
    return std::ranges::find(kPrivate, word) != std::end(kPrivate);
}

std::vector<std::string> private_words(std::string_view code) {
    std::vector<std::string> out;
    std::string word;
    auto finish = [&] {
        if (is_private(word)) out.push_back(word);
        word.clear();
    };
    for (char c : code) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '_' || !letter) {
            finish();
        } else {
            word.push_back(static_cast<char>(c | 0x20));
        }
    }
    finish();
    return out;
}

// Every offence as "file: call".
std::vector<std::string> offences_in(std::string_view code, const std::string& name) {
    std::vector<std::string> out;
    for (std::string_view call : {"log::debug(", "log::info(", "log::warning(", "log::error(", "log::write("}) {
        for (auto at = code.find(call); at != std::string_view::npos; at = code.find(call, at + 1)) {
            auto text = arguments(code, at + call.size() - 1);
            for (const auto& word : private_words(without_literals(text))) {
                out.push_back(
                    fmt::format("{}: {} names \"{}\"", name, std::string(call) + std::string(text.substr(1)), word));
            }
        }
    }
    return out;
}

TEST(LogPolicy, TheCheckFindsWhatItLooksFor) {
    EXPECT_EQ(offences_in(R"(log::info("http", "from {}", request.client);)", "x").size(), 1u);
    EXPECT_EQ(offences_in(R"(log::debug("users", "({}) signed in", caller.user.str());)", "x").size(), 2u);
    EXPECT_EQ(offences_in(R"(log::error("users", "token", access_token);)", "x").size(), 1u);
    EXPECT_TRUE(offences_in(R"(log::warning("users", "a token of \"{}\" was (not) good", count);)", "x").empty());
}

TEST(LogPolicy, NoCallInTheProgramLogsWhatIsPrivate) {
    std::size_t files = 0, calls = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(PEYK_SOURCE_DIR) + "/src")) {
        auto extension = entry.path().extension();
        if (extension != ".cc" && extension != ".h") continue;
        std::ifstream in(entry.path());
        std::ostringstream text;
        text << in.rdbuf();
        auto code = text.str();
        ++files;
        for (auto at = code.find("log::"); at != std::string::npos; at = code.find("log::", at + 1)) ++calls;
        for (const auto& offence : offences_in(code, entry.path().filename().string())) ADD_FAILURE() << offence;
    }
    EXPECT_GT(files, 30u);
    EXPECT_GT(calls, 0u);
}

}  // namespace
}  // namespace peyk
