// Two people in two browsers, from the first minute to a second device.
import fs from "node:fs";
import { PASSWORD, api, ask, check, end, firstMinute, menu, message, mountains, openRoom, quiet, sent, session, signIn, step, unique, until, visitor, write } from "./lib.mjs";

const ada = await visitor(), ben = await visitor();
const adaName = unique("ada"), benName = unique("ben");
let phone, picture;

await step("Ada comes with an invitation and lands in the list; the link is used up then", async () => {
    const { token } = await ask({ do: "invitation" });
    await firstMinute(ada, adaName, `/i/${token}`);
    await ada.shot("empty-list");
    const late = await visitor();
    await late.page.goto(`/i/${token}`);
    await late.page.getByText("This invitation cannot be used").waitFor();
    await late.shot("invitation-used");
    await late.context.close();
});
await step("The recovery key can be downloaded, and Ben has an account too", async () => {
    await firstMinute(ben, benName, `/i/${(await ask({ do: "invitation" })).token}`);
    check(/^(\w{4} ){11}\w{4}$/.test(ben.recoveryKey), ben.recoveryKey);
});
await step("Ada begins an encrypted conversation with Ben by his name", async () => {
    const { page } = ada;
    await page.getByRole("button", { name: "New conversation" }).first().click();
    await page.getByRole("button", { name: /With a person/ }).click();
    await page.getByLabel("Person", { exact: true }).fill("nobody-of-this-name");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText("Nobody here has this name").waitFor();
    await page.getByLabel("Person", { exact: true }).fill(benName);
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByLabel("Message", { exact: true }).waitFor();
    await write(page, "Salam Ben, can you read this?");
    await sent(page, "can you read this?");
});
await step("Ben accepts and reads; his answer comes back; both are encrypted on the server", async () => {
    await openRoom(ben.page, adaName);
    await ben.page.getByRole("button", { name: "Accept" }).click();
    await message(ben.page, "can you read this?").waitFor();
    await write(ben.page, "Yes, **loud** and clear");
    await message(ada.page, "Yes, loud and clear").waitFor();
    check(await message(ada.page, "Yes, loud and clear").locator("strong").textContent() === "loud", "Markdown is shown");
    const { token } = await session(ben.page);
    const room = decodeURIComponent(new URL(ben.page.url()).hash.split("/")[2]);
    const [, page] = await api("GET", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=50`, null, token);
    const types = page.chunk.map((event) => event.type);
    for (const { page } of [ada, ben]) await until(async () => await page.locator(".meta .warn").count() === 0, "there is a warning for which there is no reason");
    check(types.includes("m.room.encrypted") && !types.includes("m.room.message"), `the server has ${types}`);
});
await step("Ada sees that it was read, and that Ben is typing", async () => {
    await ada.page.locator(".message.mine .tick.read").first().waitFor();
    await ben.page.getByLabel("Message", { exact: true }).fill("thinking");
    await ada.page.locator(".bar small.live").waitFor();
    await ben.page.getByLabel("Message", { exact: true }).fill("");
});
await step("A picture is encrypted, sent with a caption, and opened by the other", async () => {
    picture = await mountains(ada.page);
    await ada.page.locator(".composer input[type=file]").setInputFiles({ name: "mountains.png", mimeType: "image/png", buffer: picture });
    await ada.page.getByLabel("Caption").fill("From the window");
    await ada.page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
    await sent(ada.page, "From the window");
    await message(ben.page, "From the window").locator(".picture[data-state=shown] img").waitFor();
    await message(ben.page, "From the window").locator(".picture").click();
    await ben.page.locator(".viewer img").waitFor();
    await ben.shot("viewer");
    await ben.page.keyboard.press("Escape");
    await ben.page.locator(".viewer").waitFor({ state: "detached" });
});
await step("A file is saved as it was sent, and a pasted picture is offered", async () => {
    await ben.page.locator(".composer input[type=file]").setInputFiles({ name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("bread\nsalt\n") });
    await ben.page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
    await message(ada.page, "list.txt").waitFor();
    const [saved] = await Promise.all([ada.page.waitForEvent("download"), message(ada.page, "list.txt").locator(".file").click()]);
    check(saved.suggestedFilename() === "list.txt" && fs.readFileSync(await saved.path(), "utf8") === "bread\nsalt\n", saved.suggestedFilename());
    await ada.page.evaluate((data) => {
        const file = new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], "pasted.png", { type: "image/png" });
        const transfer = new DataTransfer();
        transfer.items.add(file);
        document.querySelector(".composer textarea").dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
    }, picture.toString("base64"));
    await ada.page.getByRole("dialog").locator(".send-files img").waitFor();
    await ada.shot("send-picture");
    await ada.page.keyboard.press("Escape");
});
await step("A picture is dropped on the conversation; an upload shows how far it is, and is cancelled", async () => {
    const cdp = await ada.context.newCDPSession(ada.page);
    await cdp.send("Network.enable");
    await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 60_000 });
    await ada.page.evaluate(() => {
        const noise = new Uint8Array(900_000);
        for (let at = 0; at < noise.length; at += 60000) crypto.getRandomValues(noise.subarray(at, at + 60000));
        const transfer = new DataTransfer();
        transfer.items.add(new File([noise], "large.bin"));
        const place = document.querySelector(".conversation");
        place.dispatchEvent(new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        place.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    });
    await ada.page.getByRole("dialog").locator(".send-files", { hasText: "large.bin" }).waitFor();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
    const going = ada.page.locator(".waiting-message", { hasText: "large.bin" });
    await until(async () => { const part = await going.locator("progress").evaluate((one) => one.value).catch(() => 0); return part > 0 && part < 1; }, "no progress is shown");
    await ada.shot("upload");
    await going.getByRole("button", { name: "Cancel" }).click();
    await going.waitFor({ state: "detached" });
    await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await write(ada.page, "never mind that file");
    await message(ben.page, "never mind that file").waitFor();
    check(await ben.page.locator(".message", { hasText: "large.bin" }).count() === 0, "it was sent all the same");
});
await step("A video is sent encrypted, and plays where it arrives", async () => {
    const film = Buffer.from(await ada.page.evaluate(async () => {
        const canvas = document.createElement("canvas");
        canvas.width = 160; canvas.height = 120;
        const c = canvas.getContext("2d"), recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm" }), parts = [];
        recorder.ondataavailable = ({ data }) => parts.push(data);
        const over = new Promise((resolve) => { recorder.onstop = resolve; });
        recorder.start();
        for (let n = 0; n < 30; n++) {
            c.fillStyle = `hsl(${n * 12} 70% 50%)`;
            c.fillRect(0, 0, 160, 120);
            await new Promise((resolve) => setTimeout(resolve, 40));
        }
        recorder.stop();
        await over;
        const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
        return btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));
    }), "base64");
    await ada.page.locator(".composer input[type=file]").setInputFiles({ name: "colours.webm", mimeType: "video/webm", buffer: film });
    await ada.page.getByLabel("Caption").fill("All colours");
    await ada.page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
    await sent(ada.page, "All colours");
    await message(ben.page, "All colours").locator(".picture").click();
    const video = ben.page.locator(".viewer video");
    await video.waitFor();
    await until(() => video.evaluate((one) => one.readyState >= 2 && one.videoWidth === 160), "it does not play");
    await ben.page.keyboard.press("Escape");
    await ben.page.locator(".viewer").waitFor({ state: "detached" });
});
await step("A voice message is recorded, sent and played", async () => {
    await ben.page.getByRole("button", { name: "Record a voice message" }).click();
    await ben.page.locator(".recording [role=timer]", { hasText: /[1-9]$/ }).waitFor();
    await ben.page.locator(".recording .icon-button.send").click();
    await ada.page.locator(".message:not(.mine) .sound").waitFor();
    await ada.page.locator(".message:not(.mine) .sound button").click();
    await ada.page.locator(".message:not(.mine) .sound audio").waitFor({ state: "attached" });
});
await step("Reactions, one on top of the other, and one taken back", async () => {
    await message(ada.page, "loud and clear").locator(".bubble").click({ button: "right", position: { x: 12, y: 10 } });
    await ada.page.getByRole("button", { name: "React with ❤️" }).click();
    const heart = message(ben.page, "loud and clear").locator(".reaction", { hasText: "❤️" });
    await heart.waitFor();
    await heart.click();
    await message(ada.page, "loud and clear").locator(".reaction b", { hasText: "2" }).waitFor();
    await message(ada.page, "loud and clear").locator(".reaction").click();
    await message(ben.page, "loud and clear").locator(".reaction b", { hasText: "1" }).waitFor();
});
await step("A reply quotes, an edit shows as one, a deletion is gone for both", async () => {
    await menu(ben.page, "can you read this?", "Reply");
    await write(ben.page, "I answer that one");
    await message(ada.page, "I answer that one").locator(".quoted", { hasText: "can you read this?" }).waitFor();
    await menu(ben.page, "I answer that one", "Edit");
    await write(ben.page, "I answer this one");
    await message(ada.page, "I answer this one").locator(".meta", { hasText: "edited" }).waitFor();
    check(await ada.page.locator(".message", { hasText: "I answer that one" }).count() === 0, "the earlier words are gone");
    await write(ada.page, "said by mistake");
    await sent(ada.page, "said by mistake");
    await message(ben.page, "said by mistake").waitFor();
    await menu(ada.page, "said by mistake", "Delete for all");
    await ada.page.getByRole("dialog").getByRole("button", { name: "Delete for all" }).click();
    await message(ben.page, "Message deleted").waitFor();
    check(await ben.page.locator(".message", { hasText: "said by mistake" }).count() === 0, "Ben still reads it");
});
await step("A thread is written in beside the conversation, and counted in it", async () => {
    await menu(ada.page, "From the window", "Reply in thread");
    await write(ada.page, "Which window?", ".thread-panel .composer");
    await ada.page.locator(".thread-panel .message:not(.waiting-message)", { hasText: "Which window?" }).waitFor();
    await message(ben.page, "From the window").locator(".thread-chip", { hasText: "1 reply" }).click();
    await ben.page.locator(".thread-panel .message", { hasText: "Which window?" }).waitFor();
    await write(ben.page, "The one to the east", ".thread-panel .composer");
    await ada.page.locator(".thread-panel .message", { hasText: "The one to the east" }).waitFor();
    await message(ada.page, "From the window").locator(".thread-chip", { hasText: "2 replies" }).waitFor();
    check(await ada.page.locator(".conversation > .timeline-frame .message", { hasText: "The one to the east" }).count() === 0, "answers in a thread are not in the conversation");
    await ada.shot("thread");
    for (const { page } of [ada, ben]) await page.locator(".thread-panel").getByRole("button", { name: "Close" }).click();
});
await step("Ada and Ben verify each other by emoji", async () => {
    await ada.page.locator(".bar-title").click();
    await ada.page.locator(".side").getByRole("button", { name: "Person" }).click();
    await ada.page.getByRole("button", { name: "Verify each other" }).click();
    await ben.page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
    await ada.page.getByRole("button", { name: "Compare emoji" }).click();
    await ada.page.locator(".sas li").first().waitFor();
    await ben.page.locator(".sas li").first().waitFor();
    const seen = await Promise.all([ada, ben].map(({ page }) => page.locator(".sas small").allTextContents()));
    check(seen[0].length === 7 && seen[0].join() === seen[1].join(), JSON.stringify(seen));
    await ada.shot("verification");
    for (const { page } of [ada, ben]) await page.getByRole("button", { name: "They match" }).click();
    for (const { page } of [ada, ben]) await page.getByText(/have verified each other/).waitFor();
    for (const { page } of [ada, ben]) await page.getByRole("button", { name: "Done" }).click();
    await ada.page.locator(".side").getByRole("button", { name: "Close" }).click();
});
await step("The server is killed; what is written meanwhile waits, and is sent once when it is back", async () => {
    await ask({ do: "kill" });
    await write(ada.page, "written while the server was away");
    await write(ada.page, "and a second one");
    await ada.page.locator(".waiting-message", { hasText: "and a second one" }).waitFor();
    await until(async () => await ada.page.locator(".connection").count() > 0, "nothing tells of the lost connection");
    await ada.shot("offline");
    await ask({ do: "start" });
    await sent(ada.page, "and a second one");
    await message(ben.page, "and a second one").waitFor();
    for (const text of ["written while the server was away", "and a second one"])
        check(await ben.page.locator(".message", { hasText: text }).count() === 1, `"${text}" is there more than once`);
});
await step("Without a network words wait, outlive a reload of the page, and a draft does too", async () => {
    await ben.context.setOffline(true);
    await write(ben.page, "from under the bridge");
    await ben.page.locator(".waiting-message", { hasText: "from under the bridge" }).waitFor();
    await ben.page.getByLabel("Message", { exact: true }).fill("half a sentence");
    // What waits and what is half written outlive the page.
    await until(() => ben.page.evaluate(() => localStorage.getItem("peyk.outbox")?.includes("bridge") && Object.entries(localStorage).some(([name, value]) => name.startsWith("peyk.draft.") && value.includes("half a sentence"))), "they are not kept");
    await ben.context.setOffline(false);
    await message(ada.page, "from under the bridge").waitFor();
    await ben.page.reload();
    await message(ben.page, "from under the bridge").waitFor();
    check(await ben.page.getByLabel("Message", { exact: true }).inputValue() === "half a sentence", "the draft is lost");
    await ben.page.getByLabel("Message", { exact: true }).fill("");
});
await step("On a second device Ada reads everything after giving the recovery key", async () => {
    phone = await visitor({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
    await signIn(phone, `@${adaName}`, "a wrong password");
    await phone.page.getByText("The name or the password is wrong.").waitFor();
    check(await phone.page.locator("input[name=name]").inputValue() === `@${adaName}`, "what was typed is lost");
    await signIn(phone, `@${adaName}`);
    await phone.page.getByText("Confirm this device").first().waitFor();
    await phone.shot("phone-unconfirmed");
    await openRoom(phone.page, benName);
    await phone.page.locator(".unreadable").first().waitFor();
    await phone.page.locator(".unreadable .link").last().click();
    await phone.page.getByLabel("Recovery key").fill("EsTM Huzm h4KQ Z8xz 331Q K9r2 GPp6 GEJ4 KuMx Ucrh 282U rKcw");
    await phone.page.getByRole("button", { name: "Confirm with the key" }).click();
    await phone.page.getByText("This is not the recovery key of this account").waitFor();
    await phone.page.getByLabel("Recovery key").fill(ada.recoveryKey);
    await phone.page.getByRole("button", { name: "Confirm with the key" }).click();
    await message(phone.page, "can you read this?").waitFor();
    await until(async () => await phone.page.locator(".unreadable").count() === 0, "some messages stay closed");
    await message(phone.page, "From the window").scrollIntoViewIfNeeded();
    await message(phone.page, "From the window").locator(".picture[data-state=shown]").waitFor();
    await phone.shot("phone-conversation");
});
await step("Ada's first device lists the second as confirmed, and signs it out from afar", async () => {
    await ada.page.goto("/#/settings/sessions");
    const row = ada.page.locator(".facts li", { hasNotText: "This device" });
    await row.getByText("confirmed", { exact: false }).first().waitFor();
    await row.getByRole("button", { name: "Sign out" }).click();
    await ada.page.locator("input[name=confirm-password]").fill("not the password");
    await ada.page.getByRole("dialog").getByRole("button", { name: "Confirm" }).click();
    await ada.page.getByText("The name or the password is wrong.").waitFor();
    await row.getByRole("button", { name: "Sign out" }).click();
    await ada.page.locator("input[name=confirm-password]").fill(PASSWORD);
    await ada.page.getByRole("dialog").getByRole("button", { name: "Confirm" }).click();
    await phone.page.getByText("You were signed out").waitFor();
    check(await phone.page.evaluate(() => localStorage.getItem("peyk.session")) === null, "the session is still kept");
});
await step("A second device is confirmed by emoji from the first, and then reads too", async () => {
    const tablet = await visitor();
    await signIn(tablet, adaName);
    await tablet.page.locator(".trust-banner").click();
    await tablet.page.getByRole("button", { name: "Confirm with another device" }).click();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
    await tablet.page.getByRole("button", { name: "Compare emoji" }).click();
    for (const { page } of [ada, tablet]) await page.getByRole("button", { name: "They match" }).click();
    await tablet.page.getByText("The device is confirmed.").waitFor();
    await tablet.page.getByRole("button", { name: "Done" }).click();
    await ada.page.getByRole("button", { name: "Done" }).click();
    await openRoom(tablet.page, benName);
    await message(tablet.page, "can you read this?").waitFor();
    quiet(tablet);
    await tablet.context.close();
});
await step("Everything is wiped from a browser in one step", async () => {
    await ben.page.goto("/#/settings/security");
    await ben.page.getByRole("button", { name: "Wipe this browser" }).click();
    await ben.page.getByRole("button", { name: "Wipe now" }).click();
    await ben.page.waitForURL(/\?wiped/);
    await ben.page.locator("input[name=password]").waitFor();
    const left = await until(async () => {
        const all = await ben.page.evaluate(async () => ({ local: Object.keys(localStorage), databases: (await indexedDB.databases()).map((one) => one.name) }));
        return all.local.length + all.databases.length === 0 ? all : null;
    }, "something is left");
    check(left, "wiped");
});
await step("No request went to another host, and the policy refused nothing", async () => quiet(ada, ben, phone));
await end();
