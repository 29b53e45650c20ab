// The main screens in Persian and English, light and dark, wide and narrow: direction, nothing cut, no serious finding of
// axe-core; the Persian ones as they are kept in tests/web/screens. What is drawn is left beside the figures, to be looked at.
import fs from "node:fs";
import { createRequire } from "node:module";
import { api, ask, check, end, fits, message, openRoom, quiet, signIn, step, unique, visitor, write } from "./lib.mjs";
import { sameAsKept } from "./compare.mjs";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
async function accessible(page, about) {
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"] }));
    const bad = found.violations.filter((one) => one.impact === "serious" || one.impact === "critical");
    check(bad.length === 0, `${about}: ${bad.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join("; ")}`).join(" | ")}`);
}
const names = { en: { a: "Ada", b: "Ben", family: "Family", news: "School news", walk: "Walking club", hello: "Good morning! The bread is in the oven, come by at ten.", answer: "Wonderful. Shall I bring **honey** or jam?", third: "Both, of course" },
    fa: { a: "آوا", b: "بهمن", family: "خانواده", news: "اخبار مدرسه", walk: "گروه کوهنوردی", hello: "صبح بخیر! نان در تنور است، ساعت ده بیایید.", answer: "عالی. **عسل** بیاورم یا مربا؟", third: "معلوم است، هر دو" } };

async function village(language) {
    const n = names[language], own = unique("screen");
    const made = await ask({ do: "account", name: own }), other = await ask({ do: "account", name: unique("other") });
    for (const [who, name] of [[made, n.a], [other, n.b]]) await api("PUT", `/_matrix/client/v3/profile/${encodeURIComponent(who.user)}/displayname`, { displayname: name }, who.token);
    const room = async (name, extra) => {
        const [, { room_id: id }] = await api("POST", "/_matrix/client/v3/createRoom", { name, preset: "private_chat", invite: [made.user], ...extra }, other.token);
        await api("POST", `/_matrix/client/v3/join/${encodeURIComponent(id)}`, {}, made.token);
        return id;
    };
    const say = (who, id, body, more = {}) => api("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(id)}/send/m.room.message/${unique("t")}`, { msgtype: "m.text", body, ...more }, who.token);
    const news = await room(n.news, { preset: "public_chat", power_level_content_override: { events_default: 50 } });
    await say(other, news, n.hello);
    const walk = await room(n.walk);
    await say(other, walk, n.hello);
    const family = await room(n.family);
    for (const text of [n.hello, n.third]) await say(other, family, text);
    await api("POST", "/_matrix/client/v3/createRoom", { name: n.family + " 2", preset: "private_chat", invite: [made.user] }, other.token);
    return { own, made, other, family, say };
}

for (const [language, scheme, narrow] of [["fa", "light", false], ["fa", "dark", true], ["en", "dark", false], ["en", "light", true]]) {
    const kind = `${language}-${scheme}-${narrow ? "phone" : "desktop"}`;
    await step(`${kind}: sign-in, list, conversation, menu, settings`, async () => {
        const n = names[language];
        const there = await village(language);
        const who = await visitor({ locale: language === "fa" ? "fa-IR" : "en-US", colorScheme: scheme, viewport: narrow ? { width: 390, height: 800 } : { width: 1280, height: 820 } });
        const { page } = who;
        const look = async (name) => {
            await fits(page, `${kind} ${name}`);
            check(await page.evaluate(() => document.documentElement.dir) === (language === "fa" ? "rtl" : "ltr"), "the direction");
            await who.shot(`${kind}-${name}`);
            await accessible(page, `${kind} ${name}`);
            if (language === "fa") await sameAsKept(page, `${kind}-${name}`);
        };
        await page.goto("/");
        await page.locator("input[name=name]").waitFor();
        await look("sign-in");
        await signIn(who, there.own);
        await page.locator(".key-box").waitFor();
        await look("recovery-key");
        await page.locator(".card .check input").check();
        await page.locator(".card > .button.primary").click();
        await page.locator(".room-row").nth(3).waitFor();
        await look("list");
        await openRoom(page, `${n.family} `.trim() === n.family ? n.walk : n.family);
        await page.locator(".conversation .composer textarea").waitFor();
        await write(page, n.answer);
        await page.locator(".message.mine:not(.waiting-message)").first().waitFor();
        await there.say(there.other, decodeURIComponent(new URL(page.url()).hash.split("/")[2]), n.third);
        await message(page, n.third).waitFor();
        await message(page, n.third).locator(".bubble").click({ button: "right", position: { x: 12, y: 10 } });
        await page.locator(".menu.placed").waitFor();
        await look("menu");
        await page.locator(".quick button").nth(1).click();
        await page.locator(".reaction").waitFor();
        await look("conversation");
        if (!narrow) {
            const [list, stage] = await page.evaluate(() => [".list", ".stage"].map((one) => document.querySelector(one).getBoundingClientRect().left));
            check(language === "fa" ? list > stage : list < stage, "the list is on the wrong side");
            const [mine, theirs] = await page.evaluate(() => [".message.mine .bubble", ".message:not(.mine) .bubble"].map((one) => document.querySelector(one).getBoundingClientRect().left));
            check(language === "fa" ? mine < theirs : mine > theirs, "one's own messages are on the wrong side");
        }
        if (language === "fa") check(/[۰-۹]/.test(await page.locator(".message time").first().innerText()), "times have Persian digits");
        await page.locator(".bar-title").click();
        await page.locator(".side .about-room").waitFor();
        await look("details");
        await page.goto("/#/settings/security");
        await page.locator(".facts").waitFor();
        await look("security");
        await page.goto("/#/settings/appearance");
        await page.locator(".settings-content .chip").first().waitFor();
        await look("appearance");
        quiet(who);
        await who.context.close();
    });
}
await step("Whoever asks for less motion gets none", async () => {
    const there = await village("en");
    const who = await visitor();
    const { page } = who;
    await signIn(who, there.own);
    await page.locator(".card .check input").check();
    await page.locator(".card > .button.primary").click();
    const motion = async (wish) => {
        await page.emulateMedia({ reducedMotion: wish });
        await page.locator(".room-row").first().click({ button: "right" });
        const lasts = await page.locator(".menu.placed").evaluate((one) => Number.parseFloat(getComputedStyle(one).animationDuration));
        await page.keyboard.press("Escape");
        await page.locator(".menu").waitFor({ state: "detached" });
        return lasts;
    };
    check(await motion("no-preference") > 0.05, "nothing moves at all");
    check(await motion("reduce") < 0.002, "it moves all the same");
    quiet(who);
    await who.context.close();
});
await step("The keyboard alone is enough: to a conversation, a message, its menu, and back", async () => {
    const there = await village("en");
    const who = await visitor();
    const { page } = who;
    await page.goto("/");
    await page.locator("input[name=name]:focus").waitFor();
    await page.keyboard.type(there.own);
    await page.keyboard.press("Tab");
    await page.keyboard.type("correct horse battery");
    await page.keyboard.press("Enter");
    await page.locator(".key-box").waitFor();
    await page.locator(".card .check input").focus();
    await page.keyboard.press("Space");
    await page.locator(".card > .button.primary:enabled").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".room-row").nth(2).waitFor();
    await page.keyboard.press("Control+k");
    await page.locator("#filter:focus").waitFor();
    await page.keyboard.type("Walking");
    await page.locator(".room-row").nth(1).waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await page.locator(".conversation textarea:focus").waitFor();
    await page.keyboard.type("typed without a mouse");
    await page.keyboard.press("Enter");
    await page.locator(".message.mine:not(.waiting-message)", { hasText: "typed without a mouse" }).waitFor();
    await page.locator(".timeline").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.locator(".menu.placed").waitFor();
    await page.locator("[role=menuitem]:focus").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".menu").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.locator(".nothing").waitFor();
    await page.keyboard.press("Control+k");
    await page.locator("#filter:focus").waitFor();
    quiet(who);
});
await end();
