// The pages in a real browser: node pages.mjs BASE SHOTS. Prints a line of JSON per check: {"name": …, "wrong": null | text}.
import { createHash, createHmac, randomBytes } from "node:crypto";
import fs from "node:fs";
import { chromium } from "playwright-core";

const [base, shots, chromiumPath = "/usr/bin/chromium"] = process.argv.slice(2);
const PASSWORD = "correct horse battery";
fs.mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-gpu"] });
const contextOf = (options = {}) =>
    browser.newContext({ baseURL: base, locale: "en-US", viewport: { width: 420, height: 860 }, ...options });
const text = (bytes) => bytes.toString("base64url");

class Wrong extends Error {}
function check(condition, about) {
    if (!condition) throw new Wrong(about);
}
async function says(page, words) {
    const found = await page.textContent("body");
    check(found.includes(words), `${page.url()} does not say ${JSON.stringify(words)}: ${found.replace(/\s+/g, " ").slice(0, 300)}`);
}
async function api(method, path, body, token) {
    const answer = await fetch(base + path, {
        method, body: body && JSON.stringify(body),
        headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    });
    return [answer.status, await answer.json()];
}
async function person() {
    const name = "web-" + randomBytes(4).toString("hex");
    const [status, made] = await api("POST", "/_matrix/client/v3/register", {
        username: name, password: PASSWORD, auth: { type: "m.login.dummy" }, inhibit_login: true });
    check(status === 200, JSON.stringify(made));
    return name;
}
async function register(redirect, more = {}) {
    const [status, made] = await api("POST", "/_peyk/oauth2/register", {
        client_name: "Fancy App", client_uri: "https://example.org/", redirect_uris: [redirect],
        policy_uri: "https://example.org/privacy", tos_uri: "https://example.org/terms", ...more });
    check(status === 201, JSON.stringify(made));
    return made.client_id;
}
function authorize(client, redirect, more = {}) {
    const verifier = text(randomBytes(40));
    const query = new URLSearchParams({
        response_type: "code", client_id: client, redirect_uri: redirect, state: "xyz", response_mode: "fragment",
        scope: "urn:matrix:client:api:* urn:matrix:client:device:CHROMIUM01", code_challenge_method: "S256",
        code_challenge: text(createHash("sha256").update(verifier).digest()), ...more });
    return [`/_peyk/oauth2/authorize?${query}`, verifier];
}
async function signIn(page, name, password = PASSWORD) {
    await page.fill("input[name=name]", name);
    await page.fill("input[name=password]", password);
    await page.press("input[name=password]", "Enter");
    await page.waitForLoadState();
}
// The address outside of this server that a submission is redirected to, with its fragment. The browser has begun to go
// there, so the policy of the page has let it.
async function leaves(page, pattern, act) {
    const left = page.waitForRequest((request) => pattern.test(request.url()) && request.isNavigationRequest(), { timeout: 10000 });
    await act();
    const before = (await left).redirectedFrom();
    return (await before.response()).headerValue("location");
}
// Anything that the policy of a page refuses is told on the console.
function watch(page) {
    const told = [];
    page.on("console", (message) => { if (/Content Security Policy|Refused/.test(message.text())) told.push(message.text()); });
    page.on("pageerror", (error) => told.push(String(error)));
    return told;
}

const APP = /^https:\/\/app\.example\.org\/callback/;
const results = [];
async function test(name, run) {
    if (process.env.ONLY && !name.includes(process.env.ONLY)) return;
    let wrong = null;
    try {
        await run();
    } catch (error) {
        wrong = String(error.message ?? error).split("\n").slice(0, 6).join(" | ");
    }
    results.push(wrong);
    console.log(JSON.stringify({ name, wrong }));
}

await test("A web app signs in through the browser, and the policy of the page lets the answer out", async () => {
    const context = await contextOf();
    const page = await context.newPage();
    const told = watch(page);
    const redirect = "https://app.example.org/callback";
    const name = await person();
    const client = await register(redirect);
    const [address, verifier] = authorize(client, redirect);
    await page.goto(address);
    await says(page, "to go on to Fancy App");
    await signIn(page, name);
    await says(page, "Allow this app?");
    const left = await leaves(page, APP, () => page.click("button[value=allow]"));
    const back = new URLSearchParams(new URL(left).hash.slice(1));
    check(back.get("state") === "xyz", left);
    const answer = await fetch(base + "/_peyk/oauth2/token", { method: "POST", body: new URLSearchParams({
        grant_type: "authorization_code", code: back.get("code"), client_id: client, redirect_uri: redirect, code_verifier: verifier }) });
    const tokens = await answer.json();
    const [, who] = await api("GET", "/_matrix/client/v3/account/whoami", null, tokens.access_token);
    check(who.user_id === `@${name}:localhost` && who.device_id === "CHROMIUM01", JSON.stringify([tokens, who]));
    check(told.length === 0, told.join(" | "));
    await context.close();
});

await test("Without the app in it the policy holds the answer back, so the test before this one can fail", async () => {
    const context = await contextOf();
    const page = await context.newPage();
    const told = watch(page);
    const redirect = "https://app.example.org/callback";
    await page.goto("/_peyk/account");
    await signIn(page, await person());
    await context.route("**/_peyk/oauth2/authorize?*", async (route) => {
        const answer = await route.fetch();
        const headers = answer.headers();
        headers["content-security-policy"] = headers["content-security-policy"].replace(" https://app.example.org", "");
        await route.fulfill({ response: answer, headers });
    });
    await page.goto(authorize(await register(redirect), redirect)[0]);
    await says(page, "Allow this app?");
    await page.click("button[value=allow]");
    for (let i = 0; i < 50 && !told.length; i++) await page.waitForTimeout(100);
    check(told.some((line) => line.includes("form-action")), "the browser says nothing of the policy");
    await context.close();
});

await test("A native app gets its answer on the loopback address and by its own scheme", async () => {
    for (const [registered, used, pattern] of [
        ["http://127.0.0.1/callback", "http://127.0.0.1:45671/callback", /^http:\/\/127\.0\.0\.1:45671\/callback/],
        ["org.example.app:/callback", "org.example.app:/callback", /^org\.example\.app:\/callback/]]) {
        const context = await contextOf();
        const page = await context.newPage();
        const told = watch(page);
        const client = await register(registered, { application_type: "native" });
        await page.goto(authorize(client, used, { response_mode: "query" })[0]);
        await signIn(page, await person());
        if (used.startsWith("http")) {
            const url = await leaves(page, pattern, () => page.click("button[value=allow]"));
            check(/code=pc_/.test(url) && /state=xyz/.test(url), url);
        } else {
            // No app is there to take it: the navigation fails by its scheme, and not by the policy.
            const failed = page.waitForEvent("requestfailed");
            await page.click("button[value=allow]");
            const why = (await failed).failure().errorText;
            check(/ABORTED|UNKNOWN_URL_SCHEME/.test(why), why);
            await page.waitForTimeout(300);
        }
        check(told.length === 0, told.join(" | "));
        await context.close();
    }
});

await test("Everything works without JavaScript: register, allow, look at the devices, sign one out", async () => {
    const context = await contextOf({ javaScriptEnabled: false });
    const page = await context.newPage();
    const redirect = "https://app.example.org/callback";
    const client = await register(redirect);
    const [address, verifier] = authorize(client, redirect, { prompt: "create" });
    await page.goto(address);
    const name = "web-" + randomBytes(4).toString("hex");
    await page.fill("input[name=name]", name);
    await page.fill("input[name=password]", PASSWORD);
    await page.fill("input[name=repeat]", PASSWORD);
    await page.click("main button");
    await page.waitForSelector("button[value=allow]");
    const left = await leaves(page, APP, () => page.click("button[value=allow]"));
    const answer = await fetch(base + "/_peyk/oauth2/token", { method: "POST", body: new URLSearchParams({
        grant_type: "authorization_code", code: new URLSearchParams(new URL(left).hash.slice(1)).get("code"), client_id: client,
        redirect_uri: redirect, code_verifier: verifier }) });
    const kept = (await answer.json()).access_token;
    const [, laptop] = await api("POST", "/_matrix/client/v3/login", { type: "m.login.password",
        identifier: { type: "m.id.user", user: name }, password: PASSWORD, initial_device_display_name: "Old laptop" });
    const whoami = async (token) => (await api("GET", "/_matrix/client/v3/account/whoami", null, token))[0];
    check(await whoami(kept) === 200 && await whoami(laptop.access_token) === 200, "both are signed in");
    const later = await context.newPage();
    await later.goto("/_peyk/account?action=org.matrix.devices_list");
    await says(later, "Your devices");
    check(await later.locator("form[data-passkey]:visible").count() === 0, "no passkeys without a script");
    await later.click("li:has-text('Old laptop') a.button");
    check(await whoami(laptop.access_token) === 200, "it is asked first");
    await later.click("main form button.danger");
    await says(later, "The device is signed out");
    check(await whoami(laptop.access_token) === 401, "the laptop is signed out");
    check(await whoami(kept) === 200, "the app is not");
    await later.goto("/_peyk/account/devices");
    check(await later.locator("main li").count() === 1, "one device is left");
    await context.close();
});

await test("The keyboard alone signs in and allows, with the focus always seen", async () => {
    const context = await contextOf();
    const page = await context.newPage();
    const redirect = "https://app.example.org/callback";
    await page.goto(authorize(await register(redirect), redirect)[0]);
    const name = await person();
    const walk = async (wanted) => {
        for (let i = 0; i < 30; i++) {
            await page.keyboard.press("Tab");
            const [matches, outline] = await page.evaluate((selector) => [
                document.activeElement.matches(selector), getComputedStyle(document.activeElement).outlineStyle], wanted);
            check(outline !== "none", "the focus is not to be seen");
            if (matches) return;
        }
        throw new Wrong(`the keyboard does not reach ${wanted}`);
    };
    await walk("input[name=name]");
    await page.keyboard.type(name);
    await walk("input[name=password]");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForSelector("button[value=allow]");
    await walk("button[value=allow]");
    await leaves(page, APP, () => page.keyboard.press("Enter"));
    await context.close();
});

async function virtualKey(page, more = {}) {
    const session = await page.context().newCDPSession(page);
    await session.send("WebAuthn.enable");
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options: {
        protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true, ...more } });
    return [session, authenticatorId];
}

await test("A passkey is made and signs in alone; as a second factor behind the password; and is gone once removed", async () => {
    const context = await contextOf();
    const page = await context.newPage();
    const told = watch(page);
    await virtualKey(page);
    const name = await person();
    await page.goto("/_peyk/account/security");
    await signIn(page, name);
    await says(page, "the password alone signs in");
    await page.click("text=Add a passkey");
    await page.fill("input[name=name]", "blue key");
    await page.fill("input[name=password]", PASSWORD);
    await page.click("form[data-passkey] button");
    await page.waitForSelector("ul.codes");
    await page.click("text=I have written them down");
    await says(page, "blue key");

    await page.goto("/_peyk/account");
    await page.click("text=Sign out of these pages");
    await page.goto("/_peyk/account/devices");
    await page.click("form[data-passkey] button");
    await page.waitForURL(/account\/devices/);
    await says(page, "Your devices");

    await page.goto("/_peyk/account");
    await page.click("text=Sign out of these pages");
    await page.goto("/_peyk/account");
    await signIn(page, name);
    await says(page, "Second factor");
    await page.click("form[data-passkey] button");
    await page.waitForURL(/_peyk\/account$/);
    await says(page, "Your account");

    const [status] = await api("POST", "/_matrix/client/v3/login", {
        type: "m.login.password", identifier: { type: "m.id.user", user: name }, password: PASSWORD });
    check(status === 403, `password apps are refused: ${status}`);
    await page.goto("/_peyk/account/security");
    await page.click("summary:has-text('blue key')");
    await page.fill("details[open] input[name=password]", PASSWORD);
    await page.click("details[open] button");
    await says(page, "the password alone signs in");
    check(told.length === 0, told.join(" | "));
    await context.close();
});

await test("A key that does not check its user is a second factor only", async () => {
    const context = await contextOf();
    const page = await context.newPage();
    await virtualKey(page, { hasUserVerification: false, isUserVerified: false, hasResidentKey: false, transport: "usb" });
    const name = await person();
    await page.goto("/_peyk/account/security/passkey");
    await signIn(page, name);
    await page.fill("input[name=name]", "plain key");
    await page.fill("input[name=password]", PASSWORD);
    await page.click("form[data-passkey] button");
    await page.waitForSelector("ul.codes");
    await page.goto("/_peyk/account");
    await page.click("text=Sign out of these pages");
    await page.goto("/_peyk/account");
    await page.click("form[data-passkey] button");
    await page.waitForSelector("[data-complaint]:visible");  // the browser itself refuses
    await signIn(page, name);
    await says(page, "Second factor");
    await page.click("form[data-passkey] button");
    await page.waitForURL(/_peyk\/account$/);
    await context.close();
});

await test("The fallback pages tell the client that opened them", async () => {
    const context = await contextOf();
    const page = await context.newPage();
    const name = await person();
    const [, session] = await api("POST", "/_matrix/client/v3/login", {
        type: "m.login.password", identifier: { type: "m.id.user", user: name }, password: PASSWORD, device_id: "OLD" });
    const path = "/_matrix/client/v3/devices/OLD";
    const [, ask] = await api("DELETE", path, {}, session.access_token);
    await context.route("https://client.example/**", (route) => route.fulfill({ contentType: "text/html", body: "a client" }));
    await page.goto("https://client.example/");
    const [popup] = await Promise.all([
        page.waitForEvent("popup"),
        page.evaluate((url) => {
            window.addEventListener("message", (event) => { window.told = [event.data, event.origin]; });
            window.open(url);
        }, `${base}/_matrix/client/v3/auth/m.login.password/fallback/web?session=${ask.session}`)]);
    await popup.fill("input[name=password]", "wrong");
    await popup.click("button");
    await popup.waitForSelector(".complaint");
    await popup.fill("input[name=password]", PASSWORD);
    await popup.click("button");
    await popup.waitForSelector(".done");
    const heard = await page.waitForFunction(() => window.told).then((handle) => handle.jsonValue());
    check(heard[0] === "authDone" && heard[1] === base, JSON.stringify(heard));
    const [status] = await api("DELETE", path, { auth: { session: ask.session } }, session.access_token);
    check(status === 200, `the stage counts: ${status}`);

    const told = watch(page);
    await page.goto("/_matrix/static/client/login/?device_id=FALLBACK");
    await page.evaluate(() => { window.matrixLogin = { onLogin: (response) => { window.seen = response; } }; });
    await signIn(page, name, "wrong");
    await page.waitForSelector("[data-complaint]:visible");
    await signIn(page, name);
    await page.waitForFunction(() => window.seen);
    const seen = await page.evaluate(() => window.seen);
    check(seen.device_id === "FALLBACK" && seen.access_token, JSON.stringify(seen));
    check(told.length === 0, told.join(" | "));
    await context.close();
});

await test("Single sign-on of older apps leads back with a login token", async () => {
    const context = await contextOf();
    const page = await context.newPage();
    const told = watch(page);
    await page.goto("/_matrix/client/v3/login/sso/redirect?redirectUrl=" + encodeURIComponent("https://old.example.net/?a=b#room"));
    const name = await person();
    await signIn(page, name);
    await says(page, "old.example.net");
    const url = new URL(await leaves(page, /^https:\/\/old\.example\.net\//, () => page.click("main form button")));
    check(url.hash === "#room" && url.searchParams.get("a") === "b", url.href);
    const [status, session] = await api("POST", "/_matrix/client/v3/login", { type: "m.login.token", token: url.searchParams.get("loginToken") });
    check(status === 200 && session.user_id === `@${name}:localhost`, JSON.stringify(session));
    check(told.length === 0, told.join(" | "));
    await context.close();
});

// RFC 6238, over the secret as the page shows it.
function totp(secret) {
    const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
    const mac = createHmac("sha1", key).update(step).digest();
    return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, "0");
}
// Somebody whose password is half the way.
async function guarded() {
    const name = await person();
    const context = await contextOf();
    const page = await context.newPage();
    await page.goto("/_peyk/account/security/app");
    await signIn(page, name);
    const secret = (await page.textContent("main code")).replace(/\s/g, "");
    await page.fill("input[name=code]", totp(secret));
    await page.fill("input[name=password]", PASSWORD);
    await page.click("main form button");
    await page.waitForSelector("ul.codes");
    await context.close();
    return name;
}

// Relative luminance and contrast of WCAG 2, measured on what is shown.
const contrasts = () => {
    const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const over = (top, under) => {
        const alpha = top[3] ?? 1;
        return [0, 1, 2].map((i) => top[i] * alpha + under[i] * (1 - alpha));
    };
    const luminance = (rgb) => {
        const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    const behind = (element) => {
        const chain = [];
        for (let at = element; at; at = at.parentElement) chain.unshift(parse(getComputedStyle(at).backgroundColor));
        return chain.reduce((under, color) => (color.length >= 3 ? over(color, under) : under), canvas);
    };
    const bad = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!own || element.closest("svg, noscript") || !element.getClientRects().length) continue;
        const style = getComputedStyle(element);
        let alpha = 1;
        for (let at = element; at; at = at.parentElement) alpha *= Number(getComputedStyle(at).opacity);
        const under = behind(element);
        const color = parse(style.color);
        const shown = over([...color.slice(0, 3), (color[3] ?? 1) * alpha], under);
        const [high, low] = [luminance(shown), luminance(under)].sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) bad.push(`${element.tagName} ${JSON.stringify(element.textContent.trim().slice(0, 30))} ${ratio.toFixed(2)}`);
    }
    return bad;
};

await test("All pages in both languages and both colour schemes: readable, nothing wider than a telephone, labels on every field", async () => {
    const redirect = "https://app.example.org/callback";
    const client = await register(redirect);
    const name = await person();
    const behindTwo = await guarded();
    await api("POST", "/_matrix/client/v3/login", { type: "m.login.password", identifier: { type: "m.id.user", user: name },
        password: PASSWORD, device_id: "LAPTOP", initial_device_display_name: "Ada's laptop" });
    const [, codes] = await (async () => {
        const app = await register(redirect, { grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"] });
        const answer = await fetch(base + "/_peyk/oauth2/device", { method: "POST", body: new URLSearchParams({
            client_id: app, scope: "urn:matrix:client:api:* urn:matrix:client:device:TELEVISION" }) });
        return [0, await answer.json()];
    })();
    const signedOut = { sign_in: authorize(client, redirect)[0], register: "/_peyk/register", home: "/", privacy: "/privacy",
        unknown_app: "/_peyk/oauth2/authorize?client_id=x", fallback_login: "/_matrix/static/client/login/",
        email_gone: "/_peyk/email?sid=x&token=x", reset_gone: "/_peyk/reset", reset: "/_peyk/reset?token=" + "x".repeat(43) };
    const signedIn = { consent: authorize(client, redirect)[0], account: "/_peyk/account", profile: "/_peyk/account/profile",
        devices: "/_peyk/account/devices", device: "/_peyk/account/device?device_id=LAPTOP", password: "/_peyk/account/password",
        security: "/_peyk/account/security", app: "/_peyk/account/security/app", passkey: "/_peyk/account/security/passkey",
        deactivate: "/_peyk/account/deactivate", identity: "/_peyk/account/identity",
        link: `/_peyk/link?user_code=${codes.user_code}`,
        sso: "/_peyk/sso?redirectUrl=" + encodeURIComponent("https://old.example.net/") };
    const bad = [];
    for (const colorScheme of ["light", "dark"]) {
        for (const language of ["en", "fa"]) {
            const context = await contextOf({ colorScheme, locale: language === "fa" ? "fa-IR" : "en-US" });
            const page = await context.newPage();
            const told = watch(page);
            const look = async (kind, path) => {
                if (path) await page.goto(path);
                const [lang, direction] = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
                if (lang !== language || direction !== (language === "fa" ? "rtl" : "ltr")) bad.push(`${kind} ${lang} ${direction}`);
                const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
                if (wide > 0) bad.push(`${kind} ${language}: ${wide} px too wide`);
                for (const one of await page.evaluate(contrasts)) bad.push(`${kind} ${language} ${colorScheme}: ${one}`);
                const bare = await page.evaluate(() => [...document.querySelectorAll("input:not([type=hidden]):not([hidden])")]
                    .filter((input) => !input.labels.length || !input.labels[0].textContent.trim()).length);
                if (bare) bad.push(`${kind}: ${bare} fields without a label`);
                if (await page.locator("[hidden]:visible").count()) bad.push(`${kind}: what is hidden is seen`);
                await page.screenshot({ path: `${shots}/${kind}-${language}-${colorScheme}.png`, fullPage: kind !== "privacy" });
            };
            for (const [kind, path] of Object.entries(signedOut)) await look(kind, path);
            await page.fill("input[name=password]", PASSWORD);
            await page.fill("input[name=repeat]", PASSWORD + " not");
            await page.click("main form button");
            await look("reset_wrong");
            await page.goto("/_peyk/account");
            await signIn(page, behindTwo);
            await page.waitForSelector("input[name=code]");
            await look("second");
            await page.fill("input[name=code]", "000000");
            await page.press("input[name=code]", "Enter");
            await page.waitForSelector(".complaint");
            await look("second_wrong");
            await context.clearCookies();
            await page.goto("/_peyk/sign-in");
            await signIn(page, name, "wrong");
            await look("sign_in_wrong");
            await signIn(page, name);
            for (const [kind, path] of Object.entries(signedIn)) await look(kind, path);
            await page.goto(signedIn.link);
            await page.click("main form button");
            await page.waitForSelector("button[value=allow]");
            await look("link_consent");
            for (const one of told) bad.push(one);
            await context.close();
        }
    }
    check(bad.length === 0, bad.slice(0, 12).join(" | ") + (bad.length > 12 ? ` and ${bad.length - 12} more` : ""));
});

await browser.close();
process.exit(results.some(Boolean) ? 1 : 0);
