#pragma once
// What the server holds, in words for people. app/holdings_list.cc names the groups; a test compares the two.

#include <array>
#include <string_view>

#include "pages/words.h"

namespace peyk::pages {

struct HeldWords {
    std::string_view group;
    Words what, why, kept;
};

namespace words {
// clang-format off
// The sixteen kinds of data, in the order of app::kLabels.
inline constexpr std::array<Words, 16> kLabels{{
    {"Contact details", "راه‌های تماس"}, {"Health", "سلامت"}, {"Money", "پول"}, {"Location", "مکان"},
    {"Sensitive details", "دانسته‌های حساس"}, {"Contacts", "آشنایان"}, {"What you write and send", "آنچه می‌نویسید و می‌فرستید"},
    {"Pages visited", "صفحه‌های دیده‌شده"}, {"Searches", "جستجوها"}, {"Names and numbers for you and your devices", "نام‌ها و شماره‌های شما و دستگاه‌هایتان"},
    {"Purchases", "خریدها"}, {"Use", "چگونگی استفاده"}, {"Faults", "خطاها"}, {"Surroundings", "محیط پیرامون"},
    {"Body", "بدن"}, {"Other", "دیگر"}}};

inline constexpr HeldWords kHeldGroups[] = {
    {"account", {"Your account: its name, a hash of the password, the day it was made, whether it is locked", "حساب شما: نام آن، چکیدهٔ گذرواژه، روز ساختن و اینکه آیا بسته است"},
     {"To let you in, and nobody else have your name", "تا شما را راه بدهد و نامتان را به کس دیگری ندهد"},
     {"The name for ever, the rest until you end the account", "نام برای همیشه، بقیه تا وقتی حساب را ببندید"}},
    {"devices", {"Your devices: their ids, the names you gave them, hashes of their sessions, the day each was last used", "دستگاه‌های شما: شناسه، نامی که داده‌اید، چکیدهٔ نشست‌ها و روزِ آخرین استفاده"},
     {"So that you can see them and sign one out", "تا بتوانید آن‌ها را ببینید و یکی را بیرون کنید"}, {"Until a device is signed out", "تا وقتی دستگاه بیرون بیاید"}},
    {"second_factor", {"Your passkeys, authenticator app and recovery codes, if you have them", "کلیدهای عبور، برنامهٔ رمزساز و کدهای بازیابی شما، اگر دارید"},
     {"To check that it is you", "تا مطمئن شود خودتان هستید"}, {"Until you remove them", "تا وقتی آن‌ها را بردارید"}},
    {"providers", {"That you sign in elsewhere, as a digest", "اینکه از جای دیگری وارد می‌شوید، به شکل چکیده"},
     {"To find your account", "تا حسابتان را پیدا کند"}, {"Until you undo the link", "تا وقتی پیوند را بردارید"}},
    {"addresses", {"Your e-mail addresses, if you gave any", "نشانی‌های ایمیل شما، اگر داده باشید"},
     {"To set a new password when you have lost yours", "تا اگر گذرواژه را گم کردید تازه‌اش کند"}, {"Until you remove them", "تا وقتی آن‌ها را بردارید"}},
    {"profile", {"Your display name, your picture and other fields of your profile", "نام نمایشی، تصویر و دیگر بخش‌های نمایهٔ شما"},
     {"To show you to others as you wish", "تا شما را آن‌گونه که می‌خواهید به دیگران نشان دهد"}, {"Until you change them or end the account", "تا وقتی عوضشان کنید یا حساب را ببندید"}},
    {"settings", {"Settings of your apps: ignored people, direct chats, tags, rules of notification", "تنظیم‌های برنامه‌های شما: افراد نادیده‌گرفته، گفتگوهای دونفره، برچسب‌ها و قاعده‌های آگاهی"},
     {"So that they are the same on all of your devices", "تا روی همهٔ دستگاه‌هایتان یکسان باشد"}, {"Until an app replaces them, or you end the account", "تا وقتی برنامه‌ای عوضشان کند یا حساب را ببندید"}},
    {"notifications", {"Where your notifications go, and how far they have come", "آگاهی‌های شما به کجا می‌روند و تا کجا رفته‌اند"},
     {"To wake your device", "تا دستگاهتان را خبر کند"}, {"Until the app takes it back or the device is signed out", "تا وقتی برنامه آن را پس بگیرد یا دستگاه بیرون بیاید"}},
    {"rooms", {"Which rooms there are, and who is in them or invited", "چه اتاق‌هایی هست و چه کسانی در آن‌ها هستند یا دعوت شده‌اند"},
     {"To deliver messages to members and to nobody else", "تا پیام‌ها تنها به دست عضوها برسد"}, {"Until you leave and forget a room; the room itself until it is removed", "تا وقتی از اتاق بیرون بروید و فراموشش کنید؛ خود اتاق تا وقتی برداشته شود"}},
    {"messages", {"Messages and other events of rooms. In encrypted rooms only ciphertext; names, topics and members are readable", "پیام‌ها و دیگر رویدادهای اتاق‌ها. در اتاق‌های رمزشده تنها متن رمزشده؛ نام و موضوع و عضوها خواندنی‌اند"},
     {"To deliver them and show them later", "تا برساند و بعداً نشان دهد"}, {"Until deleted, the end of their lifetime, or the room is removed", "تا وقتی پاک شوند، عمرشان تمام شود یا اتاق برداشته شود"}},
    {"receipts", {"How far you have read, where your app says so", "تا کجا خوانده‌اید، اگر برنامه‌تان بگوید"},
     {"To show it to the members, and to your other devices", "تا به عضوها و دستگاه‌های دیگرتان نشان دهد"}, {"Until the next one", "تا وقتی بعدی بیاید"}},
    {"unread", {"Which messages are yours or mention you, to count what is unread", "کدام پیام‌ها از شماست یا از شما نام می‌برد، برای شمردن خوانده‌نشده‌ها"},
     {"To count without reading everything again", "تا بی خواندن دوبارهٔ همه چیز بشمارد"}, {"As long as the messages", "تا وقتی پیام‌ها هستند"}},
    {"public_names", {"Public names of rooms, and rooms that their admins have published", "نام‌های عمومی اتاق‌ها و اتاق‌هایی که گردانندگانشان منتشر کرده‌اند"},
     {"To find a room by its name", "تا اتاقی با نامش پیدا شود"}, {"Until deleted or unpublished", "تا وقتی پاک شود یا از انتشار درآید"}},
    {"reports", {"What you report to the people who run the server", "آنچه به گردانندگان سرور گزارش می‌کنید"},
     {"So that they can act on it", "تا بتوانند کاری بکنند"}, {"Until they have dealt with it", "تا وقتی به آن رسیدگی کنند"}},
    {"keys", {"Public keys of your devices, and whom you have verified", "کلیدهای عمومی دستگاه‌هایتان و اینکه چه کسانی را تأیید کرده‌اید"},
     {"So that others can encrypt for you", "تا دیگران بتوانند برای شما رمز کنند"}, {"Until the device is signed out or the key is replaced", "تا وقتی دستگاه بیرون بیاید یا کلید عوض شود"}},
    {"inbox", {"Encrypted messages on their way to your devices", "پیام‌های رمزشده‌ای که در راه دستگاه‌های شما هستند"},
     {"To deliver them", "تا برساند"}, {"Until your device has them", "تا وقتی دستگاهتان بگیرد"}},
    {"backup", {"Your backup of room keys, encrypted by you, and which room each is of", "پشتیبان کلیدهای اتاق‌ها که خودتان رمز کرده‌اید، و اینکه هر کدام از کدام اتاق است"},
     {"So that a new device can read old messages", "تا دستگاه تازه بتواند پیام‌های کهنه را بخواند"}, {"Until you delete it", "تا وقتی پاکش کنید"}},
    {"files", {"Files that you send: contents, size, day. From encrypted rooms only ciphertext", "پرونده‌هایی که می‌فرستید: محتوا، اندازه، روز. از اتاق‌های رمزشده تنها متن رمزشده"},
     {"To serve them", "تا برساند"}, {"Until deleted, or the end of their lifetime", "تا وقتی پاک شوند یا عمرشان تمام شود"}},
    {"previews", {"Copies of pictures from web pages; not who asked for them", "رونوشت تصویرهایی از صفحه‌های وب؛ نه اینکه چه کسی خواسته"},
     {"To show links", "تا پیوندها را نشان دهد"}, {"A day, unless set otherwise", "یک روز، مگر جور دیگری تنظیم شده باشد"}},
    {"sync", {"What your app was told already, as numbers", "آنچه برنامه‌تان پیش‌تر شنیده، به شکل شماره"},
     {"To tell it only what is new", "تا تنها چیزهای تازه را بگوید"}, {"Thirty days at most", "دست بالا سی روز"}},
    {"bridges", {"What bridges to other networks were told, and their keys", "آنچه به پل‌های شبکه‌های دیگر گفته شده، و کلیدهای آن‌ها"},
     {"So that they miss nothing", "تا چیزی را از دست ندهند"}, {"Until the bridge has it; its keys as long as the operator keeps them", "تا وقتی پل بگیرد؛ کلیدها تا وقتی گردانندگان نگه دارند"}},
    {"addresses_of_machines", {"Your network address, and how often it asked lately under a hash", "نشانی شبکهٔ شما، و اینکه تازگی چند بار پرسیده، به شکل چکیده"},
     {"To answer you, and to keep passwords from being guessed", "تا به شما پاسخ دهد و کسی گذرواژه‌ها را حدس نزند"}, {"While you are connected; the hash for minutes", "تا وقتی وصل هستید؛ چکیده چند دقیقه"}},
    {"presence", {"Whether you are typing or online, where that is switched on", "اینکه می‌نویسید یا برخط هستید، اگر روشن باشد"},
     {"To show it to people in your rooms", "تا به کسانی که در اتاق‌های شما هستند نشان دهد"}, {"Minutes", "چند دقیقه"}},
    {"attempts", {"Steps of a sign-in that is not finished", "گام‌های ورودی که تمام نشده"},
     {"To go on where you were", "تا از همان‌جا ادامه دهید"}, {"An hour at most", "دست بالا یک ساعت"}},
    {"searches", {"The words of a search, while it is answered", "واژه‌های یک جستجو، تا وقتی پاسخ داده شود"},
     {"To answer it", "تا پاسخ دهد"}, {"While it is answered", "تا وقتی پاسخ داده شود"}},
    {"caches", {"Parts of all this that were used lately", "بخش‌هایی از این‌ها که تازگی به کار رفته‌اند"},
     {"To be quick", "تا تند باشد"}, {"Until the memory is needed", "تا وقتی حافظه لازم شود"}},
    {"counters", {"Totals for the people who run the server; nobody's name is in them", "شمارش‌های کلی برای گردانندگان سرور؛ نام هیچ‌کس در آن‌ها نیست"},
     {"To see whether the server is well", "تا ببینند حال سرور خوب است"}, {"Until the server stops", "تا وقتی سرور بایستد"}},
    {"log", {"What went wrong, without names, addresses or contents", "آنچه خراب شده، بی نام و نشانی و محتوا"},
     {"To mend it", "تا درستش کنند"}, {"As long as the people who run the server keep it", "تا وقتی گردانندگان سرور نگه دارند"}},
    {"backups", {"Sealed copies of the store, if the people who run the server make any", "رونوشت‌های مهرشدهٔ انباره، اگر گردانندگان سرور بسازند"},
     {"To bring everything back when a disk is lost", "تا اگر دیسکی از میان رفت همه چیز برگردد"}, {"As long as they keep them", "تا وقتی نگهشان دارند"}},
    {"server", {"The server's own: its name, keys, invitations, notes to itself", "از خود سرور: نام، کلیدها، دعوت‌ها و یادداشت‌هایش برای خودش"},
     {"To run", "تا کار کند"}, {"As long as the server", "تا وقتی سرور هست"}},
};

inline constexpr Words kHeldWhy{"Why", "چرا"};
inline constexpr Words kHeldWhere{"Where", "کجا"};
inline constexpr Words kOnDisk{"on the disk, sealed", "روی دیسک، مهرشده"};
inline constexpr Words kInClear{"on the disk or in the log, in clear", "روی دیسک یا در گزارش، آشکار"};
inline constexpr Words kInMemoryOnly{"in memory only", "تنها در حافظه"};
inline constexpr Words kWrittenByPeople{"whatever you write", "هر چه بنویسید"};
inline constexpr Words kEveryTable{"Every table of the store, for those who want to check", "همهٔ جدول‌های انباره، برای کسانی که می‌خواهند وارسی کنند"};
inline constexpr Words kSixteen{"The sixteen kinds of data that shops for apps ask about", "شانزده نوع داده‌ای که فروشگاه‌های برنامه می‌پرسند"};
inline constexpr Words kNothingHeld{"nothing", "هیچ"};
inline constexpr Words kOnlyAsWritten{"only if you write it in a room that is not encrypted", "تنها اگر در اتاقی که رمز نیست بنویسید"};
inline constexpr Words kHowOperators{
    "The people who run this server see of an account: its id, its state and the day it was made. Their commands and pages show no messages, settings, device names or contacts, and cannot act as you; a password reset that they make signs your devices out and is told to you.",
    "گردانندگان این سرور از یک حساب این‌ها را می‌بینند: شناسه، وضعیت و روز ساختن. فرمان‌ها و صفحه‌های آن‌ها پیام، تنظیم، نام دستگاه یا آشنایان را نشان نمی‌دهد و نمی‌توانند به جای شما کاری بکنند؛ اگر گذرواژه را از نو بگذارند دستگاه‌هایتان بیرون می‌آیند و به شما گفته می‌شود."};
// clang-format on
}  // namespace words

}  // namespace peyk::pages
