// What a load costs, how soon the list is there, and what scrolling does to frames.
import { api, ask, base, check, end, figure, firstMinute, origin, quiet, signIn, SLOWNESS, step, unique, until, visitor } from "./lib.mjs";

const ROOMS = Number(process.env.PEYK_WEB_ROOMS ?? 300);
const name = unique("many");
const ada = await visitor({ serviceWorkers: "allow" });

await step("The first load transfers at most 3.5 MB, the second comes from the browser's own store", async () => {
    const { token } = await ask({ do: "invitation" });
    await firstMinute(ada, unique("ada"), `/i/${token}`);
    await until(() => ada.page.evaluate(() => navigator.serviceWorker.ready.then((worker) => worker.active?.state === "activated")), "no service worker");
    const first = origin.sent.bytes;
    figure("first load, bytes transferred", first);
    check(first > 500000 && first <= 3500000, `${first} bytes`);
    await ada.page.reload();
    await ada.page.locator(".list").waitFor();
    const second = origin.sent.bytes - first;
    figure("second load, bytes transferred", second);
    check(second < 5000, `${second} bytes were fetched again`);
    quiet(ada);
});
await step(`The list of ${ROOMS} rooms is there in 1.5 s`, async () => {
    const many = await visitor();
    await ask({ do: "rooms", name, count: ROOMS });
    await signIn(many, name);
    await many.page.locator(".key-box").waitFor();
    await many.page.locator(".card .check input").check();
    await many.page.locator(".card > .button.primary").click();
    await many.page.locator(".room-row").first().waitFor();
    const times = [];
    for (let n = 0; n < 3; n++) {
        await many.page.reload();
        times.push(await many.page.evaluate((rooms) => new Promise((resolve) => {
            const look = () => {
                const list = document.querySelector(".rooms");
                // The list is as high as all of its rows, of which those in view are made.
                if (list && list.querySelector(".room-row") && list.getBoundingClientRect().height >= rooms * 72) resolve(performance.now());
                else requestAnimationFrame(look);
            };
            look();
        }), ROOMS));
    }
    const best = Math.min(...times);
    figure(`list of ${ROOMS} rooms after a reload, ms`, times.map(Math.round));
    await many.shot("many-rooms");
    check(best <= 1500 * SLOWNESS, `${times}`);
    check(await many.page.locator(".room-row").count() < 60, "the list is not bounded");
    quiet(many);
    await many.context.close();
});
await step("Scrolling through a long room keeps the page bounded", async () => {
    const reader = await visitor(), writer = await ask({ do: "account", name: unique("writer") });
    const readerName = unique("reader"), own = await ask({ do: "account", name: readerName });
    const [, { room_id: room }] = await api("POST", "/_matrix/client/v3/createRoom", { preset: "public_chat", name: "Long" }, writer.token);
    await api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {}, own.token);
    await ask({ do: "messages", token: writer.token, room, count: 800 });
    await signIn(reader, readerName);
    await reader.page.locator(".card .check input").check();
    await reader.page.locator(".card > .button.primary").click();
    await reader.page.goto(`/#/room/${encodeURIComponent(room)}`);
    await reader.page.locator(".message", { hasText: "message 799" }).waitFor();
    await reader.page.evaluate(() => {
        window.frames_ = [];
        let last = performance.now();
        const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
        requestAnimationFrame(tick);
    });
    await until(async () => {
        await reader.page.locator(".timeline").hover();
        await reader.page.mouse.wheel(0, -1400);
        return await reader.page.locator(".message", { hasText: /^.*message 20 / }).count() > 0;
    }, "the beginning does not come");
    const nodes = await reader.page.locator(".timeline .message").count();
    const frames = (await reader.page.evaluate(() => window.frames_)).sort((a, b) => a - b);
    figure("messages on the page after scrolling 780 back", nodes);
    figure("frames while scrolling: median, 99 %, longest, ms", [frames[frames.length >> 1], frames[Math.floor(frames.length * 0.99)], frames.at(-1)].map(Math.round));
    check(nodes <= 260, `${nodes} messages are on the page`);
    await reader.page.getByRole("button", { name: "To the newest message" }).click();
    await reader.page.locator(".message", { hasText: "message 799" }).waitFor();
    quiet(reader);
    await reader.context.close();
});
await step("The page speaks to nobody but its own origin", async () => check(ada.told.length === 0 && base.startsWith("http://localhost"), ada.told.join()));
await end();
