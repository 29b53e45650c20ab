// Signing in through a provider in a real browser: node providers.mjs BASE SHOTS CHROMIUM. The provider's page has one
// button. Prints a line of JSON per check, as pages.mjs does.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { chromium } from "playwright-core";

const [base, shots, chromiumPath = "/usr/bin/chromium"] = process.argv.slice(2);
fs.mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-gpu"] });
const results = [];

function check(condition, about) {
    if (!condition) throw new Error(about);
}
async function says(page, words) {
    const found = (await page.textContent("body")).replace(/\s+/g, " ");
    check(found.includes(words), `${page.url()} does not say ${JSON.stringify(words)}: ${found.slice(0, 300)}`);
}
async function visit(language, colorScheme, javaScriptEnabled = true) {
    const context = await browser.newContext({ baseURL: base, locale: language === "fa" ? "fa-IR" : "en-US",
        viewport: { width: 420, height: 860 }, colorScheme, javaScriptEnabled });
    const page = await context.newPage();
    const told = [];
    page.on("console", (message) => { if (/Content Security Policy|Refused/.test(message.text())) told.push(message.text()); });
    page.on("pageerror", (error) => told.push(String(error)));
    return [context, page, told];
}
async function shot(page, kind, language, colorScheme) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `${kind} ${language}: ${wide} px too wide`);
    await page.screenshot({ path: `${shots}/${kind}-${language}-${colorScheme}.png`, fullPage: true });
}
// The page of the provider, which is another site.
async function atSchool(page) {
    await page.waitForURL(/\/school\/authorize/);
    await says(page, "This is the school");
    await page.click("button");
}
async function test(name, run) {
    let wrong = null;
    try {
        await run();
    } catch (error) {
        wrong = String(error.message ?? error).split("\n").slice(0, 6).join(" | ");
    }
    results.push(wrong);
    console.log(JSON.stringify({ name, wrong }));
}

await test("Somebody new comes from a provider, chooses a name, and confirms there what weighs", async () => {
    let n = 0;
    for (const [language, colorScheme] of [["en", "light"], ["fa", "dark"]]) {
        const [context, page, told] = await visit(language, colorScheme);
        await page.goto("/_peyk/account");
        await shot(page, "provider_sign_in", language, colorScheme);
        await page.click("a[href^='/_peyk/provider/school']");
        if (n++ === 0) {
            await atSchool(page);
            await page.waitForURL(/\/_peyk\/welcome/);
            await shot(page, "provider_welcome", language, colorScheme);
            await page.fill("input[name=name]", "web-" + randomBytes(4).toString("hex"));
            await page.check("input[name=shown]");
            await page.click("form button");
        } else {
            await atSchool(page);
        }
        await page.waitForURL(/\/_peyk\/account$/);
        await page.goto("/_peyk/account/password");
        await shot(page, "provider_password", language, colorScheme);
        await page.click("a[href^='/_peyk/provider/school/confirm']");
        await atSchool(page);
        await page.waitForURL(/\/_peyk\/account\/password/);
        check(await page.locator(".done").count() === 1, "not confirmed");
        await shot(page, "provider_confirmed", language, colorScheme);
        await page.goto("/_peyk/account/providers");
        await shot(page, "provider_links", language, colorScheme);
        check(told.length === 0, told.join(" | "));
        await context.close();
    }
});

await test("An older app gets its login token through a provider, without JavaScript", async () => {
    const [context, page, told] = await visit("en", "light", false);
    await page.goto("/_matrix/client/v3/login/sso/redirect/school?redirectUrl=" + encodeURIComponent("https://app.example.org/done"));
    await atSchool(page);
    await page.waitForURL(/\/_peyk\/sso/);
    await says(page, "app.example.org");
    const left = page.waitForRequest((request) => request.url().startsWith("https://app.example.org/done") && request.isNavigationRequest());
    await page.click("form button");
    check(/loginToken=pl_/.test((await left).url()), (await left).url());
    check(told.length === 0, told.join(" | "));
    await context.close();
});

await test("A provider whose page went wrong is told about, and the way on is there", async () => {
    const [context, page] = await visit("en", "light");
    await page.goto("/_peyk/provider/school/callback?error=access_denied&state=unknown");
    await says(page, "This sign-in is over");
    await shot(page, "provider_over", "en", "light");
    await page.click("main a[href^='/_peyk/sign-in']");
    await says(page, "Sign in with");
    await context.close();
});

await browser.close();
process.exit(results.some(Boolean) ? 1 : 0);
