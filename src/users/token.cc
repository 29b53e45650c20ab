#include "users/token.h"

#include "base/bytes.h"

namespace peyk::users {
namespace {

constexpr std::size_t kSecret = 32;

std::string_view prefix(TokenKind kind) {
    switch (kind) {
        case TokenKind::access: return "pa_";
        case TokenKind::refresh: return "pr_";
        case TokenKind::reset: return "pw_";
    }
    return "p?_";
}

std::uint64_t mask(std::string_view secret, const storage::Db& db) {
    return get_u64be(db.digest("token owner", secret).data());
}

}  // namespace

Token make_token(TokenKind kind, std::uint64_t user, const storage::Db& db, Random& random) {
    std::string secret(kSecret, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
    std::string bytes;
    put_u64be(bytes, user ^ mask(secret, db));
    bytes += secret;
    std::string text(prefix(kind));
    text += base64_encode(bytes, Base64::url);
    return {text, db.digest("token", text), user};
}

std::optional<Token> read_token(TokenKind kind, std::string_view text, const storage::Db& db) {
    if (!text.starts_with(prefix(kind)) || text.size() > 100) return std::nullopt;
    auto bytes = base64_decode(text.substr(3), Base64::url);
    if (!bytes || bytes->size() != 8 + kSecret) return std::nullopt;
    std::string_view secret = std::string_view(*bytes).substr(8);
    return Token{std::string(text), db.digest("token", text), get_u64be(bytes->data()) ^ mask(secret, db)};
}

}  // namespace peyk::users
