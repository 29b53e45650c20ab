// Five thousand received messages leave the heap as large as before, within a tenth. Slow: run by its name.
import { api, ask, check, end, figure, quiet, signIn, step, unique, until, visitor } from "./lib.mjs";

const COUNT = Number(process.env.PEYK_WEB_MESSAGES ?? 5000), WARM = 600;
const reader = await visitor();

await step(`${COUNT} received messages do not make the heap grow by more than a tenth`, async () => {
    const name = unique("reader"), own = await ask({ do: "account", name }), writer = await ask({ do: "account", name: unique("writer") });
    const [, { room_id: room }] = await api("POST", "/_matrix/client/v3/createRoom", { preset: "public_chat", name: "Busy" }, writer.token);
    await api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {}, own.token);
    await signIn(reader, name);
    await reader.page.locator(".card .check input").check();
    await reader.page.locator(".card > .button.primary").click();
    await reader.page.goto(`/#/room/${encodeURIComponent(room)}`);
    await reader.page.getByLabel("Message", { exact: true }).waitFor();
    const cdp = await reader.context.newCDPSession(reader.page);
    const heap = async () => {
        for (let n = 0; n < 4; n++) await cdp.send("HeapProfiler.collectGarbage");
        return (await cdp.send("Runtime.getHeapUsage")).usedSize;
    };
    const receive = async (count, word) => {
        await ask({ do: "messages", token: writer.token, room, count, word });
        await reader.page.locator(".message", { hasText: `${word} ${count - 1} ` }).waitFor();
        await reader.page.waitForTimeout(1500);
    };
    await receive(WARM, "warm");
    const before = await heap();
    for (let n = 0; n < COUNT / 1000; n++) await receive(1000, `part${n}x`);
    const after = await heap();
    figure("heap before and after, bytes", [before, after]);
    check(after <= before * 1.1, `from ${before} to ${after}`);
    check(await until(() => reader.page.locator(".timeline .message").count(), "nothing") <= 260, "the page grew");
    quiet(reader);
});
await end();
