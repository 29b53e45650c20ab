#pragma once
// The sentences of signing in, of consent and of the account pages, in every language of the pages.

#include "pages/words.h"

namespace peyk::pages::words {
// clang-format off
inline constexpr Words kSignIn{"Sign in", "ورود"};
inline constexpr Words kSignInFor{"to go on to", "برای رفتن به"};
inline constexpr Words kUserName{"User name", "نام کاربری"};
inline constexpr Words kPassword{"Password", "گذرواژه"};
inline constexpr Words kPasswordOnce{"Password, once more", "گذرواژه، دوباره"};
inline constexpr Words kMakeAccount{"Make an account", "ساختن حساب"};
inline constexpr Words kHaveAccount{"I have an account", "حساب دارم"};
inline constexpr Words kForgot{
    "Forgot the password? The people who run this server can give you a link to set a new one.",
    "گذرواژه را فراموش کرده‌اید؟ گردانندگان این سرور می‌توانند پیوندی برای گذاشتن گذرواژهٔ تازه به شما بدهند."};
inline constexpr Words kWrong{"User name or password are wrong.", "نام کاربری یا گذرواژه درست نیست."};
inline constexpr Words kWrongPassword{"That is not the password.", "این گذرواژه درست نیست."};
inline constexpr Words kHasty{
    "Too many attempts. Wait a minute, then try again.", "تلاش‌های زیادی شد. یک دقیقه صبر کنید و دوباره بکوشید."};
inline constexpr Words kLocked{
    "This account is locked. Ask the people who run this server.", "این حساب قفل شده است. از گردانندگان این سرور بپرسید."};
inline constexpr Words kOldForm{
    "This form was open for too long, or came from elsewhere. Please try again.",
    "این برگه زیادی باز مانده بود یا از جای دیگری آمده بود. لطفاً دوباره بکوشید."};
inline constexpr Words kTrouble{
    "That did not work now. Try again later.", "اکنون نشد. کمی بعد دوباره بکوشید."};
inline constexpr Words kResetNotice{
    "The password of this account was set anew with a link from the people who run this server, on",
    "گذرواژهٔ این حساب با پیوندی از گردانندگان این سرور از نو گذاشته شد، در تاریخ"};
inline constexpr Words kResetNoticeAsk{
    "If that was not you, tell them, and set a new password.",
    "اگر این کار شما نبود، به آنها خبر دهید و گذرواژه‌ای تازه بگذارید."};
inline constexpr Words kResetLast{
    "The password was last set anew with a link on", "آخرین بار گذرواژه با پیوند از نو گذاشته شد در"};
inline constexpr Words kDismiss{"I know about it", "می‌دانم"};
inline constexpr Words kSignOut{"Sign out of these pages", "خروج از این صفحه‌ها"};
inline constexpr Words kSignedOut{
    "This browser is signed out. Your apps stay signed in.", "این مرورگر بیرون آمد. برنامه‌های شما همچنان وارد هستند."};
inline constexpr Words kOtherAccount{"Use another account", "حسابی دیگر"};

inline constexpr Words kRegister{"Make an account", "ساختن حساب"};
inline constexpr Words kRegisterHint{
    "The name is for ever and others will see it. It is made of a–z, 0–9 and . _ = - / +",
    "این نام همیشگی است و دیگران آن را می‌بینند. از \u2066a–z 0–9 . _ = - / +\u2069 ساخته می‌شود."};
inline constexpr Words kInvitation{"Invitation code", "کد دعوت"};
inline constexpr Words kRegisterButton{"Make the account", "حساب را بساز"};
inline constexpr Words kNameTaken{"This name is taken. Choose another one.", "این نام گرفته شده است. نام دیگری برگزینید."};
inline constexpr Words kNameBad{
    "This name cannot be used. Use a–z, 0–9 and . _ = - / +", "این نام پذیرفته نمی‌شود. از \u2066a–z 0–9 . _ = - / +\u2069 استفاده کنید."};
inline constexpr Words kInvitationBad{"This invitation code is not valid.", "این کد دعوت معتبر نیست."};
inline constexpr Words kInvited{"Invitation", "دعوت"};
inline constexpr Words kInvitationUsed{
    "This invitation has been used. Ask for another one.", "این دعوت پیش‌تر به کار رفته است. دعوت دیگری بخواهید."};
inline constexpr Words kInvitationExpired{
    "This invitation has expired. Ask for another one.", "زمان این دعوت به سر آمده است. دعوت دیگری بخواهید."};
inline constexpr Words kInvitationRevoked{"This invitation was taken back.", "این دعوت پس گرفته شده است."};
inline constexpr Words kInvitationUnknown{
    "There is no such invitation. Look whether the link is whole.", "چنین دعوتی نیست. ببینید پیوند کامل است یا نه."};
inline constexpr Words kClosed{
    "Registration is closed. Ask the people who run this server for an account.",
    "ثبت‌نام بسته است. از گردانندگان این سرور حساب بخواهید."};

inline constexpr Words kConsent{"Allow this app?", "به این برنامه اجازه می‌دهید؟"};
inline constexpr Words kConsentWho{"wants to use your account", "می‌خواهد از حساب شما استفاده کند:"};
inline constexpr Words kConsentMay{"It will be able to", "این برنامه خواهد توانست"};
inline constexpr Words kConsentMay1{
    "read and send messages in your name, and see your rooms and contacts",
    "به نام شما پیام بخواند و بفرستد و اتاق‌ها و آشنایان شما را ببیند"};
inline constexpr Words kConsentMay2{
    "change your profile and settings; not your password, and not end your account",
    "نمایه و تنظیمات شما را عوض کند؛ اما نه گذرواژه را، و نه حساب را ببندد"};
inline constexpr Words kConsentMay3{
    "read encrypted messages only after you confirm the new device from another one, or with your recovery key",
    "پیام‌های رمزشده را تنها پس از آنکه دستگاه تازه را از دستگاهی دیگر یا با کلید بازیابی تأیید کنید بخواند"};
inline constexpr Words kConsentSaysIt{
    "The app says that it is from the address below. Go on only if you opened it yourself.",
    "برنامه می‌گوید از نشانی زیر است. تنها اگر خودتان آن را باز کرده‌اید ادامه دهید."};
inline constexpr Words kConsentFrom{"App of", "برنامه از"};
inline constexpr Words kConsentReturn{"Then back to", "سپس بازگشت به"};
inline constexpr Words kConsentDevice{"New device", "دستگاه تازه"};
inline constexpr Words kAllow{"Allow", "اجازه می‌دهم"};
inline constexpr Words kRefuse{"Refuse", "اجازه نمی‌دهم"};
inline constexpr Words kTermsOf{"Terms of the app", "شرایط برنامه"};
inline constexpr Words kPolicyOf{"Privacy policy of the app", "سیاست حریم خصوصی برنامه"};
inline constexpr Words kThisDevice{"this device", "همین دستگاه"};
inline constexpr Words kBadLink{"This sign-in cannot go on", "این ورود نمی‌تواند ادامه یابد"};
inline constexpr Words kUnknownClient{
    "The app has not introduced itself to this server, or that was too long ago. Go back to the app and begin again.",
    "این برنامه خود را به این سرور معرفی نکرده یا زمان زیادی گذشته است. به برنامه برگردید و از نو آغاز کنید."};
inline constexpr Words kBadRedirect{
    "The app asks to be sent to an address that it has not registered. For your safety nothing was sent there.",
    "برنامه می‌خواهد به نشانی‌ای فرستاده شود که ثبت نکرده است. برای ایمنی شما چیزی به آنجا فرستاده نشد."};

inline constexpr Words kLink{"Connect a device", "وصل کردن دستگاه"};
inline constexpr Words kLinkIntro{
    "Enter the code that the app or device shows you.", "کدی را که برنامه یا دستگاه نشان می‌دهد وارد کنید."};
inline constexpr Words kLinkWarning{
    "Never enter a code that somebody sent to you: it would sign them in to your account.",
    "هرگز کدی را که کسی برایتان فرستاده وارد نکنید: او را وارد حساب شما می‌کند."};
inline constexpr Words kLinkCode{"Code", "کد"};
inline constexpr Words kLinkButton{"Go on", "ادامه"};
inline constexpr Words kLinkBad{
    "This code is not good: it was mistyped, used or is too old.", "این کد درست نیست: اشتباه وارد شده، استفاده شده یا کهنه است."};
inline constexpr Words kLinkCompare{"Is this the code on your device?", "این همان کد روی دستگاه شماست؟"};
inline constexpr Words kLinkDone{
    "Done. Go back to your device: it will go on in a few seconds.", "انجام شد. به دستگاهتان برگردید: تا چند ثانیهٔ دیگر ادامه می‌دهد."};
inline constexpr Words kLinkRefused{"Refused. The device was not connected.", "رد شد. دستگاه وصل نشد."};

inline constexpr Words kAccount{"Your account", "حساب شما"};
inline constexpr Words kProfile{"Name and profile", "نام و نمایه"};
inline constexpr Words kDisplayName{"Name that others see", "نامی که دیگران می‌بینند"};
inline constexpr Words kSave{"Save", "ذخیره"};
inline constexpr Words kSaved{"Saved.", "ذخیره شد."};
inline constexpr Words kNotSaved{"This could not be saved.", "ذخیره نشد."};
inline constexpr Words kDevices{"Your devices", "دستگاه‌های شما"};
inline constexpr Words kDevicesHint{
    "Apps that are signed in to your account. Sign out what you do not know or no longer use.",
    "برنامه‌هایی که وارد حساب شما هستند. هر چه را نمی‌شناسید یا دیگر به کار نمی‌برید بیرون بگذارید."};
inline constexpr Words kNoDevices{"No app is signed in.", "هیچ برنامه‌ای وارد نیست."};
inline constexpr Words kUnnamed{"Device without a name", "دستگاه بی‌نام"};
inline constexpr Words kLastSeen{"Last used", "آخرین استفاده"};
inline constexpr Words kToday{"today", "امروز"};
inline constexpr Words kDaysAgo{"days ago", "روز پیش"};
inline constexpr Words kEndDevice{"Sign out", "بیرون گذاشتن"};
inline constexpr Words kDevice{"Device", "دستگاه"};
inline constexpr Words kDeviceId{"Device id", "شناسهٔ دستگاه"};
inline constexpr Words kDeviceGone{"There is no such device any more.", "چنین دستگاهی دیگر نیست."};
inline constexpr Words kEndDeviceAsk{
    "Sign this device out? Its keys to encrypted messages are deleted. Make sure that you have your recovery key or another device.",
    "این دستگاه بیرون گذاشته شود؟ کلیدهایش برای پیام‌های رمزشده پاک می‌شوند. مطمئن شوید که کلید بازیابی یا دستگاه دیگری دارید."};
inline constexpr Words kDeviceEnded{"The device is signed out.", "دستگاه بیرون آمد."};
inline constexpr Words kBack{"Back to the account", "بازگشت به حساب"};
inline constexpr Words kCancel{"Cancel", "انصراف"};
inline constexpr Words kChangePassword{"Change the password", "عوض کردن گذرواژه"};
inline constexpr Words kCurrentPassword{"Your password now", "گذرواژهٔ کنونی"};
inline constexpr Words kNewPassword{"New password", "گذرواژهٔ تازه"};
inline constexpr Words kNewPasswordOnce{"New password, once more", "گذرواژهٔ تازه، دوباره"};
inline constexpr Words kEndOthers{
    "Sign out all my devices and apps", "همهٔ دستگاه‌ها و برنامه‌های مرا بیرون بگذار"};
inline constexpr Words kPasswordChanged{
    "The password is changed. Other browsers are signed out.", "گذرواژه عوض شد. مرورگرهای دیگر بیرون آمدند."};
inline constexpr Words kDeactivate{"End this account", "پایان دادن به این حساب"};
inline constexpr Words kDeactivateWarning{
    "This cannot be undone. You leave all rooms, your settings and profile are deleted, all devices are signed out, and the name is never given again.",
    "این کار برگشت‌پذیر نیست. از همهٔ اتاق‌ها بیرون می‌روید، تنظیمات و نمایه پاک می‌شود، همهٔ دستگاه‌ها بیرون می‌آیند و این نام دیگر به کسی داده نمی‌شود."};
inline constexpr Words kUnderstood{"I understand that this is for ever", "می‌دانم که این همیشگی است"};
inline constexpr Words kDeactivateButton{"End my account", "حساب مرا ببند"};
inline constexpr Words kDeactivated{
    "Your account has ended. Farewell.", "حساب شما بسته شد. بدرود."};
inline constexpr Words kTickFirst{"Tick the box first.", "نخست خانه را علامت بزنید."};
inline constexpr Words kIdentity{"Reset your encryption identity", "بازنشانی هویت رمزنگاری"};
inline constexpr Words kIdentityIntro{
    "An app asks to make a new encryption identity for you. Do this only if you have lost all your devices and your recovery key.",
    "برنامه‌ای می‌خواهد هویت رمزنگاری تازه‌ای برایتان بسازد. تنها اگر همهٔ دستگاه‌ها و کلید بازیابی را از دست داده‌اید این کار را بکنید."};
inline constexpr Words kIdentityPrice{
    "Your contacts will be warned and must verify you anew, and old encrypted messages may stay closed.",
    "به آشنایان شما هشدار داده می‌شود و باید دوباره شما را تأیید کنند، و پیام‌های رمزشدهٔ قدیمی شاید بسته بمانند."};
inline constexpr Words kIdentityButton{"Allow the reset", "اجازهٔ بازنشانی"};
inline constexpr Words kIdentityDone{
    "Allowed for ten minutes. Go back to your app to finish.", "برای ده دقیقه اجازه داده شد. برای پایان کار به برنامه برگردید."};

inline constexpr Words kSecurity{"Second factor", "عامل دوم"};
inline constexpr Words kSecurityOff{
    "Now the password alone signs in. A second factor keeps out whoever has learnt your password.",
    "اکنون گذرواژه به تنهایی برای ورود بس است. عامل دوم کسی را که گذرواژه را فهمیده بیرون نگه می‌دارد."};
inline constexpr Words kSecurityOn{
    "Signing in needs your password and one of these. A passkey that asks for your finger, face or PIN is enough alone.",
    "ورود به گذرواژه و یکی از این‌ها نیاز دارد. گذرکلیدی که اثر انگشت، چهره یا پین بخواهد به تنهایی بس است."};
inline constexpr Words kApp{"Authenticator app", "برنامهٔ رمزساز"};
inline constexpr Words kAppAbout{
    "An app on your telephone shows a new code every half minute. It works without the internet.",
    "برنامه‌ای روی گوشی شما هر نیم دقیقه کد تازه‌ای نشان می‌دهد. بی اینترنت هم کار می‌کند."};
inline constexpr Words kAppAdd{"Set up an app", "راه‌اندازی برنامه"};
inline constexpr Words kAppRemove{"Remove the app", "برداشتن برنامه"};
inline constexpr Words kAppScan{
    "Scan this with the authenticator app, then enter the code that it shows.",
    "این را با برنامهٔ رمزساز اسکن کنید، سپس کدی را که نشان می‌دهد وارد کنید."};
inline constexpr Words kAppType{"Or type this key into the app:", "یا این کلید را در برنامه وارد کنید:"};
inline constexpr Words kAppCode{"Code of the app", "کد برنامه"};
inline constexpr Words kPasskeys{"Passkeys", "گذرکلیدها"};
inline constexpr Words kPasskey{"Passkey", "گذرکلید"};
inline constexpr Words kPasskeysAbout{
    "A passkey lives in your telephone, computer or security key. It cannot be told to a false page.",
    "گذرکلید در گوشی، رایانه یا کلید امنیتی شما می‌ماند. نمی‌شود آن را به صفحه‌ای دروغین لو داد."};
inline constexpr Words kPasskeyAdd{"Add a passkey", "افزودن گذرکلید"};
inline constexpr Words kPasskeyName{"A name for it, such as “blue key”", "نامی برای آن، مانند «کلید آبی»"};
inline constexpr Words kPasskeySignIn{"Use a passkey", "ورود با گذرکلید"};
inline constexpr Words kPasskeyFailed{
    "The passkey did not work here. Try again, or use another way.", "گذرکلید اینجا کار نکرد. دوباره بکوشید یا راه دیگری بروید."};
inline constexpr Words kPasskeyUnknown{
    "This passkey is not known here, or has not checked that it is you. Use your password.",
    "این گذرکلید اینجا شناخته نیست یا بررسی نکرده که شمایید. از گذرواژه استفاده کنید."};
inline constexpr Words kPasskeyScript{
    "Passkeys need JavaScript, which is switched off in this browser.", "گذرکلید به جاوااسکریپت نیاز دارد که در این مرورگر خاموش است."};
inline constexpr Words kRemove{"Remove", "برداشتن"};
inline constexpr Words kRecoveryCodes{"Recovery codes", "کدهای بازیابی"};
inline constexpr Words kRecoveryAbout{
    "Write these down and keep them away from your devices. Each one works once in place of the second factor. They are not shown again.",
    "این‌ها را بنویسید و دور از دستگاه‌هایتان نگه دارید. هر کدام یک بار به جای عامل دوم کار می‌کند. دیگر نشان داده نمی‌شوند."};
inline constexpr Words kRecoveryKept{"I have written them down", "آن‌ها را نوشتم"};
inline constexpr Words kRecoveryLeft{"Codes that are left:", "کدهای مانده:"};
inline constexpr Words kRecoveryRenew{"Make new recovery codes", "ساختن کدهای بازیابی تازه"};
inline constexpr Words kPasswordApps{"Apps that only know passwords", "برنامه‌هایی که تنها گذرواژه می‌شناسند"};
inline constexpr Words kPasswordAppsOff{
    "Such apps cannot sign in to your account. That is safest.", "چنین برنامه‌هایی نمی‌توانند وارد حساب شما شوند. این امن‌تر است."};
inline constexpr Words kPasswordAppsOn{
    "Such apps can sign in with the password alone, without the second factor.",
    "چنین برنامه‌هایی می‌توانند تنها با گذرواژه و بی عامل دوم وارد شوند."};
inline constexpr Words kPasswordAppsChange{"Change this", "عوض کردن"};
inline constexpr Words kSecond{"Second factor", "عامل دوم"};
inline constexpr Words kSecondCode{"Code", "کد"};
inline constexpr Words kSecondHint{
    "The six digits of your authenticator app, or a recovery code.", "شش رقم برنامهٔ رمزساز، یا یک کد بازیابی."};
inline constexpr Words kSecondHintRecovery{"A recovery code, if your passkey is lost.", "اگر گذرکلید گم شده، یک کد بازیابی."};
inline constexpr Words kCodeWrong{
    "The code is not right, or was used before. Wait for the next one.", "کد درست نیست یا پیش‌تر استفاده شده. منتظر کد بعدی بمانید."};

inline constexpr Words kStage{"Confirm that it is you", "تأیید کنید که شمایید"};
inline constexpr Words kStageAbout{"Your app asks for this before it goes on.", "برنامهٔ شما پیش از ادامه این را می‌خواهد."};
inline constexpr Words kStageDone{"Done. Go back to your app.", "انجام شد. به برنامه برگردید."};
inline constexpr Words kStageOver{
    "This request is over. Go back to your app and begin again.", "این درخواست پایان یافته است. به برنامه برگردید و از نو آغاز کنید."};
inline constexpr Words kLoginScript{
    "This page needs JavaScript, which is switched off.", "این صفحه به جاوااسکریپت نیاز دارد که خاموش است."};
inline constexpr Words kSsoAbout{
    "The app or page at this address wants to sign in as", "برنامه یا صفحه‌ای به این نشانی می‌خواهد وارد شود با حساب"};
inline constexpr Words kSsoWarning{
    "It gets full use of your account. Allow this only if you opened the app yourself and know this address.",
    "همهٔ حساب شما در اختیارش خواهد بود. تنها اگر خودتان برنامه را باز کرده‌اید و این نشانی را می‌شناسید اجازه دهید."};

inline constexpr Words kOwnFiles{"My files", "پرونده‌های من"};
inline constexpr Words kOwnFilesHint{
    "Everything that you have uploaded. The server cannot see which message shows which file; you can delete what you no longer need.",
    "هرچه بارگذاری کرده‌اید. سرور نمی‌بیند کدام پیام کدام پرونده را نشان می‌دهد؛ آنچه را دیگر نیاز ندارید می‌توانید پاک کنید."};
inline constexpr Words kNoFiles{"There are none.", "پرونده‌ای نیست."};
inline constexpr Words kDeleteFile{"Delete", "پاک کن"};
inline constexpr Words kFileDeleted{"The file is gone, and its key is destroyed.", "پرونده پاک شد و کلیدش از میان رفت."};
inline constexpr Words kOlder{"Older ones", "قدیمی‌ترها"};
inline constexpr Words kOwnData{"Everything the server holds about me", "هرچه سرور دربارهٔ من نگه می‌دارد"};
inline constexpr Words kOwnDataHint{
    "You get one file (ZIP): unpack it and open index.html, which needs no internet. Keep it well, it is not encrypted.",
    "یک پرونده (ZIP) می‌گیرید: بازش کنید و index.html را ببینید که به اینترنت نیاز ندارد. خوب نگهش دارید، رمز نشده است."};
inline constexpr Words kOwnDataButton{"Download", "دریافت"};
inline constexpr Words kOwnDataBusy{
    "One is on its way already. Try again when it is finished.", "یکی در راه است. پس از پایانش دوباره بکوشید."};
inline constexpr Words kEraseToo{
    "Erase: destroy everything that is kept under my name, my files too, and hide my messages from people who join my rooms later",
    "زدودن: هرچه به نام من نگه داشته شده، پرونده‌هایم هم، از میان برود و پیام‌هایم از کسانی که بعداً به اتاق‌ها می‌آیند پنهان شود"};
inline constexpr Words kRedactToo{
    "With erasing: also remove my messages from the rooms that I am in, for everybody",
    "همراه با زدودن: پیام‌هایم از اتاق‌هایی که در آن‌ها هستم هم برای همه برداشته شود"};
inline constexpr Words kReceipt{"Receipt of the erasure", "رسید زدودن"};
inline constexpr Words kReceiptHint{
    "Keep this address: it tells for 90 days what was erased, and whether all is done.",
    "این نشانی را نگه دارید: تا ۹۰ روز می‌گوید چه زدوده شد و آیا همه‌چیز انجام شده است."};
// clang-format on
}  // namespace peyk::pages::words
