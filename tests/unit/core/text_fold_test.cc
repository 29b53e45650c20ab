#include "core/text_fold.h"

#include <gtest/gtest.h>

namespace peyk {
namespace {

struct Pair {
    const char* written;
    const char* typed;
};

class SameWord : public testing::TestWithParam<Pair> {};

TEST_P(SameWord, IsFoundHoweverItIsTyped) {
    EXPECT_EQ(fold_text_utf8(GetParam().written), fold_text_utf8(GetParam().typed));
    EXPECT_FALSE(fold_text(GetParam().written).empty());
}

INSTANTIATE_TEST_SUITE_P(Scripts, SameWord,
                         testing::Values(Pair{"Straße", "STRASSE"}, Pair{"Résumé", "resume"},
                                         Pair{"ＡＢＣ１２", "abc12"}, Pair{"Ελλάδα", "ελλαδα"}, Pair{"Ёлка", "елка"},
                                         Pair{"ﬁnd", "find"},
                                         // Arabic keyboards write other code points for Persian letters.
                                         Pair{"كيك", "کیک"}, Pair{"می‌خواهم", "میخواهم"},
                                         Pair{"مـــدرسه", "مدرسه"}, Pair{"مُحَمَّد", "محمد"}, Pair{"إسلام", "اسلام"},
                                         Pair{"مدرسة", "مدرسه"}, Pair{"۱۴۰۲", "1402"}, Pair{"١٤٤٥", "1445"},
                                         Pair{"שָׁלוֹם", "שלום"}, Pair{"ガ", "ｶﾞ"}, Pair{"가", "가"}));

TEST(FoldText, WordsAreApartByOneSpace) {
    EXPECT_EQ(fold_text_utf8("  Hello,\t(big)\n\nworld!! "), "hello big world");
    EXPECT_EQ(fold_text_utf8("東京、大阪"), "東京 大阪");
    EXPECT_EQ(fold_text_utf8("سلام، دنیا"), "سلام دنیا");
    EXPECT_EQ(fold_text_utf8("--- !!"), "");
    EXPECT_EQ(fold_text_utf8(""), "");
}

TEST(FoldText, VowelSignsThatMakeAnotherWordStay) {
    EXPECT_NE(fold_text("की"), fold_text("का"));
    EXPECT_NE(fold_text("กา"), fold_text("กี"));
    EXPECT_NE(fold_text("が"), fold_text("か"));
}

TEST(FoldText, BytesThatAreNoTextAreGaps) {
    EXPECT_EQ(fold_text_utf8("ab\xff\xfe"
                             "cd"),
              "ab cd");
    EXPECT_EQ(fold_text_utf8(std::string_view("a\0b", 3)), "a b");
}

}  // namespace
}  // namespace peyk
