#include "core/json.h"

#include <gtest/gtest.h>

#include <random>

namespace peyk::json {
namespace {

struct Pair {
    std::string_view input;
    std::string_view canonical;
};

// Spec: Appendices › Canonical JSON › Examples, in their order.
constexpr Pair kSpecPairs[] = {
    {"{}", "{}"},
    {"{\n    \"one\": 1,\n    \"two\": \"Two\"\n}", R"({"one":1,"two":"Two"})"},
    {"{\n    \"b\": \"2\",\n    \"a\": \"1\"\n}", R"({"a":"1","b":"2"})"},
    {R"({"b":"2","a":"1"})", R"({"a":"1","b":"2"})"},
    {R"({
    "auth": {
        "success": true,
        "mxid": "@john.doe:example.com",
        "profile": {
            "display_name": "John Doe",
            "three_pids": [
                {"medium": "email", "address": "john.doe@example.org"},
                {"medium": "msisdn", "address": "123456789"}
            ]
        }
    }
})",
     R"({"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}})"},
    {"{\n    \"a\": \"日本語\"\n}", "{\"a\":\"日本語\"}"},
    {"{\n    \"本\": 2,\n    \"日\": 1\n}", "{\"日\":1,\"本\":2}"},
    {R"({"a": "\u65E5"})", "{\"a\":\"日\"}"},
    {"{\n    \"a\": null\n}", R"({"a":null})"},
    {"{\n    \"a\": -0,\n    \"b\": 1e10\n}", R"({"a":0,"b":10000000000})"},
};

TEST(CanonicalJson, TheTenPairsOfTheSpecificationHold) {
    for (const auto& [input, canonical] : kSpecPairs) {
        auto value = parse(input);
        ASSERT_TRUE(value) << input;
        EXPECT_EQ(write(*value), canonical);
        EXPECT_TRUE(is_canonical(*value)) << input;
    }
}

// What our own reading of the grammar adds to the examples.
constexpr Pair kOwnPairs[] = {
    // U+FFFD sorts before U+10000 by code point and behind it by UTF-16 units.
    {"{\"\xf0\x90\x80\x80\":1,\"\xef\xbf\xbd\":2}", "{\"\xef\xbf\xbd\":2,\"\xf0\x90\x80\x80\":1}"},
    {R"("\ud83d\ude00")", "\"\xf0\x9f\x98\x80\""},
    {R"("\u0000\u0007\b\t\n\u000b\f\r\u001F\u007f")", "\"\\u0000\\u0007\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\""},
    {R"("\/\"\\")", R"("/\"\\")"},
    {"9007199254740991", "9007199254740991"},
    {"-9007199254740991", "-9007199254740991"},
    {"1E+2", "100"},
    {"-0e99", "0"},
    {" [ ] ", "[]"},
    {"[1,[2,[]],{}]", "[1,[2,[]],{}]"},
    {"\t\r\n true ", "true"},
    {R"({"":1," ":2})", R"({"":1," ":2})"},
};

TEST(CanonicalJson, EscapesAndOrderFollowTheGrammar) {
    for (const auto& [input, canonical] : kOwnPairs) {
        auto value = parse(input);
        ASSERT_TRUE(value) << input;
        EXPECT_EQ(write(*value), canonical);
    }
}

TEST(CanonicalJson, OtherNumbersKeepTheirTextAndAreNotCanonical) {
    for (std::string_view text : {"9007199254740992", "-9007199254740992", "1.0", "-0.0", "1e-1", "12e15", "1.5e3",
                                  "1e400", "123456789012345678901234567890", "10e-1"}) {
        auto value = parse(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(value->kind(), Value::Kind::number) << text;
        EXPECT_EQ(write(*value), text);
        EXPECT_FALSE(is_canonical(Value(Array{Value(Object{{"k", *value}})}))) << text;
    }
}

struct Refusal {
    std::string_view text;
    std::string_view m_code;
};

using namespace std::string_view_literals;

constexpr Refusal kRefusals[] = {
    {"", "M_NOT_JSON"},
    {" ", "M_NOT_JSON"},
    {"\0"sv, "M_NOT_JSON"},
    {"{}\0"sv, "M_NOT_JSON"},
    {"{\0}"sv, "M_NOT_JSON"},
    {"1\0"sv, "M_NOT_JSON"},
    {"tr\0e"sv, "M_NOT_JSON"},
    {"\"a\0b\""sv, "M_NOT_JSON"},
    {"\xef\xbb\xbf{}", "M_NOT_JSON"},  // byte order mark
    {"{} {}", "M_NOT_JSON"},
    {"1,2", "M_NOT_JSON"},
    {"1 2", "M_NOT_JSON"},
    {"]", "M_NOT_JSON"},
    {"1]", "M_NOT_JSON"},
    {"1],[2", "M_NOT_JSON"},
    {"[1]]", "M_NOT_JSON"},
    {"[", "M_NOT_JSON"},
    {"{", "M_NOT_JSON"},
    {"}", "M_NOT_JSON"},
    {"[}", "M_NOT_JSON"},
    {"{]", "M_NOT_JSON"},
    {"[1,]", "M_NOT_JSON"},
    {"[,1]", "M_NOT_JSON"},
    {"[1,,2]", "M_NOT_JSON"},
    {"[1 2]", "M_NOT_JSON"},
    {"[1:2]", "M_NOT_JSON"},
    {"[\"a\" \"b\"]", "M_NOT_JSON"},
    {"[[] []]", "M_NOT_JSON"},
    {"{\"a\"}", "M_NOT_JSON"},
    {"{\"a\":}", "M_NOT_JSON"},
    {"{\"a\":1,}", "M_NOT_JSON"},
    {"{,\"a\":1}", "M_NOT_JSON"},
    {"{\"a\":1 \"b\":2}", "M_NOT_JSON"},
    {"{\"a\":1:2}", "M_NOT_JSON"},
    {"{\"a\",1}", "M_NOT_JSON"},
    {"{a:1}", "M_NOT_JSON"},
    {"{1:1}", "M_NOT_JSON"},
    {"{'a':1}", "M_NOT_JSON"},
    {"{\"a\":1", "M_NOT_JSON"},
    {"[\"a", "M_NOT_JSON"},
    {"\"", "M_NOT_JSON"},
    {"\"\\\"", "M_NOT_JSON"},
    {"\"\\x\"", "M_NOT_JSON"},
    {"\"\\u12\"", "M_NOT_JSON"},
    {"\"\\u12g4\"", "M_NOT_JSON"},
    {"\"\\U0041\"", "M_NOT_JSON"},
    {"\"\n\"", "M_NOT_JSON"},
    {"\"\t\"", "M_NOT_JSON"},
    {"\"\x1f\"", "M_NOT_JSON"},
    {"nul", "M_NOT_JSON"},
    {"nulll", "M_NOT_JSON"},
    {"True", "M_NOT_JSON"},
    {"truefalse", "M_NOT_JSON"},
    {"true\"x\"", "M_NOT_JSON"},
    {"NaN", "M_NOT_JSON"},
    {"Infinity", "M_NOT_JSON"},
    {"-Infinity", "M_NOT_JSON"},
    {"-", "M_NOT_JSON"},
    {"+1", "M_NOT_JSON"},
    {"01", "M_NOT_JSON"},
    {"-01", "M_NOT_JSON"},
    {"00", "M_NOT_JSON"},
    {".5", "M_NOT_JSON"},
    {"1.", "M_NOT_JSON"},
    {"1.e1", "M_NOT_JSON"},
    {"1e", "M_NOT_JSON"},
    {"1e+", "M_NOT_JSON"},
    {"1.5.5", "M_NOT_JSON"},
    {"0x10", "M_NOT_JSON"},
    {"1_000", "M_NOT_JSON"},
    {"--1", "M_NOT_JSON"},
    {"1/**/", "M_NOT_JSON"},
    {"/**/1", "M_NOT_JSON"},
    {"\v1", "M_NOT_JSON"},
    {"\xc2\xa0", "M_NOT_JSON"},              // no-break space is no white space here
    {"\"\x80\"", "M_NOT_JSON"},              // stray continuation byte
    {"\"\xc0\xaf\"", "M_NOT_JSON"},          // overlong
    {"\"\xe0\x80\xaf\"", "M_NOT_JSON"},      // overlong
    {"\"\xed\xa0\x80\"", "M_NOT_JSON"},      // a surrogate as UTF-8
    {"\"\xf4\x90\x80\x80\"", "M_NOT_JSON"},  // above U+10FFFF
    {"\"\xe2\x82\"", "M_NOT_JSON"},          // cut short
    {"{\"\xff\":1}", "M_NOT_JSON"},
    {R"("\ud800")", "M_BAD_JSON"},  // high alone
    {R"("\udc00")", "M_BAD_JSON"},  // low alone
    {R"("\ud800x")", "M_BAD_JSON"},
    {R"("\ud800\n")", "M_BAD_JSON"},
    {R"("\ud800\u0041")", "M_BAD_JSON"},
    {R"("\ud800\ud800\udc00")", "M_BAD_JSON"},
    {R"("\udc00\udc00")", "M_BAD_JSON"},  // low twice
    {R"({"\udfff":1})", "M_BAD_JSON"},
    {R"("\ud800\u00g0")", "M_NOT_JSON"},
    {R"({"a":1,"a":1})", "M_BAD_JSON"},
    {R"({"b":1,"a":1,"b":2})", "M_BAD_JSON"},
    {R"([{"x":{"a":1,"\u0061":2}}])", "M_BAD_JSON"},  // the same key, written differently
};

TEST(JsonParse, RefusesEverythingThatIsNotStrictJson) {
    for (const auto& [text, m_code] : kRefusals) {
        auto value = parse(text);
        ASSERT_FALSE(value) << "accepted: " << text;
        EXPECT_EQ(value.error().m_code, m_code) << text;
        EXPECT_EQ(value.error().code, Errc::bad_request);
    }
}

TEST(JsonParse, ReadsInputThatIsFollowedByOtherBytes) {
    const std::string memory = R"({"a":[1,"x"]}"}]}garbage)";
    auto value = parse(std::string_view(memory).substr(0, 13));
    ASSERT_TRUE(value);
    EXPECT_EQ(write(*value), R"({"a":[1,"x"]})");
    // Exactly as large as its allocation: an address sanitizer would see a read beyond it.
    const std::vector<char> exact{'[', '1', ',', '2', ']'};
    EXPECT_TRUE(parse(std::string_view(exact.data(), exact.size())));
}

TEST(JsonParse, TheDepthLimitCountsArraysAndObjects) {
    ParseLimits limits;
    limits.max_depth = 3;
    EXPECT_TRUE(parse("[[[1]]]", limits));
    EXPECT_TRUE(parse(R"({"a":[{"b":1}]})", limits));
    EXPECT_FALSE(parse("[[[[]]]]", limits));
    EXPECT_FALSE(parse(R"({"a":[{"b":{}}]})", limits));
    EXPECT_TRUE(parse(std::string(128, '[') + std::string(128, ']')));
    auto deep = parse(std::string(129, '[') + std::string(129, ']'));
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().m_code, "M_BAD_JSON");
}

TEST(JsonParse, AMillionLevelsAreRefusedQuickly) {
    const std::size_t levels = 1'000'000;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(parse(std::string(levels, '[')));
    EXPECT_FALSE(parse(std::string(levels, '[') + std::string(levels, ']')));
    std::string objects;
    for (std::size_t i = 0; i < levels; ++i) objects += R"({"a":)";
    EXPECT_FALSE(parse(objects));
    EXPECT_FALSE(parse(objects + "1" + std::string(levels, '}')));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(JsonParse, AFailedParseLeavesNothingForTheNext) {
    EXPECT_FALSE(parse(R"({"a":[1,2,{"b":3,"c":[4,5,)"));
    EXPECT_FALSE(parse(R"([1,2,{"b":3,"b":3}])"));
    auto value = parse(R"([{"x":1}])");
    ASSERT_TRUE(value);
    EXPECT_EQ(write(*value), R"([{"x":1}])");
}

TEST(JsonParse, AnObjectIsDemandedWhereOneIsNeeded) {
    EXPECT_TRUE(parse_object(R"({"a":1})"));
    for (std::string_view text : {"[]", "1", "null", "\"x\""}) {
        auto object = parse_object(text);
        ASSERT_FALSE(object);
        EXPECT_EQ(object.error().m_code, "M_BAD_JSON");
    }
    EXPECT_EQ(parse_object("{").error().m_code, "M_NOT_JSON");
}

TEST(JsonParse, ALargeDocumentIsRead) {
    std::string text = "[0";
    for (int i = 1; i < 100'000; ++i) text += "," + std::to_string(i);
    text += "]";
    auto value = parse(text);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->array()->size(), 100'000u);
    EXPECT_EQ(write(*value), text);
}

TEST(JsonObject, KeepsItsKeysSortedAndFindsThem) {
    Object object;
    for (int i : {7, 3, 9, 1, 5, 2, 8, 4, 6, 0}) {
        object.set(std::to_string(i), Value(i));
        ASSERT_TRUE(object.find(std::to_string(i)));
    }
    object.set("3", Value("three"));
    EXPECT_EQ(write(object), R"({"0":0,"1":1,"2":2,"3":"three","4":4,"5":5,"6":6,"7":7,"8":8,"9":9})");
    EXPECT_FALSE(object.find("33"));
    EXPECT_TRUE(object.erase("0"));
    EXPECT_FALSE(object.erase("0"));
    EXPECT_EQ(object.size(), 9u);
    const Object listed{{"b", 1}, {"a", 2}, {"b", 3}};
    EXPECT_EQ(write(listed), R"({"a":2,"b":3})");
}

TEST(JsonValue, AccessToAnotherKindReadsAsAbsent) {
    auto value = parse(R"({"s":"x","i":1,"b":true,"o":{"p":{"q":"deep"}},"a":[1]})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->get_string("s"), "x");
    EXPECT_EQ(value->get_integer("i"), 1);
    EXPECT_EQ(value->get_bool("b"), true);
    EXPECT_EQ(value->get_array("a")->size(), 1u);
    EXPECT_EQ(*value->get_path({"o", "p", "q"})->string(), "deep");
    EXPECT_FALSE(value->get_path({"o", "x", "q"}));
    EXPECT_FALSE(value->get_path({"s", "x"}));
    EXPECT_FALSE(value->get_string("i"));
    EXPECT_FALSE(value->get_integer("b"));
    EXPECT_FALSE(value->get_bool("s"));
    EXPECT_FALSE(value->get_object("a"));
    EXPECT_FALSE(Value(3).get("x"));
}

TEST(JsonWriter, BuildsTextWithoutATree) {
    Writer writer;
    writer.begin_object().key("a").begin_array().integer(1).string("x\n").null().boolean(false).begin_object();
    writer.end_object().raw(R"({"r":1})").end_array().key("b").value(Value(Array{Value(true)})).key("c").begin_array();
    writer.end_array().end_object();
    EXPECT_EQ(writer.text(), R"({"a":[1,"x\n",null,false,{},{"r":1}],"b":[true],"c":[]})");
    EXPECT_TRUE(parse(writer.text()));
}

// Random trees, with the strings and numbers that are hard.
class Generator {
public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    Value value(int depth) {
        switch (pick(depth > 0 ? 8 : 6)) {
            case 0: return {};
            case 1: return pick(2) == 0;
            case 2: return static_cast<std::int64_t>(random_()) * (pick(2) ? 1 : -1) % kMaxInteger;
            case 3: return pick(2) ? kMaxInteger : -kMaxInteger;
            case 4: return RawNumber{pick(2) ? "1.25" : "-99999999999999999999"};
            case 5: return string();
            case 6: {
                Array array;
                for (int n = pick(5); n > 0; --n) array.push_back(value(depth - 1));
                return array;
            }
            default: {
                Object object;
                for (int n = pick(9); n > 0; --n) object.set(string(), value(depth - 1));
                return object;
            }
        }
    }

    std::string spaced(const Value& value) {  // the same value, written in another way: spaces and \u escapes
        std::string out;
        write_loosely(out, value);
        return out;
    }

    int pick(int bound) { return static_cast<int>(random_() % static_cast<std::uint32_t>(bound)); }

private:
    std::string string() {
        static constexpr std::string_view kPieces[] = {"a",
                                                       "Z",
                                                       "\"",
                                                       "\\",
                                                       "/",
                                                       std::string_view("\0", 1),
                                                       "\x1f",
                                                       "\n",
                                                       "\x7f",
                                                       "é",
                                                       "日",
                                                       "\xef\xbf\xbd",
                                                       "\xf0\x90\x80\x80",
                                                       "\xf0\x9f\x98\x80",
                                                       "_",
                                                       "\xf4\x8f\xbf\xbf",
                                                       "\xed\x9f\xbf",
                                                       "\xee\x80\x80"};
        std::string text;
        for (int n = pick(7); n > 0; --n) text += kPieces[pick(std::size(kPieces))];
        return text;
    }

    void space(std::string& out) {
        for (int n = pick(3); n > 0; --n) out += " \t\r\n"[pick(4)];
    }

    void write_loose_string(std::string& out, std::string_view text) {
        out += '"';
        for (char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || c == '"' || c == '\\' || (byte < 0x7f && pick(4) == 0)) {
                out += fmt::format("\\u{:04X}", byte);
            } else {
                out += c;
            }
        }
        out += '"';
    }

    void write_loosely(std::string& out, const Value& value) {
        space(out);
        if (auto* text = value.string()) {
            write_loose_string(out, *text);
        } else if (auto* array = value.array()) {
            out += '[';
            for (std::size_t i = 0; i < array->size(); ++i) {
                if (i) out += ',';
                write_loosely(out, (*array)[i]);
            }
            space(out);
            out += ']';
        } else if (auto* object = value.object()) {
            std::vector<Member> members(object->begin(), object->end());
            std::shuffle(members.begin(), members.end(), random_);
            out += '{';
            for (std::size_t i = 0; i < members.size(); ++i) {
                if (i) out += ',';
                space(out);
                write_loose_string(out, members[i].key);
                space(out);
                out += ':';
                write_loosely(out, members[i].value);
            }
            space(out);
            out += '}';
        } else {
            out += write(value);
        }
        space(out);
    }

    std::mt19937 random_;
};

TEST(JsonProperty, WhatIsWrittenReadsBackAsTheSameValue) {
    Generator generator(20240901);
    for (int round = 0; round < 3000; ++round) {
        const Value value = generator.value(5);
        const std::string text = write(value);
        auto again = parse(text);
        ASSERT_TRUE(again) << text;
        ASSERT_EQ(*again, value) << text;
        auto loose = parse(generator.spaced(value));
        ASSERT_TRUE(loose) << text;
        ASSERT_EQ(write(*loose), text);
    }
}

TEST(JsonProperty, DamagedTextIsRefusedOrReadsBackFromItsCanonicalForm) {
    Generator generator(7);
    int accepted = 0, refused = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text = generator.spaced(generator.value(3));
        for (int n = 1 + generator.pick(3); n > 0 && !text.empty(); --n) {
            const auto at = static_cast<std::size_t>(generator.pick(static_cast<int>(text.size())));
            switch (generator.pick(3)) {
                case 0: text[at] = static_cast<char>(generator.pick(256)); break;
                case 1: text.erase(at, 1); break;
                default: text.insert(at, 1, "{}[]\",:\\0u-e."[generator.pick(13)]);
            }
        }
        auto value = parse(text);
        ++(value ? accepted : refused);
        if (!value) continue;
        const std::string canonical = write(*value);
        auto again = parse(canonical);
        ASSERT_TRUE(again) << canonical;
        ASSERT_EQ(*again, *value);
        ASSERT_EQ(write(*again), canonical);
    }
    EXPECT_GT(accepted, 500);
    EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace peyk::json
