// What the stories share: people in browsers of their own, steps that are told on standard output as lines of JSON, and
// questions to the program that runs this one (which holds the server): a line {"ask": …}, answered by a line.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { chromium } from "playwright-core";
import { serve } from "./origin.mjs";

export const [backend, build, shots, chromiumPath = "/usr/bin/chromium"] = process.argv.slice(2);
export const PASSWORD = "correct horse battery";
export const SLOWNESS = Number(process.env.PEYK_TEST_SLOWNESS ?? 1);
// No step is judged by how long it took: this is when waiting for something ends.
const PATIENCE = 60000 * SLOWNESS;
fs.mkdirSync(shots, { recursive: true });

const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export async function ask(question) {
    console.log(JSON.stringify({ ask: question }));
    const answer = JSON.parse((await answers.next()).value);
    if (answer.error) throw new Error(answer.error);
    return answer;
}

const everybody = []; // what each visitor's page told of
export class Wrong extends Error {}
export function check(condition, about) {
    if (!condition) throw new Wrong(about);
}

// A server that has HTTPS is on another host, and brings the client itself.
export const origin = backend.startsWith("https:") ? { base: backend, close() {} } : await serve(build, backend);
export const base = origin.base;
const launch = ({ home, camera } = {}) => chromium.launch({ executablePath: chromiumPath, env: { ...process.env, ...(home && { HOME: home }) },
    args: ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        ...(camera ? [`--use-file-for-fake-video-capture=${camera}`] : []),
        // The tests share a machine with much else: the crypto's WebAssembly is compiled as it is used, and once.
        "--js-flags=--expose-gc --wasm-lazy-compilation --no-wasm-tier-up", "--disable-software-rasterizer", "--disable-extensions", "--mute-audio", `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(base).hostname}`] });
let launched = null;
/** The browser of this story, started when it is first needed. */
export const browser = () => (launched ??= launch());
/** The browser of somebody else on this host, with a home inside of this one's, where a story has a host of its own. */
export async function browserOf(name) {
    const home = path.join(os.homedir(), name);
    fs.mkdirSync(home);
    return launch({ home });
}
const others = [];
/** A browser whose camera sees the film in the file `camera`, whatever is in it when the camera is opened. */
async function withCamera(camera) {
    others.push(await launch({ camera }));
    return others.at(-1);
}

/** A browser context of its own. `told` collects what the policy refuses, errors of the page and requests to other hosts. */
export async function visitor({ camera, ...options } = {}) {
    const context = await (camera ? await withCamera(camera) : await browser()).newContext({ baseURL: base, locale: "en-US", viewport: { width: 1200, height: 800 }, acceptDownloads: true, reducedMotion: "reduce", serviceWorkers: "block",
        permissions: ["clipboard-read", "clipboard-write", "notifications"], ...options });
    context.setDefaultTimeout(PATIENCE);
    const told = [];
    everybody.push(told);
    // Listened to, and not routed: a browser whose requests are routed has no cache of its own, as nobody's has.
    context.on("request", (request) => {
        const to = new URL(request.url());
        if (/^(https?|wss?):$/.test(to.protocol) && to.host !== new URL(base).host) told.push(`a request to ${to}`);
    });
    const watched = (page) => {
        page.on("console", (message) => {
            if (/Content Security Policy|Refused to/.test(message.text())) told.push(message.text());
            if (/cannot be drawn/.test(message.text())) told.push(message.text().slice(0, 600));
            if (process.env.PEYK_WEB_VERBOSE) console.error(`[${message.type()}] ${message.text()}`);
        });
        page.on("pageerror", (error) => told.push(`error: ${error.stack ?? error}`.slice(0, 500)));
    };
    context.on("page", watched);
    const page = await context.newPage();
    return { context, page, told, name: "", async shot(kind) { await page.screenshot({ path: path.join(shots, `${kind}.png`) }); } };
}

export const unique = (name) => `${name}-${Math.random().toString(36).slice(2, 8)}`;

/** The first minute: from the address to the list. Gives the recovery key. */
export async function firstMinute(who, name, address = "/") {
    const { page } = who;
    who.name = name;
    await page.goto(address);
    if (!address.startsWith("/i/")) await page.getByRole("button", { name: /^(Make an account|ساختن حساب)$/ }).click();
    await page.locator("input[name=name]").fill(name);
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.locator("form button[type=submit]").click();
    who.recoveryKey = (await page.locator(".key-box").textContent()).trim();
    await page.locator(".card .check input").check();
    await page.locator(".card > .button.primary").click();
    await page.locator(".list").waitFor();
    return who.recoveryKey;
}

export async function signIn(who, name, password = PASSWORD) {
    const { page } = who;
    who.name = name;
    await page.goto("/");
    await page.locator("input[name=name]").fill(name);
    await page.locator("input[name=password]").fill(password);
    await page.locator("form button[type=submit]").click();
}

export const message = (page, text) => page.locator(".conversation > .timeline-frame .message", { hasText: text }).last();
export async function write(page, text, where = ".conversation > .composer") {
    await page.locator(`${where} textarea`).fill(text);
    await page.locator(`${where} textarea`).press("Enter");
}
/** It is in the conversation and at the server: nothing of it waits. */
export async function sent(page, text) {
    await page.locator(".timeline .message.mine:not(.waiting-message)", { hasText: text }).last().waitFor();
}
export async function menu(page, text, entry) {
    await message(page, text).and(page.locator(":not(.waiting-message)")).locator(".bubble").click({ button: "right", position: { x: 12, y: 10 } });
    await page.getByRole("menuitem", { name: entry, exact: true }).click();
}
export const openRoom = (page, name) => page.locator(".room-row", { hasText: name }).first().click();

export async function until(what, about, patience = PATIENCE) {
    const end = Date.now() + patience;
    for (;;) {
        const value = await what();
        if (value) return value;
        check(Date.now() < end, about);
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

export async function api(method, address, body, token) {
    const answer = await fetch(backend + address, { method, body: body && JSON.stringify(body),
        headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) } });
    return [answer.status, await answer.json().catch(() => ({}))];
}
/** An account without a client, for what others do. */
export const account = (name) => ask({ do: "account", name });
export const session = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("peyk.session")));

/** A picture to send, as PNG. */
export async function mountains(page) {
    return Buffer.from(await page.evaluate(() => {
        const canvas = document.createElement("canvas");
        canvas.width = 640; canvas.height = 320;
        const c = canvas.getContext("2d");
        const g = c.createLinearGradient(0, 0, 640, 320);
        g.addColorStop(0, "#f6b26b"); g.addColorStop(.5, "#e06666"); g.addColorStop(1, "#674ea7");
        c.fillStyle = g; c.fillRect(0, 0, 640, 320);
        c.fillStyle = "#fff8"; c.beginPath(); c.arc(460, 95, 48, 0, 7); c.fill();
        c.fillStyle = "#2b1b3d"; c.beginPath(); c.moveTo(0, 320); c.lineTo(180, 170); c.lineTo(330, 265); c.lineTo(480, 190); c.lineTo(640, 320); c.fill();
        return canvas.toDataURL("image/png").split(",")[1];
    }), "base64");
}

/** Nothing is wider than the page, and nothing is cut that should not be. */
export async function fits(page, about) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `${about}: ${wide} px too wide`);
}

let broken = false, failed = false;
/** A step of a story. What follows a step that went wrong is not tried, and counts as wrong too. */
export async function step(name, run) {
    if (process.env.ONLY && !name.includes(process.env.ONLY)) return;
    let wrong = broken ? "not reached" : null;
    const began = Date.now();
    if (!broken) {
        try {
            await run();
        } catch (error) {
            wrong = String(error.message ?? error).split("\n").slice(0, 8).join(" | ");
            const told = everybody.flat();
            if (told.length) wrong += ` || the page: ${told.slice(-3).join(" | ")}`;
            broken = !process.env.PEYK_WEB_GO_ON; // to see as much as possible of a run, by hand
            failed = true;
            for (const [n, page] of [await launched, ...others].flatMap((one) => one?.contexts() ?? []).flatMap((one) => one.pages()).entries()) await page.screenshot({ path: path.join(shots, `failed-${n}.png`), timeout: 5000 }).catch(() => {});
        }
    }
    console.log(JSON.stringify({ name, wrong, seconds: (Date.now() - began) / 1000 }));
}
/** What a story measures: told, and held to its limit by the step itself. */
export const figure = (name, value) => console.log(JSON.stringify({ figure: name, value }));
export async function end() {
    await (await launched)?.close();
    for (const one of others) await one.close();
    origin.close();
    process.exit(failed ? 1 : 0);
}
export function quiet(...people) {
    for (const who of people) check(who.told.length === 0, `${who.name}: ${who.told.slice(0, 3).join(" | ")}`);
}
