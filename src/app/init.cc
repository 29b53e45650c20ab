#include "app/init.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "app/identity.h"

namespace peyk::app {
namespace {

// A TOML string.
std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "\"";
}

std::string days(unsigned count) { return count == 0 ? "\"0 s\"" : fmt::format("\"{} d\"", count); }

std::string public_address(const FirstConfig& first) {
    if (is_trial_name(first.server_name)) return {};
    auto host = host_part(first.server_name);
    return first.tls ? fmt::format("https://{}:{}", host, first.tls_port) : fmt::format("https://{}", host);
}

}  // namespace

std::string host_part(std::string_view name) {
    auto colon = name.rfind(':');
    if (colon == std::string_view::npos || name.find(']', colon) != std::string_view::npos) return std::string(name);
    return std::string(name.substr(0, colon));
}

std::string first_config_text(const FirstConfig& first) {
    std::string out = fmt::format(
        "# Configuration of peyk. Every key: `peyk config reference`. Check it after a change: `peyk config check`.\n\n"
        "[server]\n"
        "# For ever: it is a part of every account and every room.\n"
        "name = {}\n"
        "data_dir = {}\n",
        in_quotes(first.server_name), in_quotes(first.data.string()));
    auto address = public_address(first);
    if (!address.empty()) {
        out +=
            fmt::format("# The address that people enter in their apps.\npublic_base_url = {}\n", in_quotes(address));
    }
    out += fmt::format("\n# For a proxy in front, and for this machine.\n[[listener]]\naddress = {}\nport = {}\n",
                       in_quotes(first.plain_address), first.port);
    if (first.tls) {
        out += fmt::format(
            "\n# HTTPS, with a certificate of the server's own authority. Put files of a public one here if you have "
            "them.\n"
            "[[listener]]\naddress = {}\nport = {}\ntls_certificate = {}\ntls_key = {}\n",
            in_quotes(first.tls_address), first.tls_port, in_quotes((first.data / "ca" / "server.crt").string()),
            in_quotes((first.data / "ca" / "server.key").string()));
    }
    out += fmt::format(
        "\n[storage]\n"
        "# \"passphrase\": asked for at each start (or storage.passphrase_file). \"key_file\": protects against "
        "careless\n"
        "# copies only, unless storage.key_file lies on a medium that is kept elsewhere.\n"
        "key_source = \"{}\"\n"
        "\n[privacy]\n"
        "# \"quiet\": what reveals is off. \"open\": what the specification allows is on. Each feature has a switch "
        "too.\n"
        "profile = \"quiet\"\n"
        "\n[registration]\n"
        "# \"token\": who was invited makes an account. \"closed\": accounts are made by `peyk user add`. \"open\": by "
        "anybody.\n"
        "mode = {}\n",
        first.passphrase ? "passphrase" : "key_file", in_quotes(first.registration));
    out += fmt::format(
        "\n[retention]\n"
        "# true: messages end. Rooms may set a lifetime of their own, not less than the shortest and not more than "
        "the\n"
        "# longest; where they set none it is the default, and \"0 s\" is for ever.\n"
        "enabled = {}\n"
        "default_lifetime = {}\n",
        first.message_days > 0 || first.rooms_choose, days(first.message_days));
    if (first.message_days > 0 && !first.rooms_choose)
        out += fmt::format("shortest = {0}\nlongest = {0}\n", days(first.message_days));
    out += fmt::format(
        "\n[media]\n"
        "# How long files are kept that people send; pictures of people and rooms stay. \"0 s\" is for ever.\n"
        "lifetime = {}\n",
        days(first.file_days));
    return out;
}

Result<void> write_new_file(const std::filesystem::path& path, std::string_view text) {
    int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST) {
        return fail(Errc::conflict, fmt::format("{} exists already; nothing was changed", path.string()));
    }
    if (file < 0) return fail(Errc::io, fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
    bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
    bool closed = close(file) == 0;
    if (written && closed) return {};
    return fail(Errc::io, fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
}

}  // namespace peyk::app
