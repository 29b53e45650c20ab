#include "app/store.h"

#include "app/catalog.h"
#include "app/migrations.h"
#include "async/task.h"

namespace peyk::app {
namespace {

storage::OpenOptions storage_options(const Config& config) {
    storage::OpenOptions out;
    out.dir = config.store_dir();
    out.engine = config.storage.engine == Engine::memory ? storage::Engine::memory : storage::Engine::rocksdb;
    out.durability =
        config.storage.durability == Durability::relaxed ? storage::Durability::relaxed : storage::Durability::sync;
    out.key = key_source(config);
    out.catalog = catalog();
    out.newest_format = storage::newest_format(migrations());
    out.cache = config.storage.cache;
    out.reserve = config.storage.reserve;
    return out;
}

}  // namespace

storage::KeySource key_source(const Config& config) {
    storage::KeySource out;
    if (config.storage.key_source == KeySource::passphrase) {
        out.kind = storage::KeySource::Kind::passphrase;
        out.secret = config.storage.passphrase.reveal();
    } else if (!config.storage.key_bytes.empty()) {
        out.kind = storage::KeySource::Kind::raw;
        out.secret = config.storage.key_bytes.reveal();
    } else {
        out.kind = storage::KeySource::Kind::key_file;
        out.file = config.key_file();
    }
    return out;
}

Result<OpenStore> open_store(const Config& config, Executor& workers, const Clock& clock, Random& random) {
    std::error_code error;
    std::filesystem::create_directories(config.server.data_dir, error);
    if (error) {
        return fail(Errc::io, fmt::format("the data folder {} cannot be made: {}", config.server.data_dir.string(),
                                          error.message()));
    }
    std::filesystem::permissions(config.server.data_dir, std::filesystem::perms::owner_all, error);
    PEYK_TRY(auto opened, storage::open(storage_options(config)));
    PEYK_CHECK(storage::migrate(opened->db(), migrations(), workers));
    PEYK_TRY(auto known, read_identity(opened->db()));
    if (!known) {
        auto trial = is_trial_name(config.server.name) ? Trial::yes : Trial::no;
        PEYK_TRY(auto made,
                 run_blocking(workers, make_identity(opened->db(), config.server.name, trial, clock, random)));
        return OpenStore{std::move(opened), std::move(made)};
    }
    if (known->server_name != config.server.name) {
        return fail(
            Errc::conflict,
            fmt::format("the store in {} belongs to {}, and the configuration names {}; a server's name cannot be "
                        "changed: correct server.name, or name another data folder",
                        config.server.data_dir.string(), known->server_name, config.server.name));
    }
    return OpenStore{std::move(opened), std::move(*known)};
}

}  // namespace peyk::app
