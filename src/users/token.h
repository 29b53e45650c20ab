#pragma once
// Tokens that say, to this server alone, whose rows to look in: a secret of 256 bits whose first 8 bytes hide the
// user's number under a keyed hash of the rest. On disk stands only Db::digest of the whole.

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "storage/db.h"

namespace peyk::users {

enum class TokenKind : unsigned char { access, refresh, reset };

struct Token {
    std::string text;     // "pa_" (access), "pr_" (refresh), "pw_" (password reset), then 53 url-safe characters
    std::string digest;   // 16 bytes: the row's key
    std::uint64_t owner;  // number of the user
};

Token make_token(TokenKind kind, std::uint64_t user, const storage::Db& db, Random& random);
// Null when the text does not have the form of a token of this kind. Says nothing about whether it is valid.
std::optional<Token> read_token(TokenKind kind, std::string_view text, const storage::Db& db);

}  // namespace peyk::users
