// A message from this client is read by matrix-nio with olm, and the reverse; neither was written here.
import { ask, check, end, firstMinute, message, quiet, sent, step, unique, until, visitor, write } from "./lib.mjs";

const ada = await visitor();
const nioName = unique("nio");
let room;

await step("Ada writes to somebody who uses matrix-nio", async () => {
    const { token } = await ask({ do: "invitation" });
    const nio = await ask({ do: "nio", command: "start", name: nioName });
    await firstMinute(ada, unique("ada"), `/i/${token}`);
    await ada.page.getByRole("button", { name: "New conversation" }).first().click();
    await ada.page.getByRole("button", { name: /With a person/ }).click();
    await ada.page.getByLabel("Person", { exact: true }).fill(nio.user);
    await ada.page.getByRole("button", { name: "Begin" }).click();
    await ada.page.getByLabel("Message", { exact: true }).waitFor();
    room = decodeURIComponent(new URL(ada.page.url()).hash.split("/")[2]);
    await ask({ do: "nio", command: "join", room });
    await ada.page.locator(".state-line", { hasText: "joined" }).last().waitFor();
    await write(ada.page, "Hello nio, from the browser");
    await sent(ada.page, "Hello nio");
});
await step("matrix-nio decrypts it", async () => {
    const read = await until(async () => {
        const { events } = await ask({ do: "nio", command: "events", room });
        return events.find((event) => event.content.body === "Hello nio, from the browser");
    }, "it does not come");
    check(read.encrypted && read.readable, JSON.stringify(read));
});
await step("The answer of matrix-nio is read in the browser, and nothing marks it as open", async () => {
    await ask({ do: "nio", command: "send", room, text: "Hello browser, from nio", txn: "n1" });
    await message(ada.page, "Hello browser, from nio").waitFor();
    check(await message(ada.page, "Hello browser, from nio").locator(".open-mark").count() === 0, "it is marked as not encrypted");
    quiet(ada);
});
await end();
