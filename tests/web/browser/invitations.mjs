// Doors into a room: links that a member makes, for people with and without an account, and what is said of links that are
// used, taken back or expired.
import fs from "node:fs";
import { ask, check, end, firstMinute, message, openRoom, PASSWORD, quiet, sent, session, step, unique, until, visitor, write } from "./lib.mjs";

const ada = await visitor(), ben = await visitor(), cleo = await visitor();
const side = (page) => page.locator(".side");
const links = [];

/** Ada makes a link into her room, and closes what shows it. */
async function link() {
    await side(ada.page).getByRole("button", { name: "Invitation link" }).click();
    const dialog = ada.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Make a link" }).click();
    await dialog.locator(".key-box", { hasText: "/i/" }).waitFor();
    const made = new URL((await dialog.locator(".key-box").textContent()).trim()).pathname;
    check(await dialog.locator("svg.qr path").count() === 1, "there is no code for cameras");
    await ada.shot("room-link");
    await dialog.getByRole("button", { name: "Close" }).click();
    links.push(made);
    return made;
}
const said = async (address, text) => {
    const late = await visitor();
    await late.page.goto(address);
    await late.page.getByText("This invitation cannot be used").waitFor();
    await late.page.getByText(text).waitFor();
    quiet(late);
    await late.context.close();
};

await step("Ada makes a group, and a link into it", async () => {
    await firstMinute(ada, unique("ada"), `/i/${(await ask({ do: "invitation" })).token}`);
    await ada.page.getByRole("button", { name: "New conversation" }).first().click();
    await ada.page.getByRole("dialog").getByRole("button", { name: /^Group/ }).click();
    await ada.page.getByLabel("Name", { exact: true }).fill("Garden");
    await ada.page.getByRole("button", { name: "Create" }).click();
    await write(ada.page, "the gate is open");
    await sent(ada.page, "the gate is open");
    await ada.page.locator(".bar-title").click();
    await link();
});
await step("Ben has no account: the link tells where it leads, he saves his recovery key, and lands in the room", async () => {
    await ben.page.goto(links[0]);
    await ben.page.getByText("You are invited to").getByText("Garden").waitFor();
    await ben.shot("invited");
    await ben.page.locator("input[name=name]").fill(unique("ben"));
    await ben.page.locator("input[name=password]").fill(PASSWORD);
    await ben.page.locator("form button[type=submit]").click();
    const key = (await ben.page.locator(".key-box").textContent()).trim();
    check((await ben.page.locator(".lead").innerText()).split(/[.:] /).length >= 2, "what the key is for is not explained");
    check(await ben.page.getByRole("button", { name: "Continue" }).isDisabled(), "one goes on without having kept the key");
    const [saved] = await Promise.all([ben.page.waitForEvent("download"), ben.page.getByRole("button", { name: "Download" }).click()]);
    check(/^peyk-recovery-key-.*\.txt$/.test(saved.suggestedFilename()) && fs.readFileSync(await saved.path(), "utf8").includes(key), saved.suggestedFilename());
    await ben.page.getByRole("button", { name: "Continue" }).click();
    await ben.page.locator(".bar h1", { hasText: "Garden" }).waitFor();
    check(new URL(ben.page.url()).pathname === "/", "the invitation stays in the address");
    await write(ben.page, "I am in");
    await message(ada.page, "I am in").waitFor();
    await write(ada.page, "welcome, Ben");
    await message(ben.page, "welcome, Ben").waitFor();
    quiet(ben);
});
await step("Cleo has an account and is signed in: the link leads her into the room", async () => {
    await firstMinute(cleo, unique("cleo"), `/i/${(await ask({ do: "invitation" })).token}`);
    await cleo.page.goto(await link());
    await cleo.page.locator(".bar h1", { hasText: "Garden" }).waitFor();
    await write(cleo.page, "I came over the wall");
    await message(ben.page, "I came over the wall").waitFor();
    quiet(cleo);
});
await step("Ada takes a link back; used, taken back and expired links say which they are", async () => {
    const third = await link();
    await side(ada.page).getByRole("button", { name: "Invitation link" }).click();
    const row = ada.page.getByRole("dialog").locator(".facts li");
    await until(async () => await row.count() === 1, "the used ones are still offered");
    await ada.shot("room-links");
    await row.getByRole("button", { name: "Take back" }).click();
    await until(async () => await row.count() === 0, "it is still offered");
    await ada.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await said(links[0], "It was used already");
    await said(third, "It was taken back");
    const { token } = await ask({ do: "invitation", lifetime: 2 });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await said(`/i/${token}`, "It has expired");
    await said("/i/ABCDEFGHIJKLMNOPQRSTUVWX", "It is not known here");
});
await step("A person is found by their link", async () => {
    const { userId } = await session(ben.page);
    await ada.page.goto(`/#/user/${encodeURIComponent(userId)}`);
    await ada.page.getByRole("dialog").getByText(userId).waitFor();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Write" }).click();
    await write(ada.page, "found by your link");
    await sent(ada.page, "found by your link");
    await openRoom(ben.page, ada.name);
    await ben.page.getByRole("button", { name: "Accept" }).click();
    await message(ben.page, "found by your link").waitFor();
});
await step("No request went to another host, and the policy refused nothing", async () => quiet(ada, ben, cleo));
await end();
