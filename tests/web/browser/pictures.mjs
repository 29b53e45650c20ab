// The pictures of the README and of the guide, in English and in Persian: an afternoon in a small village. To renew them:
// tests/web/run.py --server build/test/peyk --shots docs/guide/pictures pictures
import fs from "node:fs";
import path from "node:path";
import { api, ask, check, end, firstMinute, fits, message, mountains, openRoom, quiet, sent, session, shots, step, unique, visitor, write } from "./lib.mjs";

const words = {
    en: { names: ["ada", "ben"], shown: ["Ada Marsh", "Ben Okafor"], family: "Family", club: "Walking club", news: "School news", clinic: "Clinic, night shift",
        open: "The school is open again from Monday.", clinicSays: "Who takes Thursday?", familySays: "Grandmother asks when you come", direct: "See you at the bridge",
        talk: ["Good morning! Who comes along on Saturday? We start at the old mill.", "I do. Shall I bring **tea** or coffee?", "Both, of course", "The view from the top, last year", "Then I bring the big thermos ☕"] },
    fa: { names: ["ava", "bahman"], shown: ["آوا", "بهمن"], family: "خانواده", club: "گروه کوهنوردی", news: "اخبار مدرسه", clinic: "درمانگاه، شیفت شب",
        open: "مدرسه از شنبه دوباره باز است.", clinicSays: "پنجشنبه با کیست؟", familySays: "مادربزرگ می‌پرسد کی می‌آیی", direct: "کنار پل می‌بینمت",
        talk: ["صبح بخیر! جمعه چه کسی می‌آید؟ از آسیاب قدیمی راه می‌افتیم.", "من می‌آیم. **چای** بیاورم یا قهوه؟", "معلوم است، هر دو", "منظرهٔ قله، سال گذشته", "پس فلاسک بزرگ را می‌آورم ☕"] },
};

async function person(language, index, options) {
    const who = await visitor({ locale: language === "fa" ? "fa-IR" : "en-US", ...options });
    await firstMinute(who, words[language].names[index], `/i/${(await ask({ do: "invitation" })).token}`);
    const own = await session(who.page);
    await api("PUT", `/_matrix/client/v3/profile/${encodeURIComponent(own.userId)}/displayname`, { displayname: words[language].shown[index] }, own.token);
    return Object.assign(who, own);
}

/** Ada and Ben, and what there is in their lists. */
async function village(language) {
    const w = words[language];
    const ada = await person(language, 0, { viewport: { width: 1120, height: 612 } }), ben = await person(language, 1);
    const encrypted = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
    const room = async (name, says, extra) => {
        const [, { room_id: id }] = await api("POST", "/_matrix/client/v3/createRoom", { name, preset: "private_chat", invite: [ada.userId], initial_state: [encrypted], ...extra }, ben.token);
        const [status] = await api("POST", `/_matrix/client/v3/join/${encodeURIComponent(id)}`, {}, ada.token);
        check(status === 200, `${name}: ${status}`);
        if (says) {
            await openRoom(ben.page, name);
            await write(ben.page, says);
            await sent(ben.page, says);
            await ada.page.locator(".room-row", { hasText: says }).waitFor();
        }
        return id;
    };
    await room(w.news, w.open, { preset: "public_chat", initial_state: [], power_level_content_override: { events_default: 50 } });
    await room(w.clinic, w.clinicSays);
    await room(w.family, w.familySays);
    await room(w.club, "");
    await openRoom(ben.page, w.club);
    await openRoom(ada.page, w.club);
    return { w, ada, ben };
}

async function talk({ w, ada, ben }) {
    const say = async (who, other, text) => {
        await write(who.page, text);
        await message(other.page, text.replaceAll("*", "")).and(other.page.locator(":not(.mine)")).waitFor();
    };
    await say(ben, ada, w.talk[0]);
    await say(ada, ben, w.talk[1]);
    await say(ben, ada, w.talk[2]);
    await ben.page.locator(".composer input[type=file]").setInputFiles({ name: "mountains.png", mimeType: "image/png", buffer: await mountains(ben.page) });
    await ben.page.locator(".dialog form .field input").fill(w.talk[3]);
    await ben.page.locator(".dialog form .field input").press("Enter");
    await message(ada.page, w.talk[3]).locator(".picture[data-state=shown] img").waitFor();
    await message(ada.page, w.talk[3]).locator(".bubble").click({ button: "right", position: { x: 12, y: 10 } });
    await ada.page.locator(".quick button").nth(1).click();
    await message(ada.page, w.talk[3]).locator(".reaction").waitFor();
    await say(ada, ben, w.talk[4]);
    await message(ada.page, w.talk[4]).locator(".tick.read").waitFor();
    await ada.page.mouse.move(5, 5);
    await ada.page.evaluate(() => document.activeElement?.blur());
}
function small(name) {
    const { size } = fs.statSync(path.join(shots, `${name}.png`));
    check(size < 200000, `${name} has ${size} bytes`);
}

await step("Pictures in English: a conversation, and the list on a telephone", async () => {
    const { w, ada, ben } = await village("en");
    await talk({ w, ada, ben });
    await fits(ada.page, "the conversation");
    await ada.shot("web-conversation");
    small("web-conversation");
    await ada.page.setViewportSize({ width: 390, height: 400 });
    await ada.page.goto("/#/");
    await ada.page.locator(".room-row").nth(3).waitFor();
    await fits(ada.page, "the list");
    await ada.shot("web-list");
    small("web-list");
    quiet(ada, ben);
    await ada.context.close();
    await ben.context.close();
});
await step("A picture in Persian", async () => {
    const { w, ada, ben } = await village("fa");
    await talk({ w, ada, ben });
    check(await ada.page.evaluate(() => document.documentElement.dir) === "rtl", "the direction");
    await fits(ada.page, "the conversation");
    await ada.shot("web-persian");
    small("web-persian");
    quiet(ada, ben);
});
await end();
