#include "storage/key_tree.h"

#include "base/bytes.h"

namespace peyk::storage {

namespace {
constexpr unsigned kFan = 4;
constexpr std::size_t kMaxDepth = 80;
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

struct KeyTree::Node {
    enum class State : std::uint8_t { dead, live, split };
    State state = State::dead;
    Secret key;                                        // live
    std::unique_ptr<std::array<Node, kFan>> children;  // split

    void die() {
        key.wipe();
        children.reset();
        state = State::dead;
    }
    void split() {
        children = std::make_unique<std::array<Node, kFan>>();
        for (unsigned digit = 0; digit < kFan; ++digit) {
            auto& child = (*children)[digit];
            child.state = State::live;
            child.key = key.child(static_cast<std::uint8_t>(digit));
        }
        key.wipe();
        state = State::split;
    }
    void merge() {
        for (const auto& child : *children) {
            if (child.state != State::dead) return;
        }
        die();
    }

    bool puncture(const KeyPath& path, std::size_t depth);
    bool puncture_below(const KeyPath& path, std::size_t fixed, std::size_t depth);
    std::size_t frontier() const;
    void write(std::string& out) const;
    bool read(ByteReader& in, std::size_t depth);
};

KeyTree::KeyTree() : root_(std::make_unique<Node>()) {}
KeyTree::KeyTree(const Secret& root) : KeyTree() {
    root_->state = Node::State::live;
    root_->key = root;
}
KeyTree::~KeyTree() = default;
KeyTree::KeyTree(KeyTree&&) noexcept = default;
KeyTree& KeyTree::operator=(KeyTree&&) noexcept = default;

std::optional<KeyTree::Found> KeyTree::find(const KeyPath& path) const {
    const auto* node = root_.get();
    std::size_t depth = 0;
    while (node->state == Node::State::split) {
        // A split node at the end of a path: keys below it were destroyed, so the key itself is gone.
        if (depth == path.size()) return std::nullopt;
        node = &(*node->children)[path[depth++]];
    }
    if (node->state == Node::State::dead) return std::nullopt;
    return Found{node->key, depth};
}

Secret KeyTree::descend(Secret key, const KeyPath& path, std::size_t from) {
    for (; from < path.size(); ++from) key = key.child(path[from]);
    return key;
}

bool KeyTree::puncture(const KeyPath& path) { return root_->puncture(path, 0); }

bool KeyTree::Node::puncture(const KeyPath& path, std::size_t depth) {
    if (state == State::dead) return false;
    if (depth == path.size()) {
        die();
        return true;
    }
    if (state == State::live) split();
    bool changed = (*children)[path[depth]].puncture(path, depth + 1);
    merge();
    return changed;
}

bool KeyTree::puncture_below(const KeyPath& path, std::size_t fixed) { return root_->puncture_below(path, fixed, 0); }

bool KeyTree::Node::puncture_below(const KeyPath& path, std::size_t fixed, std::size_t depth) {
    if (state == State::dead || depth == path.size()) return false;
    // Nothing is smaller than a path that goes on with zeros: no reason to split.
    bool zeros = depth >= fixed;
    for (auto at = depth; zeros && at < path.size(); ++at) zeros = path[at] == 0;
    if (zeros) return false;
    if (state == State::live) split();
    bool changed = false;
    if (depth >= fixed) {
        for (unsigned digit = 0; digit < path[depth]; ++digit) {
            auto& child = (*children)[digit];
            changed |= child.state != State::dead;
            child.die();
        }
    }
    changed |= (*children)[path[depth]].puncture_below(path, fixed, depth + 1);
    merge();
    return changed;
}

std::size_t KeyTree::frontier() const { return root_->frontier(); }

std::size_t KeyTree::Node::frontier() const {
    if (state == State::dead) return 0;
    if (state == State::live) return 1;
    std::size_t sum = 0;
    for (const auto& child : *children) sum += child.frontier();
    return sum;
}

void KeyTree::write(std::string& out) const { root_->write(out); }

void KeyTree::Node::write(std::string& out) const {
    put_u8(out, static_cast<std::uint8_t>(state));
    if (state == State::live) out.append(key.view());
    if (state == State::split) {
        for (const auto& child : *children) child.write(out);
    }
}

Result<KeyTree> KeyTree::parse(std::string_view bytes) {
    KeyTree tree;
    ByteReader in(bytes);
    if (!tree.root_->read(in, 0) || !in.done()) return fail(Errc::corrupt, "the key table does not parse");
    return tree;
}

bool KeyTree::Node::read(ByteReader& in, std::size_t depth) {
    auto kind = in.u8();
    if (!in.ok() || kind > static_cast<std::uint8_t>(State::split)) return false;
    state = static_cast<State>(kind);
    if (state == State::live) {
        auto bytes = in.take(Secret::kBytes);
        if (!in.ok()) return false;
        key = Secret(bytes);
    }
    if (state == State::split) {
        if (depth == kMaxDepth) return false;
        children = std::make_unique<std::array<Node, kFan>>();
        for (auto& child : *children) {
            if (!child.read(in, depth + 1)) return false;
        }
    }
    return true;
}

}  // namespace peyk::storage
