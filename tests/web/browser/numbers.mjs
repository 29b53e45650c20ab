// What a load costs, and that neither a long list nor a long room makes the page large. Times are told, and judged by `speed`.
import { ask, base, check, end, figure, firstMinute, origin, quiet, step, unique, until, visitor } from "./lib.mjs";
import { list, scroll } from "./measures.mjs";

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
