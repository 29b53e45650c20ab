// What is measured of lists and long rooms: by `numbers` with a few, in every run; by `speed` with many, held to its goals.
import { api, ask, browser, figure, signIn, unique, until, visitor } from "./lib.mjs";

async function arrive(who, name) {
    await signIn(who, name);
    await who.page.locator(".card .check input").check();
    await who.page.locator(".card > .button.primary").click();
    await who.page.locator(".list").waitFor();
}

/** How soon after a reload the list stands there with its first rows, and with all of them; several times, in milliseconds. */
export async function list(rooms, times) {
    const name = unique("many"), who = await visitor();
    await ask({ do: "rooms", name, count: rooms });
    await arrive(who, name);
    await who.page.locator(".room-row").first().waitFor();
    await who.page.addInitScript((count) => {
        window.seen_ = new Promise((resolve) => {
            let first = 0;
            const look = (now) => {
                // The list is as high as all of its rows, of which those in view are made.
                const rows = document.querySelector(".rooms");
                if (!first && rows?.querySelector(".room-row")) first = now;
                if (first && rows?.getBoundingClientRect().height >= count * 72) resolve([first, now].map(Math.round));
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        });
    }, rooms);
    const seen = [];
    for (let n = 0; n < times; n++) {
        await who.page.reload();
        seen.push(await who.page.evaluate(() => window.seen_));
    }
    figure(`list of ${rooms} rooms after a reload: first rows and all rows, ms`, seen);
    return { who, seen };
}

/** The tasks of the page's thread, shortest first, in milliseconds of its processor time: a busy machine
    stretches these less than it does frames. */
function tasksOf({ traceEvents }) {
    const main = new Set(traceEvents.filter((one) => one.name === "thread_name" && one.args.name === "CrRendererMain").map((one) => `${one.pid}.${one.tid}`));
    return traceEvents.filter((one) => one.ph === "X" && /RunTask$/.test(one.name) && main.has(`${one.pid}.${one.tid}`))
        .map((one) => (one.tdur ?? 0) / 1000).sort((a, b) => a - b);
}

/** Scrolls back over `back` of a room's `count` messages; gives the frames' lengths meanwhile, in order, in milliseconds. */
export async function scroll(count, back) {
    const who = await visitor(), writer = await ask({ do: "account", name: unique("writer") });
    const name = unique("reader"), own = await ask({ do: "account", name });
    const [, { room_id: room }] = await api("POST", "/_matrix/client/v3/createRoom", { preset: "public_chat", name: "Long" }, writer.token);
    await api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {}, own.token);
    await ask({ do: "messages", token: writer.token, room, count });
    await arrive(who, name);
    await who.page.goto(`/#/room/${encodeURIComponent(room)}`);
    await who.page.locator(".message", { hasText: `message ${count - 1} ` }).waitFor();
    await who.page.evaluate(() => {
        window.frames_ = [];
        let last = performance.now();
        const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
        requestAnimationFrame(tick);
    });
    await (await browser()).startTracing(who.page, { categories: ["toplevel"] });
    await who.page.locator(".timeline").hover();
    let most = 0;
    await until(async () => {
        for (let n = 0; n < 10; n++) await who.page.mouse.wheel(0, -400);
        const [first, here] = await who.page.evaluate(() => {
            const all = document.querySelectorAll(".timeline .message");
            return [Number(/message (\d+) /.exec(all[0]?.textContent ?? "")?.[1] ?? Infinity), all.length];
        });
        most = Math.max(most, here);
        return first <= Math.max(0, count - back);
    }, "the beginning does not come", 1800000);
    const tasks = tasksOf(JSON.parse((await (await browser()).stopTracing()).toString()));
    const frames = (await who.page.evaluate(() => window.frames_)).sort((a, b) => a - b);
    const of = (part) => Math.round(frames[Math.min(frames.length - 1, Math.floor(frames.length * part))]);
    figure(`frames while scrolling over ${back} of ${count} messages: how many, median, 99 %, longest, ms`, [frames.length, of(0.5), of(0.99), of(1)]);
    figure("processor time of the page's thread meanwhile: tasks, longest task, ms", [tasks.length, Math.round(tasks.at(-1))]);
    figure("messages on the page meanwhile, at most", most);
    return { who, frames, tasks, most };
}
