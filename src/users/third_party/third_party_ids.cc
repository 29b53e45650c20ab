#include "users/third_party/third_party_ids.h"

#include "base/bytes.h"
#include "core/errors.h"
#include "users/tables.h"

namespace peyk::users {
namespace {
constexpr std::uint64_t kServer = 0;
constexpr std::size_t kMaxOfOne = 100;

Millis time_in(const json::Value& row, std::string_view key) { return Millis{row.get_integer(key).value_or(0)}; }
std::string text_in(const json::Value& row, std::string_view key) {
    return std::string(row.get_string(key).value_or(""));
}
}  // namespace

std::string ThirdPartyIds::key(std::string_view medium, std::string_view address) const {
    return context_.db.digest("third party id", std::string(medium) + ' ' + std::string(address));
}

std::string ThirdPartyIds::key(const Binding& binding) const {
    return context_.db.digest("binding", binding.medium + ' ' + binding.address + ' ' + binding.id_server);
}

Result<std::vector<ThirdPartyId>> ThirdPartyIds::of(std::uint64_t user) const {
    PEYK_TRY(auto rows, context_.db.scan(kThirdPartyIds, user, "", "", kMaxOfOne));
    std::vector<ThirdPartyId> out;
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(json::Value value, json::parse(row.body));
        out.push_back({text_in(value, "medium"), text_in(value, "address"), time_in(value, "validated_at"),
                       time_in(value, "added_at")});
    }
    return out;
}

Result<std::optional<std::uint64_t>> ThirdPartyIds::owner(std::string_view medium, std::string_view address) const {
    auto digest = key(medium, address);
    PEYK_TRY(auto row, context_.db.get(kThirdPartyOwners, kServer, digest));
    if (!row || row->gone || row->body.size() != 8) return std::nullopt;
    auto user = get_u64be(row->body.data());
    PEYK_TRY(auto held, context_.db.get(kThirdPartyIds, user, digest));
    if (!held || held->gone) return std::nullopt;
    return user;
}

Task<Result<void>> ThirdPartyIds::add(std::uint64_t user, ThirdPartyId id) {
    auto digest = key(id.medium, id.address);
    auto lane = co_await lanes_.enter(get_u64be(digest.data()));
    PEYK_CO_TRY(auto held_by, owner(id.medium, id.address));
    if (held_by && *held_by != user)
        co_return fail(Error{Errc::bad_request, "This address belongs to another account", "M_THREEPID_IN_USE"});
    PEYK_CO_TRY(auto others, of(user));
    if (!held_by && others.size() >= kMaxOfOne) co_return m::forbidden("This account has too many addresses");
    if (!held_by) {
        std::string number;
        put_u64be(number, user);
        auto claim = context_.server_change();
        claim.put(kThirdPartyOwners, kServer, digest, number);
        PEYK_CO_CHECK(co_await context_.db.commit(std::move(claim)));
    }
    auto added = id.added_at;
    for (const auto& other : others) {
        if (other.medium == id.medium && other.address == id.address) added = other.added_at;
    }
    json::Object row{{"medium", id.medium},
                     {"address", id.address},
                     {"validated_at", id.validated_at.count()},
                     {"added_at", added.count()}};
    auto change = context_.change_of(user);
    change.put(kThirdPartyIds, user, digest, json::write(row));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> ThirdPartyIds::remove(std::uint64_t user, std::string medium, std::string address) {
    auto digest = key(medium, address);
    auto lane = co_await lanes_.enter(get_u64be(digest.data()));
    PEYK_CO_TRY(auto held_by, owner(medium, address));
    if (held_by != user) co_return Result<void>{};
    auto change = context_.change_of(user);
    change.del(kThirdPartyIds, user, digest);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    auto release = context_.server_change();
    release.del(kThirdPartyOwners, kServer, digest);
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(release)));
    co_return Result<void>{};
}

Result<std::vector<Binding>> ThirdPartyIds::bindings(std::uint64_t user) const {
    PEYK_TRY(auto rows, context_.db.scan(kThirdPartyBindings, user, "", "", kMaxOfOne));
    std::vector<Binding> out;
    for (const auto& row : rows) {
        if (row.gone) continue;
        PEYK_TRY(json::Value value, json::parse(row.body));
        out.push_back({text_in(value, "medium"), text_in(value, "address"), text_in(value, "id_server")});
    }
    return out;
}

Task<Result<void>> ThirdPartyIds::add_binding(std::uint64_t user, Binding binding) {
    PEYK_CO_TRY(auto others, bindings(user));
    if (others.size() >= kMaxOfOne) co_return m::forbidden("This account has too many bound addresses");
    json::Object row{{"medium", binding.medium}, {"address", binding.address}, {"id_server", binding.id_server}};
    auto change = context_.change_of(user);
    change.put(kThirdPartyBindings, user, key(binding), json::write(row));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> ThirdPartyIds::remove_binding(std::uint64_t user, Binding binding) {
    auto change = context_.change_of(user);
    change.del(kThirdPartyBindings, user, key(binding));
    PEYK_CO_CHECK(co_await context_.db.commit(std::move(change)));
    co_return Result<void>{};
}

}  // namespace peyk::users
