#include "storage/key_tree.h"

#include <sodium.h>

#include "base/bytes.h"

namespace peyk::storage {

namespace {
constexpr unsigned kFan = 4;
constexpr std::size_t kMaxDepth = 80;
// Smaller subtrees stay in the page above them.
constexpr std::size_t kMinPage = 512;

enum class Kind : std::uint8_t { dead, live, split, stored };

void put_place(std::string& out, const KeyPlace& place) {
    put_u8(out, static_cast<std::uint8_t>(Kind::stored));
    put_u64be(out, place.offset);
    put_u32be(out, place.length);
    out.append(place.key.view());
}

KeyPlace take_place(ByteReader& in) {
    KeyPlace place;
    place.offset = in.u64be();
    place.length = in.u32be();
    auto key = in.take(Secret::kBytes);
    if (in.ok()) place.key = Secret(key);
    return place;
}

// Skims over one node and all below it.
bool skim(ByteReader& in, std::size_t depth, std::vector<KeyPlace>& places) {
    auto kind = in.u8();
    if (!in.ok() || kind > static_cast<std::uint8_t>(Kind::stored) || depth > kMaxDepth) return false;
    switch (static_cast<Kind>(kind)) {
        case Kind::dead: break;
        case Kind::live: in.take(Secret::kBytes); break;
        case Kind::stored: places.push_back(take_place(in)); break;
        case Kind::split:
            for (unsigned i = 0; i < kFan; ++i) {
                if (!skim(in, depth + 1, places)) return false;
            }
            break;
    }
    return in.ok();
}
}  // namespace

KeyPath& KeyPath::add_byte(std::uint8_t value) {
    for (int shift = 6; shift >= 0; shift -= 2) digits_[size_++] = (value >> shift) & 3;
    return *this;
}

KeyPath& KeyPath::add_number(std::uint64_t number) {
    std::uint8_t count = 0;
    for (auto rest = number; rest != 0; rest >>= 2) ++count;
    for (int shift = 4; shift >= 0; shift -= 2) digits_[size_++] = (count >> shift) & 3;
    while (count-- > 0) digits_[size_++] = (number >> (2 * count)) & 3;
    return *this;
}

KeyPath& KeyPath::cut(std::size_t back) {
    *std::ranges::find(cuts_, 0xff) = static_cast<std::uint8_t>(size_ - back);
    return *this;
}

bool KeyPath::cut_at(std::size_t depth) const { return std::ranges::find(cuts_, depth) != cuts_.end(); }

struct KeyTree::Pages {
    struct Page {
        Node* node = nullptr;  // null: this id is unused
        KeyPlace place;        // length 0: not on the disk yet
        KeyPlace next;         // while it is written
        bool dirty = false;
    };
    std::vector<Page> all = std::vector<Page>(1);
    std::vector<PageId> unused;
    std::vector<PageId> moving;     // given away by write(), not settled yet
    std::vector<KeyPlace> freed;    // used no more once the next write is on the disk
    std::vector<KeyPlace> freeing;  // once the present one is
    std::size_t loaded = 0;

    PageId make(Node* node) {
        if (unused.empty()) {
            unused.push_back(static_cast<PageId>(all.size()));
            all.emplace_back();
        }
        auto id = unused.back();
        unused.pop_back();
        all[id] = Page{};
        all[id].node = node;
        return id;
    }
    void forget(PageId id) {
        all[id] = Page{};
        unused.push_back(id);
    }
};

struct KeyTree::Node {
    Kind kind = Kind::dead;
    bool cut = false;                                  // split: may be a page
    PageId page = 0;                                   // split, stored
    Secret key;                                        // live
    std::unique_ptr<std::array<Node, kFan>> children;  // split

    void die(Pages& pages) {
        release(pages, true);
        key.wipe();
        children.reset();
        kind = Kind::dead;
    }
    // Gives up the pages here and below; `gone`: they are not needed on the disk either.
    void release(Pages& pages, bool gone) {
        if (page != 0) {
            if (gone && pages.all[page].place.length > 0) pages.freed.push_back(pages.all[page].place);
            if (kind == Kind::split) --pages.loaded;
            pages.forget(std::exchange(page, 0));
        }
        if (!children) return;
        for (auto& child : *children) child.release(pages, gone);
    }
    void split() {
        children = std::make_unique<std::array<Node, kFan>>();
        for (unsigned digit = 0; digit < kFan; ++digit) {
            auto& child = (*children)[digit];
            child.kind = Kind::live;
            child.key = key.child(static_cast<std::uint8_t>(digit));
        }
        key.wipe();
        kind = Kind::split;
    }
    void merge(Pages& pages) {
        for (const auto& child : *children) {
            if (child.kind != Kind::dead) return;
        }
        die(pages);
    }
    void changed(const KeyPath& path, std::size_t depth, Pages& pages) {
        if (kind != Kind::split) return;
        cut = cut || path.cut_at(depth);
        if (page != 0) pages.all[page].dirty = true;
    }

    bool puncture(const KeyPath& path, std::size_t depth, Pages& pages);
    bool puncture_below(const KeyPath& path, std::size_t fixed, std::size_t depth, Pages& pages);
    std::size_t frontier() const;
    void write(std::string& out, const Keep& keep, Pages& pages);
    void write_children(std::string& out, const Keep& keep, Pages& pages) {
        for (auto& child : *children) child.write(out, keep, pages);
    }
    bool read(ByteReader& in, std::size_t depth, Pages& pages);
    bool read_children(ByteReader& in, std::size_t depth, Pages& pages);
};

KeyTree::KeyTree() : root_(std::make_unique<Node>()), pages_(std::make_unique<Pages>()) {}
KeyTree::KeyTree(const Secret& root) : KeyTree() {
    root_->kind = Kind::live;
    root_->key = root;
}
KeyTree::~KeyTree() = default;
KeyTree::KeyTree(KeyTree&&) noexcept = default;
KeyTree& KeyTree::operator=(KeyTree&&) noexcept = default;

std::optional<KeyTree::Found> KeyTree::find(const KeyPath& path) const {
    const auto* node = root_.get();
    std::size_t depth = 0;
    while (node->kind == Kind::split) {
        // A split node at the end of a path: keys below it were destroyed, so the key itself is gone.
        if (depth == path.size()) return std::nullopt;
        node = &(*node->children)[path[depth++]];
    }
    if (node->kind == Kind::dead) return std::nullopt;
    // Nothing is kept on its own that no key was destroyed in.
    if (node->kind == Kind::stored && depth == path.size()) return std::nullopt;
    return Found{node->key, depth, node->kind == Kind::stored ? node->page : 0};
}

Secret KeyTree::descend(Secret key, const KeyPath& path, std::size_t from) {
    for (; from < path.size(); ++from) key = key.child(path[from]);
    return key;
}

KeyTree::PageId KeyTree::absent(const KeyPath& path) const {
    const auto* node = root_.get();
    for (std::size_t depth = 0; node->kind == Kind::split && depth < path.size(); ++depth) {
        node = &(*node->children)[path[depth]];
        // What is destroyed as a whole need not be known.
        if (node->kind == Kind::stored && depth + 1 < path.size()) return node->page;
    }
    return 0;
}

const KeyPlace& KeyTree::place(PageId page) const { return pages_->all[page].place; }

bool KeyTree::load(PageId page, std::string_view bytes) {
    auto& node = *pages_->all[page].node;
    ByteReader in(bytes);
    if (!node.read_children(in, 0, *pages_) || !in.done()) {
        for (auto& child : *node.children) child.release(*pages_, false);
        node.children.reset();
        return false;
    }
    node.kind = Kind::split;
    node.cut = true;
    ++pages_->loaded;
    return true;
}

bool KeyTree::puncture(const KeyPath& path) { return root_->puncture(path, 0, *pages_); }

bool KeyTree::Node::puncture(const KeyPath& path, std::size_t depth, Pages& pages) {
    if (kind == Kind::dead) return false;
    if (depth == path.size()) {
        die(pages);
        return true;
    }
    if (kind == Kind::live) split();
    bool any = (*children)[path[depth]].puncture(path, depth + 1, pages);
    merge(pages);
    if (any) changed(path, depth, pages);
    return any;
}

bool KeyTree::puncture_below(const KeyPath& path, std::size_t fixed) {
    return root_->puncture_below(path, fixed, 0, *pages_);
}

bool KeyTree::Node::puncture_below(const KeyPath& path, std::size_t fixed, std::size_t depth, Pages& pages) {
    if (kind == Kind::dead || depth == path.size()) return false;
    // Nothing is smaller than a path that goes on with zeros: no reason to split.
    bool zeros = depth >= fixed;
    for (auto at = depth; zeros && at < path.size(); ++at) zeros = path[at] == 0;
    if (zeros) return false;
    if (kind == Kind::live) split();
    bool any = false;
    if (depth >= fixed) {
        for (unsigned digit = 0; digit < path[depth]; ++digit) {
            auto& child = (*children)[digit];
            any |= child.kind != Kind::dead;
            child.die(pages);
        }
    }
    any |= (*children)[path[depth]].puncture_below(path, fixed, depth + 1, pages);
    merge(pages);
    if (any) changed(path, depth, pages);
    return any;
}

std::size_t KeyTree::frontier() const { return root_->frontier(); }

std::size_t KeyTree::Node::frontier() const {
    if (kind == Kind::live) return 1;
    if (!children) return 0;
    std::size_t sum = 0;
    for (const auto& child : *children) sum += child.frontier();
    return sum;
}

void KeyTree::write(std::string& out, const Keep& keep) {
    std::ranges::move(std::exchange(pages_->freed, {}), std::back_inserter(pages_->freeing));
    root_->write(out, keep, *pages_);
}

void KeyTree::Node::write(std::string& out, const Keep& keep, Pages& pages) {
    if (page != 0 && !pages.all[page].dirty) {
        const auto& known = pages.all[page];
        return put_place(out, known.next.length > 0 ? known.next : known.place);
    }
    if (kind == Kind::split && cut) {
        std::string bytes;
        write_children(bytes, keep, pages);
        if (page == 0 && bytes.size() >= kMinPage) {
            page = pages.make(this);
            ++pages.loaded;
        }
        if (page != 0) {
            auto& mine = pages.all[page];
            mine.next = keep(bytes);
            mine.dirty = false;
            pages.moving.push_back(page);
            put_place(out, mine.next);
        } else {
            put_u8(out, static_cast<std::uint8_t>(kind));
            out += bytes;
        }
        return sodium_memzero(bytes.data(), bytes.size());
    }
    put_u8(out, static_cast<std::uint8_t>(kind));
    if (kind == Kind::live) out.append(key.view());
    if (kind == Kind::split) write_children(out, keep, pages);
}

std::vector<KeyPlace> KeyTree::settle(bool written) {
    for (auto id : std::exchange(pages_->moving, {})) {
        auto& page = pages_->all[id];
        // Destroyed meanwhile, and perhaps another by now: what was written of it stays unused until the next start.
        if (!page.node || page.next.length == 0) continue;
        if (written) {
            if (page.place.length > 0) pages_->freeing.push_back(page.place);
            page.place = page.next;
        } else {
            page.dirty = true;
        }
        page.next = KeyPlace{};
    }
    return written ? std::exchange(pages_->freeing, {}) : std::vector<KeyPlace>{};
}

void KeyTree::unload(std::size_t most) {
    if (pages_->loaded <= most || !pages_->moving.empty()) return;
    for (PageId id = 1; id < pages_->all.size(); ++id) {
        auto& page = pages_->all[id];
        if (!page.node || page.dirty || page.place.length == 0 || page.node->kind != Kind::split) continue;
        auto& node = *page.node;
        for (auto& child : *node.children) child.release(*pages_, false);
        node.children.reset();
        node.kind = Kind::stored;
        --pages_->loaded;
    }
}

Result<KeyTree> KeyTree::parse(std::string_view bytes) {
    KeyTree tree;
    ByteReader in(bytes);
    if (!tree.root_->read(in, 0, *tree.pages_) || !in.done()) {
        return fail(Errc::corrupt, "the key table does not parse");
    }
    return tree;
}

bool KeyTree::Node::read(ByteReader& in, std::size_t depth, Pages& pages) {
    auto byte = in.u8();
    if (!in.ok() || byte > static_cast<std::uint8_t>(Kind::stored)) return false;
    kind = static_cast<Kind>(byte);
    if (kind == Kind::live) {
        auto bytes = in.take(Secret::kBytes);
        if (!in.ok()) return false;
        key = Secret(bytes);
    }
    if (kind == Kind::stored) {
        auto at = take_place(in);
        if (!in.ok()) return false;
        page = pages.make(this);
        pages.all[page].place = at;
    }
    return kind != Kind::split || read_children(in, depth, pages);
}

bool KeyTree::Node::read_children(ByteReader& in, std::size_t depth, Pages& pages) {
    children = std::make_unique<std::array<Node, kFan>>();
    if (depth == kMaxDepth) return false;
    for (auto& child : *children) {
        if (!child.read(in, depth + 1, pages)) return false;
    }
    return true;
}

std::optional<std::vector<KeyPlace>> KeyTree::places(std::string_view bytes, Bytes kind) {
    std::vector<KeyPlace> out;
    ByteReader in(bytes);
    for (unsigned nodes = kind == Bytes::tree ? 1 : kFan; nodes > 0; --nodes) {
        if (!skim(in, 0, out)) return std::nullopt;
    }
    if (!in.done()) return std::nullopt;
    return out;
}

}  // namespace peyk::storage
