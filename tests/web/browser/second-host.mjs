// The first minute from another host: over a cable, by HTTPS with the authority that `peyk init` made, and with no other network.
import { ask, backend, browserOf, check, end, firstMinute, message, openRoom, quiet, sent, step, visitor, write } from "./lib.mjs";

let ada, ben;

await step("A browser that does not know the authority opens nothing", async () => {
    const stranger = await browserOf("stranger");
    const page = await stranger.newPage();
    const why = await page.goto(backend).then(() => "it opened", (error) => String(error));
    check(/ERR_CERT_AUTHORITY_INVALID/.test(why), why);
    await stranger.close();
});
await step("The authority comes over the network, with the fingerprint that was printed, and is installed", async () => ask({ do: "trust" }));
await step("The printed link makes the first account, over HTTPS and with no warning", async () => {
    const { invitation } = await ask({ do: "link" });
    ada = await visitor({ serviceWorkers: "allow" });
    await firstMinute(ada, "ada", invitation);
    const where = await ada.page.evaluate(async () => ({ secure: isSecureContext, address: location.origin, worker: (await navigator.serviceWorker.ready).active !== null }));
    check(where.secure && where.address === backend && where.worker, JSON.stringify(where));
    const cdp = await ada.context.newCDPSession(ada.page);
    const { installabilityErrors: wrong } = await cdp.send("Page.getInstallabilityErrors");
    check(wrong.every(({ errorId }) => errorId === "in-incognito"), `it cannot be installed: ${JSON.stringify(wrong)}`);
});
await step("The first person is the administrator: she makes an invitation, and another comes by it", async () => {
    await ada.page.goto("/#/admin/invitations");
    await ada.page.getByRole("button", { name: "Make a link" }).click();
    const link = new URL((await ada.page.locator(".dialog .key-box").textContent()).trim());
    check(link.origin === backend, link.href);
    await ada.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    ben = await visitor();
    await firstMinute(ben, "ben", link.pathname);
});
await step("They write to each other, encrypted", async () => {
    await ada.page.getByRole("button", { name: "New conversation" }).first().click();
    await ada.page.getByRole("button", { name: /With a person/ }).click();
    await ada.page.getByLabel("Person", { exact: true }).fill("ben");
    await ada.page.getByRole("button", { name: "Begin" }).click();
    await ada.page.getByLabel("Message", { exact: true }).waitFor();
    await write(ada.page, "From one village to the next");
    await sent(ada.page, "From one village");
    await openRoom(ben.page, "ada");
    await ben.page.getByRole("button", { name: "Accept" }).click();
    await message(ben.page, "From one village").waitFor();
    await write(ben.page, "It arrived");
    await message(ada.page, "It arrived").waitFor();
    check(await ada.page.locator(".bar .open-mark, .message .open-mark").count() === 0, "something is marked as open");
});
await step("No request went to another host, and the policy refused nothing", async () => quiet(ada, ben));
await end();
