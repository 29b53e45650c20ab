#pragma once
// Every sentence of the pages, in every language of the pages.

#include <array>
#include <optional>
#include <string_view>

namespace peyk::pages {

enum class Language : unsigned char { english, persian };

struct Words {
    std::string_view english, persian;
    std::string_view in(Language language) const { return language == Language::english ? english : persian; }
};

std::string_view language_code(Language language);  // "en", "fa"
std::string_view direction(Language language);      // "ltr", "rtl"
// From "?lang=", else from Accept-Language, else English.
Language choose_language(std::optional<std::string_view> wanted, std::optional<std::string_view> accepted);

namespace words {
// clang-format off
inline constexpr Words kOtherLanguage{"فارسی", "English"};
inline constexpr Words kHome{"This server", "این سرور"};
inline constexpr Words kPrivacy{"What it keeps about you", "چه چیزی از شما نگه می‌دارد"};
inline constexpr Words kCa{"Trust this server", "اعتماد به این سرور"};

inline constexpr Words kWhatItIs{
    "is a messenger that a community runs for itself. It speaks Matrix, an open protocol, so that you can choose your app. Messages in private rooms are encrypted on your device; this server cannot read them.",
    "پیام‌رسانی است که یک جمع برای خودش اداره می‌کند. با پروتکل آزاد ماتریکس کار می‌کند، پس برنامه را خودتان انتخاب می‌کنید. پیام‌های اتاق‌های خصوصی روی دستگاه شما رمز می‌شوند و این سرور نمی‌تواند آن‌ها را بخواند."};
inline constexpr Words kTrial{
    "This is a trial on one machine: it is named localhost and will never talk with other servers.",
    "این یک نسخهٔ آزمایشی روی همین دستگاه است: نامش localhost است و هرگز با سرورهای دیگر گفتگو نخواهد کرد."};
inline constexpr Words kConnect{"How to connect", "چگونه وصل شوم"};
inline constexpr Words kConnect1{
    "Install a Matrix app, such as Element, FluffyChat or Cinny.",
    "یک برنامهٔ ماتریکس نصب کنید، مانند Element یا FluffyChat یا Cinny."};
inline constexpr Words kConnect2{
    "Where it asks for a server, choose “other” or “edit” and enter this address:",
    "جایی که سرور را می‌پرسد، «سرور دیگر» یا «ویرایش» را بزنید و این نشانی را وارد کنید:"};
inline constexpr Words kRegisterOpen{
    "Make an account in the app: registration is open.", "در برنامه حساب بسازید: ثبت‌نام آزاد است."};
inline constexpr Words kRegisterToken{
    "Make an account in the app, with the registration token that you were given.",
    "در برنامه با کد دعوتی که گرفته‌اید حساب بسازید."};
inline constexpr Words kRegisterClosed{
    "Sign in with the account that the people who run this server made for you.",
    "با حسابی که گردانندگان این سرور برایتان ساخته‌اند وارد شوید."};
inline constexpr Words kRecovery{
    "Let the app make a recovery key, and write it down: without it, nobody can open your encrypted messages on a new device, neither you nor we.",
    "بگذارید برنامه یک کلید بازیابی بسازد و آن را جایی بنویسید: بی آن هیچ‌کس، نه شما و نه ما، نمی‌تواند پیام‌های رمزشدهٔ شما را روی دستگاه تازه باز کند."};
inline constexpr Words kYourName{"Your name here will look like", "نام شما در اینجا چنین خواهد بود"};
inline constexpr Words kCaHint{
    "If the app says that the connection is not secure, install this server's certificate first:",
    "اگر برنامه گفت اتصال امن نیست، نخست گواهی این سرور را نصب کنید:"};

inline constexpr Words kPrivacyIntro{
    "This page is made from the running program: the list below is the complete catalog of what its store can hold. Whatever is not in it is not kept.",
    "این صفحه از روی خود برنامهٔ در حال اجرا ساخته می‌شود: فهرست زیر همهٔ چیزهایی است که در انبارهٔ آن جا می‌گیرد. آنچه در آن نیست نگه داشته نمی‌شود."};
inline constexpr Words kNever{"Never kept", "هرگز نگه داشته نمی‌شود"};
inline constexpr Words kNever1{
    "Your network address, your kind of device and the times at which you use it: addresses are in memory only while a connection lives, and nothing of them is written down.",
    "نشانی شبکه، نوع دستگاه و زمان‌هایی که از آن استفاده می‌کنید: نشانی‌ها تنها تا وقتی اتصال برقرار است در حافظه‌اند و چیزی از آن‌ها نوشته نمی‌شود."};
inline constexpr Words kNever2{
    "Telephone numbers, e-mail addresses and address books, unless the switch below is on.",
    "شمارهٔ تلفن، ایمیل و دفترچهٔ تلفن، مگر آنکه کلید زیر روشن باشد."};
inline constexpr Words kNever3{
    "Statistics about people, who knows whom, what is read or searched for.",
    "آمار دربارهٔ آدم‌ها، اینکه چه کسی چه کسی را می‌شناسد، چه چیزی خوانده یا جستجو می‌شود."};
inline constexpr Words kNever4{
    "The text of encrypted messages, and the keys to it in a form that we can open.",
    "متن پیام‌های رمزشده، و کلید آن‌ها به شکلی که ما بتوانیم باز کنیم."};
inline constexpr Words kHeld{"What the store can hold", "آنچه انباره می‌تواند نگه دارد"};
inline constexpr Words kHeldWhat{"What", "چیست"};
inline constexpr Words kHeldCategory{"Category", "دسته"};
inline constexpr Words kHeldKept{"How long", "تا کی"};
inline constexpr Words kSwitches{"What is switched on", "چه چیزهایی روشن است"};
inline constexpr Words kOn{"on", "روشن"};
inline constexpr Words kOff{"off", "خاموش"};
inline constexpr Words kDisk{"If the disk is taken", "اگر دیسک را ببرند"};
inline constexpr Words kDiskPassphrase{
    "Everything on it is sealed by a passphrase that is not on it. Without the passphrase it is noise.",
    "همه چیز روی آن با گذرواژه‌ای مهر شده که روی آن نیست. بی گذرواژه، جز نوفه چیزی نیست."};
inline constexpr Words kDiskKeyFile{
    "Everything on it is sealed, but the key lies in a file on this machine: who takes the whole machine can open it. Ask the people who run this server to use a passphrase.",
    "همه چیز روی آن مهر شده، اما کلید در پرونده‌ای روی همین دستگاه است: کسی که همهٔ دستگاه را ببرد می‌تواند بازش کند. از گردانندگان سرور بخواهید از گذرواژه استفاده کنند."};
inline constexpr Words kLimits{"What no server can promise", "آنچه هیچ سروری نمی‌تواند قول بدهد"};
inline constexpr Words kLimit1{
    "The people who run a server can change its program, and log from then on.",
    "گردانندگان سرور می‌توانند برنامه را عوض کنند و از آن پس ثبت کنند."};
inline constexpr Words kLimit2{
    "What you send to rooms with members elsewhere is copied to servers that we do not control.",
    "آنچه به اتاق‌هایی با عضوهایی در جای دیگر می‌فرستید، روی سرورهایی کپی می‌شود که در اختیار ما نیستند."};
inline constexpr Words kLimit3{
    "The memory of a running machine holds keys.", "حافظهٔ دستگاهِ روشن کلیدها را در خود دارد."};
inline constexpr Words kLimit4{
    "Who watches all networks at once sees when data flows, though not what it says.",
    "کسی که همهٔ شبکه‌ها را یکجا می‌بیند می‌فهمد چه وقت داده رد و بدل می‌شود، هرچند نه اینکه چیست."};
inline constexpr Words kNamesNote{
    "The server can read who is in which room, room names and topics, display names and pictures: other members' apps ask it for them.",
    "سرور می‌تواند ببیند چه کسی در کدام اتاق است، و نام و موضوع اتاق‌ها و نام و تصویر نمایه‌ها را: برنامه‌های عضوهای دیگر این‌ها را از او می‌خواهند."};

inline constexpr Words kCaIntro{
    "This server has made a certificate authority of its own, so that connections are encrypted without a public name or the internet. It is good for this server's names and addresses only.",
    "این سرور برای خودش مرجع گواهی ساخته تا اتصال‌ها بی نام عمومی و بی اینترنت هم رمز شوند. این مرجع تنها برای نام‌ها و نشانی‌های همین سرور اعتبار دارد."};
inline constexpr Words kCaDownload{"Download the certificate", "دریافت گواهی"};
inline constexpr Words kCaFingerprint{
    "Compare this fingerprint with the one that the people who run the server give you by another way:",
    "این اثر انگشت را با آنچه گردانندگان سرور از راه دیگری به شما می‌دهند مقایسه کنید:"};
inline constexpr Words kCaScan{"Open this page on a telephone:", "این صفحه را روی گوشی باز کنید:"};
inline constexpr Words kCaAndroid{
    "Android: Settings › Security › Encryption & credentials › Install a certificate › CA certificate.",
    "اندروید: تنظیمات › امنیت › رمزگذاری و اعتبارنامه‌ها › نصب گواهی › گواهی CA."};
inline constexpr Words kCaIos{
    "iPhone: open the file, then Settings › Profile downloaded › Install; then Settings › General › About › Certificate Trust Settings, and switch it on.",
    "آیفون: پرونده را باز کنید، سپس Settings › Profile downloaded › Install؛ بعد Settings › General › About › Certificate Trust Settings و آن را روشن کنید."};
inline constexpr Words kCaWindows{
    "Windows: open the file › Install certificate › Trusted Root Certification Authorities.",
    "ویندوز: پرونده را باز کنید › Install certificate › Trusted Root Certification Authorities."};
inline constexpr Words kCaMac{
    "Mac: open the file in Keychain Access, then set it to “Always trust”.",
    "مک: پرونده را در Keychain Access باز کنید و آن را روی «Always trust» بگذارید."};
inline constexpr Words kCaLinux{
    "Linux: copy it to /usr/local/share/ca-certificates/ and run update-ca-certificates; Firefox: Settings › Certificates › Import.",
    "لینوکس: آن را در /usr/local/share/ca-certificates/ بگذارید و update-ca-certificates را اجرا کنید؛ فایرفاکس: Settings › Certificates › Import."};

inline constexpr Words kReset{"Set a new password", "گذرواژهٔ تازه"};
inline constexpr Words kResetIntro{
    "This link works once. Your devices may be signed out by it. Your encrypted messages stay closed until you enter your recovery key in the app.",
    "این پیوند یک بار کار می‌کند. شاید دستگاه‌های شما با آن بیرون بیایند. پیام‌های رمزشدهٔ شما بسته می‌مانند تا کلید بازیابی را در برنامه وارد کنید."};
inline constexpr Words kResetNew{"New password", "گذرواژهٔ تازه"};
inline constexpr Words kResetRepeat{"Once more", "دوباره"};
inline constexpr Words kResetButton{"Set the password", "ثبت گذرواژه"};
inline constexpr Words kResetDone{
    "The password is set. Sign in with it in your app.", "گذرواژه ثبت شد. با آن در برنامه‌تان وارد شوید."};
inline constexpr Words kResetDiffer{"The two passwords differ.", "دو گذرواژه یکی نیستند."};
inline constexpr Words kResetEmpty{"Choose a password.", "یک گذرواژه انتخاب کنید."};
inline constexpr Words kResetWeak{
    "This password is too short or too long. Choose another one.", "این گذرواژه خیلی کوتاه یا خیلی بلند است. یکی دیگر انتخاب کنید."};
inline constexpr Words kResetBad{
    "This link is not good: it was used, it is too old, or it was copied incompletely. Ask for a new one.",
    "این پیوند درست نیست: پیش‌تر استفاده شده، کهنه شده یا ناقص کپی شده است. پیوند تازه‌ای بخواهید."};
inline constexpr Words kResetTrouble{
    "The password could not be set just now. Try again in a minute.", "اکنون ثبت گذرواژه ممکن نشد. یک دقیقهٔ دیگر دوباره بکوشید."};
inline constexpr Words kEmail{"Your e-mail address", "نشانی ایمیل شما"};
inline constexpr Words kEmailDone{
    "Thank you: the address is confirmed. Go back to your app.", "سپاس: نشانی تأیید شد. به برنامه‌تان برگردید."};
inline constexpr Words kEmailBad{
    "This link is not good: it is older than an hour, or it was copied incompletely. Ask for a new one in your app.",
    "این پیوند درست نیست: بیش از یک ساعت گذشته یا ناقص کپی شده است. در برنامه پیوند تازه‌ای بخواهید."};
inline constexpr Words kEmailAsk{
    "Somebody asked to set a new password for the account of this address. Confirm only if it was you, and then go back to your app.",
    "کسی خواسته است گذرواژهٔ حساب این نشانی عوض شود. تنها اگر خودتان بودید تأیید کنید و سپس به برنامه‌تان برگردید."};
inline constexpr Words kEmailButton{"Yes, it was me", "بله، خودم بودم"};
// clang-format on
}  // namespace words

}  // namespace peyk::pages
