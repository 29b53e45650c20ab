// What a load costs, and that neither a long list nor a long room makes the page large. Times are told, and judged by `speed`.
import { ask, base, check, end, figure, firstMinute, origin, quiet, step, unique, until, visitor } from "./lib.mjs";
import { list, scroll } from "./measures.mjs";

const ada = await visitor({ serviceWorkers: "allow" });
const active = (who) => until(() => who.page.evaluate(() => navigator.serviceWorker.ready.then((worker) => worker.active?.state === "activated")), "no service worker");
const invited = async () => `/i/${(await ask({ do: "invitation" })).token}`;
/** What was asked for since, of the files whose name says that they never change. */
const asked = (before) => Object.entries(origin.sent.files).filter(([name]) => /-[A-Z0-9]{8}\./.test(name))
    .map(([name, times]) => [name, times - (before[name] ?? 0)]).filter(([, times]) => times > 0);
const wasm = (files) => files.find(([name]) => name.endsWith(".wasm"))?.[1];

await step("The first load transfers at most 3.5 MB, the second comes from the browser's own store", async () => {
    await firstMinute(ada, unique("ada"), await invited());
    await active(ada);
    const first = origin.sent.bytes, files = asked({});
    figure("first load, bytes transferred", first);
    check(first > 500000 && first <= 3500000, `${first} bytes`);
    check(wasm(files) === 1 && files.every(([, times]) => times === 1), `more than once: ${JSON.stringify(files.filter(([, times]) => times !== 1))}`);
    await ada.page.reload();
    await ada.page.locator(".list").waitFor();
    const second = origin.sent.bytes - first;
    figure("second load, bytes transferred", second);
    check(second < 5000, `${second} bytes were fetched again`);
    quiet(ada);
});
for (const [about, cached, meanwhile] of [
    ["somebody who takes their time", true, active],
    ["somebody whose browser has no cache", false, () => {}],
    ["somebody slow without a cache", false, active]]) {
    await step(`The WebAssembly is downloaded once, by ${about} too`, async () => {
        const who = await visitor({ serviceWorkers: "allow" });
        if (!cached) await who.context.route("**/*", (route) => route.continue());
        const before = { ...origin.sent.files };
        await who.page.goto(await invited());
        await meanwhile(who);
        await firstMinute(who, unique("who"), await invited());
        await active(who);
        await who.page.reload();
        await who.page.locator(".list").waitFor();
        const files = asked(before);
        check(wasm(files) === 1, `${wasm(files)} times`);
        if (cached) check(files.every(([, times]) => times === 1), JSON.stringify(files));
        quiet(who);
        await who.context.close();
    });
}
await step("A list of three hundred rooms has a bounded number of rows", async () => {
    const { who } = await list(300, 3);
    check(await who.page.locator(".room-row").count() < 60, "the list is not bounded");
    await who.page.locator(".list-scroll").evaluate((one) => { one.scrollTop = one.scrollHeight; });
    await who.page.locator(".room-row", { hasText: "Room 000" }).waitFor();
    check(await who.page.locator(".room-row").count() < 60, "the list is not bounded");
    quiet(who);
    await who.context.close();
});
await step("Scrolling through a long room keeps the page bounded", async () => {
    const { who, most } = await scroll(800, 780);
    check(most <= 260, `${most} messages are on the page`);
    await who.page.getByRole("button", { name: "To the newest message" }).click();
    await who.page.locator(".message", { hasText: "message 799" }).waitFor();
    quiet(who);
    await who.context.close();
});
await step("The page speaks to nobody but its own origin", async () => check(ada.told.length === 0 && base.startsWith("http://localhost"), ada.told.join()));
await end();
