// Groups and channels, roles, pinned, search, dates, blocking and reporting, and the administrator's corner.
import { ask, check, end, firstMinute, menu, message, openRoom, quiet, sent, signIn, step, unique, until, visitor, write } from "./lib.mjs";

const ada = await visitor(), ben = await visitor(), root = await visitor();
const adaName = unique("ada"), benName = unique("ben");
const side = (page) => page.locator(".side");

await step("An administrator makes an invitation; it works once, and one that was taken back does not", async () => {
    const admin = await ask({ do: "admin" });
    await signIn(root, admin.name);
    await root.page.locator(".card .check input").check();
    await root.page.locator(".card > .button.primary").click();
    await root.page.goto("/#/admin/invitations");
    await root.page.getByRole("button", { name: "Make a link" }).click();
    const link = (await root.page.locator(".dialog .key-box").textContent()).trim();
    check(/\/i\/[A-Za-z0-9_-]+$/.test(link), link);
    await root.shot("admin-invitations");
    await root.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await firstMinute(ada, adaName, new URL(link).pathname);
    await root.page.getByRole("button", { name: "Make a link" }).click();
    const second = (await root.page.locator(".dialog .key-box").textContent()).trim();
    await root.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await root.page.locator(".facts li", { hasText: second.split("/").at(-1) }).getByRole("button", { name: "Take back" }).click();
    await until(async () => await root.page.locator(".facts li", { hasText: second.split("/").at(-1) }).getByRole("button", { name: "Show" }).count() === 0, "it is still offered");
    await ben.page.goto(new URL(second).pathname);
    await ben.page.getByText("This invitation cannot be used").waitFor();
    await firstMinute(ben, benName, `/i/${(await ask({ do: "invitation" })).token}`);
});
await step("Ada makes an encrypted group and invites Ben", async () => {
    await ada.page.getByRole("button", { name: "New conversation" }).first().click();
    await ada.page.getByRole("dialog").getByRole("button", { name: /^Group/ }).click();
    await ada.page.getByLabel("Name", { exact: true }).fill("Orchard");
    await ada.page.getByLabel("Invite", { exact: true }).fill(benName);
    await ada.page.getByRole("button", { name: "Create" }).click();
    await ada.page.locator(".composer textarea").waitFor();
    await openRoom(ben.page, "Orchard");
    await ben.page.getByRole("button", { name: "Accept" }).click();
    await ben.page.locator(".composer textarea").waitFor();
    await write(ben.page, "the pears are ripe");
    await message(ada.page, "the pears are ripe").waitFor();
    await write(ada.page, "then we meet on Sunday");
    await message(ben.page, "then we meet on Sunday").waitFor();
});
await step("A mention is completed, shown to whom it names, and counted", async () => {
    await ben.page.goto("/#/settings/profile");
    const box = ada.page.locator(".composer textarea");
    await box.pressSequentially(`@${benName.slice(0, 6)}`);
    await ada.page.locator(".mention-list li").first().waitFor();
    await box.press("Enter");
    await box.pressSequentially("bring a ladder");
    await box.press("Enter");
    await sent(ada.page, "bring a ladder");
    await ben.page.locator(".room-row", { hasText: "Orchard" }).locator(".badge", { hasText: "@" }).waitFor();
    await openRoom(ben.page, "Orchard");
    await message(ben.page, "bring a ladder").locator(".mention.mine").waitFor();
    await until(async () => await ben.page.locator(".room-row .badge").count() === 0, "it stays unread");
});
await step("A message is pinned, found by searching, and reached by its date", async () => {
    await menu(ada.page, "then we meet on Sunday", "Pin");
    await ben.page.locator(".pinned-bar", { hasText: "then we meet on Sunday" }).waitFor();
    await ben.page.getByRole("button", { name: "Search here" }).click();
    await side(ben.page).getByLabel("Search here").fill("PEARS");
    await side(ben.page).locator(".results button", { hasText: "the pears are ripe" }).click();
    await ben.page.locator(".message.found", { hasText: "the pears are ripe" }).waitFor();
    check(/comes later/.test(await side(ben.page).innerText()), "the limit of the search is not told");
    await side(ben.page).getByRole("button", { name: "Close" }).click();
    await ben.page.getByRole("button", { name: "Go to a date" }).click();
    await ben.page.locator(".calendar .days button:not(:disabled)").last().click();
    await ben.page.locator(".calendar").waitFor({ state: "detached" });
});
await step("Ada makes it a channel: Ben reads only; with a role he writes again", async () => {
    await ada.page.locator(".bar-title").click();
    await side(ada.page).getByRole("button", { name: "Settings of the room" }).click();
    await side(ada.page).getByLabel("Only administrators write").check();
    await side(ada.page).getByRole("button", { name: "Save" }).click();
    await ben.page.getByText("Only administrators write here").waitFor();
    await side(ada.page).getByRole("button", { name: "2 members" }).click();
    await side(ada.page).locator(".people button", { hasText: benName }).click();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Moderator" }).click();
    await ben.page.locator(".composer textarea").waitFor();
});
await step("Muted and kept at the top, from the list", async () => {
    await ben.page.locator(".room-row", { hasText: "Orchard" }).click({ button: "right" });
    await ben.page.getByRole("menuitem", { name: "Mute" }).click();
    await ben.page.locator(".room-row .muted-mark").waitFor();
    await ben.page.locator(".room-row", { hasText: "Orchard" }).click({ button: "right" });
    await ben.page.getByRole("menuitem", { name: "Keep at the top" }).click();
    await ben.page.locator(".room-row .fav-mark").waitFor();
});
await step("Ben reports a message and blocks; the administrator sees the report", async () => {
    await menu(ben.page, "then we meet on Sunday", "Report");
    await ben.page.getByLabel("Reason").fill("a test of reports");
    await ben.page.getByLabel("Block this person too").check();
    await ben.page.getByRole("dialog").getByRole("button", { name: "Report" }).click();
    await until(async () => await ben.page.locator(".message", { hasText: "then we meet on Sunday" }).count() === 0, "a blocked person is still read");
    await root.page.goto("/#/admin/reports");
    await root.page.locator(".facts li", { hasText: "a test of reports" }).waitFor();
    await root.shot("admin-reports");
    await root.page.getByRole("button", { name: "Done with it" }).click();
    await root.page.getByText("No reports").waitFor();
});
await step("Ada removes Ben, and he is told", async () => {
    await side(ada.page).locator(".people button", { hasText: benName }).click();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await until(async () => await ben.page.locator(".room-row", { hasText: "Orchard" }).count() === 0, "it is still in his list");
});
await step("No request went to another host, and the policy refused nothing", async () => quiet(ada, ben, root));
await end();
