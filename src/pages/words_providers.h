#pragma once
// The sentences of signing in through a provider, in every language of the pages. Names of providers stand beside them.

#include "pages/words.h"

namespace peyk::pages::words {
// clang-format off
inline constexpr Words kSignInWith{"Sign in with", "ورود با"};
inline constexpr Words kRegisterWith{"Make an account with", "ساختن حساب با"};
inline constexpr Words kOrPassword{"Or with a user name and password of this server", "یا با نام کاربری و گذرواژهٔ همین سرور"};
inline constexpr Words kSignInHere{"Sign in on this server", "ورود در همین سرور"};
inline constexpr Words kTryAgain{"Begin again", "از نو آغاز کنید"};

inline constexpr Words kProviderUnknown{
    "This server does not know such a sign-in provider.", "این سرور چنین ارائه‌دهندهٔ ورودی نمی‌شناسد."};
inline constexpr Words kProviderOver{
    "This sign-in is over: it took too long, was used already, or was begun in another browser. Begin again.",
    "این ورود پایان یافته است: زیاد طول کشیده، پیش‌تر استفاده شده یا در مرورگر دیگری آغاز شده. از نو آغاز کنید."};
inline constexpr Words kProviderCancelled{
    "You were not signed in there, or have cancelled. Nothing has changed here.",
    "آنجا وارد نشدید یا انصراف دادید. اینجا چیزی عوض نشده است."};
inline constexpr Words kProviderUnreachable{
    "It does not answer now. Try again later, or sign in in another way.",
    "اکنون پاسخ نمی‌دهد. بعداً دوباره بکوشید یا از راه دیگری وارد شوید."};
inline constexpr Words kProviderMismatch{
    "It and this server are not set up for each other as they should be. Tell the people who run this server.",
    "آن و این سرور درست برای هم تنظیم نشده‌اند. به گردانندگان این سرور خبر دهید."};
inline constexpr Words kProviderUntrusted{
    "What it said about you could not be verified, so nobody was signed in. Begin again; if that does not help, tell the people who run this server.",
    "آنچه دربارهٔ شما گفت تأیید نشد، پس کسی وارد نشد. از نو آغاز کنید؛ اگر باز نشد به گردانندگان این سرور خبر دهید."};
inline constexpr Words kProviderNotAllowed{
    "Your account there may not be used here. Ask the people who run this server.",
    "حساب شما در آنجا اینجا به کار نمی‌رود. از گردانندگان این سرور بپرسید."};
inline constexpr Words kProviderNobody{
    "No account here belongs to you there, and new ones are not made in this way. Ask the people who run this server.",
    "هیچ حسابی در اینجا به شما در آنجا پیوند ندارد و از این راه حساب تازه ساخته نمی‌شود. از گردانندگان این سرور بپرسید."};
inline constexpr Words kProviderOther{
    "You are signed in there as somebody else, not as the person whom this account is linked with.",
    "آنجا با حساب کس دیگری وارد شده‌اید، نه با آن که این حساب به آن پیوند دارد."};

inline constexpr Words kWelcome{"Welcome", "خوش آمدید"};
inline constexpr Words kWelcomeFrom{"You are signed in at", "وارد شده‌اید در"};
inline constexpr Words kWelcomeAs{"as", "با نام"};
inline constexpr Words kWelcomeNew{
    "On this server no account belongs to you yet.", "در این سرور هنوز حسابی از آن شما نیست."};
inline constexpr Words kWelcomeShow{"Let others see me as", "دیگران مرا با این نام ببینند:"};
inline constexpr Words kWelcomeKept{
    "This server does not keep what it was told about you there, but for the name if you tick it.",
    "این سرور آنچه را آنجا دربارهٔ شما گفته‌اند نگه نمی‌دارد، مگر آن نام را اگر علامت بزنید."};
inline constexpr Words kWelcomeLink{"I have an account here already", "اینجا حساب دارم"};
inline constexpr Words kWelcomeLinkAbout{
    "Sign in to it with its password once, then it can be opened through the provider too.",
    "یک بار با گذرواژه‌اش وارد شوید، سپس از راه آن ارائه‌دهنده هم باز می‌شود."};
inline constexpr Words kWelcomeLinkButton{"Link my account", "پیوند دادن حسابم"};
inline constexpr Words kWelcomeHave{
    "You have an account here already. Begin again to sign in to it.", "اینجا حساب دارید. برای ورود به آن از نو آغاز کنید."};

inline constexpr Words kLinkProvider{"Link your account?", "حساب پیوند داده شود؟"};
inline constexpr Words kLinkProviderAbout{"From now on this provider signs in to", "از این پس این ارائه‌دهنده وارد این حساب می‌کند:"};
inline constexpr Words kLinkProviderRisk{
    "Whoever runs it could then sign in as you. A second factor that you have set up here is asked for all the same.",
    "آنگاه گرداننده‌اش می‌تواند به جای شما وارد شود. عامل دومی که اینجا گذاشته‌اید همچنان پرسیده می‌شود."};
inline constexpr Words kLinkTaken{
    "You have another account here, which is linked with it already.", "حساب دیگری در اینجا دارید که پیش‌تر به آن پیوند خورده است."};
inline constexpr Words kLinkFull{"This account has too many links.", "این حساب پیوندهای زیادی دارد."};
inline constexpr Words kLinked{"Your account is linked.", "حساب شما پیوند خورد."};

inline constexpr Words kProviders{"Sign-in through others", "ورود از راه دیگران"};
inline constexpr Words kProvidersAbout{
    "These providers can sign in to your account. Of you there this server keeps a digest only.",
    "این ارائه‌دهندگان می‌توانند وارد حساب شما کنند. این سرور از شما در آنجا تنها چکیده‌ای نگه می‌دارد."};
inline constexpr Words kProvidersNone{"Your account is linked with none.", "حساب شما به هیچ‌یک پیوند ندارد."};
inline constexpr Words kProviderGone{"not offered by this server any more", "این سرور دیگر آن را عرضه نمی‌کند"};
inline constexpr Words kUnlink{"Unlink", "برداشتن پیوند"};
inline constexpr Words kUnlinked{
    "The link is gone. Other browsers are signed out; apps stay signed in.",
    "پیوند برداشته شد. مرورگرهای دیگر بیرون آمدند؛ برنامه‌ها همچنان وارد هستند."};
inline constexpr Words kUnlinkLast{
    "This is the only way in to your account. Set a password first.", "این تنها راه ورود به حساب شماست. نخست گذرواژه بگذارید."};
inline constexpr Words kLinkWith{"Link with", "پیوند با"};

inline constexpr Words kConfirmWith{"Confirm with", "تأیید با"};
inline constexpr Words kConfirmed{
    "You have confirmed that it is you. That is good for five minutes.", "تأیید کردید که شمایید. این تا پنج دقیقه اعتبار دارد."};
inline constexpr Words kConfirmFirst{
    "Confirm first that it is you.", "نخست تأیید کنید که شمایید."};
inline constexpr Words kConfirmNoWay{
    "This account has no password here, and the provider it came from is not offered any more. Ask the people who run this server for a link to set a password.",
    "این حساب در اینجا گذرواژه ندارد و ارائه‌دهنده‌ای که از آن آمده دیگر عرضه نمی‌شود. از گردانندگان این سرور پیوندی برای گذاشتن گذرواژه بخواهید."};
inline constexpr Words kStageSso{
    "An app that is signed in to your account wants to do something that cannot be undone, and asks you to sign in once more. If you did not expect this, close this page: somebody may be using your account.",
    "برنامه‌ای که وارد حساب شماست می‌خواهد کاری برگشت‌ناپذیر کند و می‌خواهد یک بار دیگر وارد شوید. اگر انتظارش را نداشتید این صفحه را ببندید: شاید کسی از حساب شما استفاده می‌کند."};
inline constexpr Words kSetPassword{"Set a password", "گذاشتن گذرواژه"};

inline constexpr Words kPrivacyProviders{"Who may sign people in", "چه کسی می‌تواند افراد را وارد کند"};
inline constexpr Words kPrivacyProvidersAbout{
    "People may sign in here through these providers. A provider learns who signs in here and when, not with whom they talk. This server keeps a digest of the provider's name for a person, and nothing else that it tells.",
    "می‌شود از راه این ارائه‌دهندگان وارد شد. ارائه‌دهنده می‌داند چه کسی کی اینجا وارد می‌شود، نه اینکه با که گفتگو می‌کند. این سرور از نامی که آن برای کسی دارد چکیده‌ای نگه می‌دارد و از گفته‌هایش چیز دیگری نه."};
// clang-format on
}  // namespace peyk::pages::words
