#include "storage/vault.h"

#include <sodium.h>

#include <chrono>

#include "base/bytes.h"
#include "storage/vault_files.h"

namespace peyk::storage {
namespace {

constexpr std::uint64_t kSlotsAtOnce = 4096;
// Rows whose numbers differ in the last three digits only share a cached key, three steps above theirs.
constexpr std::size_t kBlockDigits = 3;

// Subtrees that are kept as pages: 256 owners, an owner, 4,096 rows of a table.
constexpr std::size_t kOwnersDigits = 4, kRowsDigits = 6;
// Pages in memory: about 20 kB each where a hundredth of the rows is destroyed one by one.
constexpr std::size_t kMaxPages = 2000;

std::uint8_t digits_of(std::uint64_t number) { return static_cast<std::uint8_t>((std::bit_width(number) + 1) / 2); }

KeyPath owner_path(std::uint64_t slot) {
    KeyPath path;
    path.add_number(slot).cut(std::min<std::size_t>(kOwnersDigits, digits_of(slot)));
    if (slot != 0) path.cut();
    return path;
}

KeyPath path_of(const KeyName& name) {
    auto path = owner_path(name.slot);
    path.add_byte(name.table);
    if (name.table != 0) path.add_number(name.row).cut(std::min<std::size_t>(kRowsDigits, digits_of(name.row)));
    return path;
}

}  // namespace

Vault::Vault(const Secret& master, KeyTree tree)
    : master_(master), tree_(std::move(tree)), cache_(std::make_unique<std::array<Stripe, kStripes>>()) {}

Vault::~Vault() = default;

KeySource::~KeySource() { sodium_memzero(secret.data(), secret.size()); }

std::unique_ptr<Vault> Vault::in_memory(const Secret& master) {
    if (sodium_init() < 0) panic("libsodium does not start");
    return std::unique_ptr<Vault>(new Vault(master, KeyTree(master.derive("tree"))));
}

Result<std::unique_ptr<Vault>> Vault::open(const std::filesystem::path& dir, const KeySource& source) {
    if (sodium_init() < 0) panic("libsodium does not start");
    PEYK_TRY(auto files, VaultFiles::open(dir, source));
    PEYK_TRY(auto table, files->load());
    ByteReader in(table);
    auto next_slot = in.u64be();
    auto parsed = KeyTree::parse(in.rest());
    sodium_memzero(table.data(), table.size());
    PEYK_TRY(auto tree, std::move(parsed));
    std::unique_ptr<Vault> vault(new Vault(files->master(), std::move(tree)));
    vault->incarnation_ = files->incarnation();
    vault->next_slot_ = vault->reserved_ = next_slot;
    bool former_format = files->former_format();
    vault->files_ = std::move(files);
    if (former_format) {
        ++vault->changes_;
        PEYK_CHECK(vault->flush());
    }
    return vault;
}

Result<Secret> Vault::master_key(const std::filesystem::path& dir, const KeySource& source) {
    if (sodium_init() < 0) panic("libsodium does not start");
    return VaultFiles::master_key(dir, source);
}

Result<std::uint64_t> Vault::new_slot() {
    while (true) {
        {
            std::unique_lock lock(tree_mutex_);
            if (next_slot_ < reserved_) return next_slot_++;
            ++changes_;
        }
        PEYK_CHECK(flush());
    }
}

Vault::Stripe& Vault::stripe(const KeyName& block, std::uint8_t digits) const {
    auto mixed =
        (block.slot * 0x9e3779b97f4a7c15ULL) ^ (block.row * 0xc2b2ae3d27d4eb4fULL) ^ (block.table * 0x165667b1ULL);
    return (*cache_)[((mixed + digits) * 0x9e3779b97f4a7c15ULL) >> 58];
}

Vault::Cached& Vault::entry(Stripe& stripe, const KeyName& block, std::uint8_t digits) const {
    auto mixed = (block.slot + 0x7f4a7c15ULL * block.table + digits) * 0xff51afd7ed558ccdULL + block.row;
    return stripe.entries[(mixed * 0xc4ceb9fe1a85ec53ULL) >> 58];
}

std::optional<Secret> Vault::key(const KeyName& name) const {
    auto path = path_of(name);
    auto digits = digits_of(name.row);
    auto below = name.table == 0 ? 0 : std::min<std::size_t>(kBlockDigits, digits);
    KeyName block{name.slot, name.table, below == 0 ? 0 : name.row >> (2 * below)};
    auto& stripe = this->stripe(block, digits);
    {
        std::lock_guard lock(stripe.mutex);
        const auto& cached = entry(stripe, block, digits);
        bool hit = cached.digits == digits && cached.name == block;
        ++(hit ? stripe.hits : stripe.misses);
        if (hit) {
            auto key = cached.key;
            return KeyTree::descend(key, path, path.size() - below);
        }
    }
    auto generation = generation_.load();
    std::optional<KeyTree::Found> found;
    for (;;) {
        {
            std::shared_lock lock(tree_mutex_);
            found = tree_.find(path);
        }
        if (!found || found->absent == 0) break;
        std::unique_lock lock(tree_mutex_);
        bring(path);
    }
    if (!found) return std::nullopt;
    auto top = path.size() - below;
    // The block as a whole is punctured: its keys come from the frontier each time.
    if (found->depth > top) return KeyTree::descend(found->key, path, found->depth);
    auto shortened = path;
    shortened.truncate(top);
    auto key = KeyTree::descend(found->key, shortened, found->depth);
    {
        std::lock_guard lock(stripe.mutex);
        // Not if something was destroyed meanwhile: the key might be of it.
        if (generation_.load() == generation) {
            auto& cached = entry(stripe, block, digits);
            cached.name = block;
            cached.digits = digits;
            cached.key = key;
        }
    }
    return KeyTree::descend(key, path, top);
}

// Loads the pages on the way. They were read when the vault was opened: a disk that has lost both copies since cannot
// be trusted with anything, and a key that cannot be looked up must not read as destroyed.
void Vault::bring(const KeyPath& path) const {
    while (auto page = tree_.absent(path)) {
        auto bytes = files_->pages().read(tree_.place(page));
        if (!bytes) panic(bytes.error().detail);
        if (!tree_.load(page, *bytes)) panic("a page of the key table does not parse");
        sodium_memzero(bytes->data(), bytes->size());
    }
}

void Vault::puncture(const KeyName& name) {
    auto path = path_of(name);
    {
        std::unique_lock lock(tree_mutex_);
        bring(path);
        if (!tree_.puncture(path)) return;
        ++changes_;
        ++generation_;
    }
    auto digits = digits_of(name.row);
    auto below = name.table == 0 ? 0 : std::min<std::size_t>(kBlockDigits, digits);
    KeyName block{name.slot, name.table, below == 0 ? 0 : name.row >> (2 * below)};
    auto& stripe = this->stripe(block, digits);
    std::lock_guard lock(stripe.mutex);
    auto& cached = entry(stripe, block, digits);
    if (cached.digits == digits && cached.name == block) cached = Cached{};
}

void Vault::puncture_below(const KeyName& name) {
    if (name.row == 0) return;
    {
        std::unique_lock lock(tree_mutex_);
        auto path = path_of(name);
        auto fixed = owner_path(name.slot).add_byte(name.table).size();
        bring(path);
        if (!tree_.puncture_below(path, fixed)) return;
        ++changes_;
        ++generation_;
    }
    forget_cached();
}

void Vault::drop(std::uint64_t slot) {
    {
        auto path = owner_path(slot);
        std::unique_lock lock(tree_mutex_);
        bring(path);
        if (!tree_.puncture(path)) return;
        ++changes_;
        ++generation_;
    }
    forget_cached();
}

void Vault::forget_cached() {
    for (auto& stripe : *cache_) {
        std::lock_guard lock(stripe.mutex);
        for (auto& cached : stripe.entries) cached = Cached{};
    }
}

Result<> Vault::flush() {
    std::lock_guard flushing(flush_mutex_);
    if (!dirty()) return {};
    if (!files_) {
        flushed_ = changes_.load();
        return {};
    }
    auto begun = std::chrono::steady_clock::now();
    std::string root;
    std::uint64_t changes = 0;
    std::uint64_t reserve = 0;
    {
        std::unique_lock lock(tree_mutex_);
        changes = changes_;
        reserve = next_slot_ + kSlotsAtOnce;
        put_u64be(root, reserve);
        tree_.write(root, [this](std::string_view page) { return files_->pages().keep(page); });
    }
    auto written = files_->pages().write(root);
    sodium_memzero(root.data(), root.size());
    std::unique_lock lock(tree_mutex_);
    files_->pages().release(tree_.settle(written.has_value()));
    PEYK_CHECK(std::move(written));
    tree_.unload(kMaxPages);
    auto took = std::chrono::steady_clock::now() - begun;
    ++writes_;
    write_ms_ += static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    written_bytes_ = files_->pages().bytes_written();
    reserved_ = reserve;
    flushed_ = changes;
    return {};
}

Result<std::vector<std::string>> Vault::verify() {
    if (!files_) return std::vector<std::string>{};
    std::lock_guard flushing(flush_mutex_);
    return files_->mend();
}

std::vector<std::string> Vault::mended() const { return files_ ? files_->mended() : std::vector<std::string>{}; }

Result<> Vault::change_root(const KeySource& source) {
    if (!files_) return fail(Errc::unsupported, "a vault in memory has no root secret");
    std::lock_guard flushing(flush_mutex_);
    return files_->change_root(source);
}

Result<> Vault::copy_to(const std::filesystem::path& dir) {
    if (!files_) return fail(Errc::unsupported, "a vault in memory has no files to copy");
    PEYK_CHECK(flush());
    std::lock_guard flushing(flush_mutex_);
    return files_->copy_to(dir);
}

Result<> Vault::renew_incarnation() {
    if (!files_) return fail(Errc::unsupported, "a vault in memory has no incarnation on disk");
    PEYK_CHECK(files_->renew_incarnation());
    incarnation_ = files_->incarnation();
    return {};
}

Vault::Counters Vault::counters() const {
    Counters out{.destroyed = generation_, .writes = writes_, .write_ms = write_ms_, .written_bytes = written_bytes_};
    for (auto& stripe : *cache_) {
        std::lock_guard lock(stripe.mutex);
        out.hits += stripe.hits;
        out.misses += stripe.misses;
    }
    return out;
}

std::size_t Vault::frontier() const {
    std::shared_lock lock(tree_mutex_);
    return tree_.frontier();
}

}  // namespace peyk::storage
