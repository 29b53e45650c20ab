// Codes read by a camera: a person is found by theirs, two people verify each other, and a second device is confirmed. Ada's camera
// sees a film that is made of what stands on the other's screen.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ask, browser, check, end, firstMinute, message, openRoom, quiet, sent, signIn, step, unique, until, visitor, write } from "./lib.mjs";

const film = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "peyk-camera-")), "seen.y4m");
const WIDTH = 640, HEIGHT = 480;

/** Holds the screen in front of the camera: a film of two frames, in which the screen stands a little aside on a grey wall. */
async function show(page) {
    const screen = (await page.screenshot()).toString("base64");
    const workshop = await (await browser()).newPage();
    const luma = await workshop.evaluate(async ([screen, width, height]) => {
        const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(screen), (c) => c.charCodeAt(0))], { type: "image/png" }));
        const canvas = new OffscreenCanvas(width, height), c = canvas.getContext("2d");
        c.fillStyle = "#777";
        c.fillRect(0, 0, width, height);
        c.translate(width / 2, height / 2);
        c.rotate(0.05);
        const scale = Math.min(width / picture.width, height / picture.height) * 0.98;
        c.drawImage(picture, -picture.width * scale / 2, -picture.height * scale / 2, picture.width * scale, picture.height * scale);
        const { data } = c.getImageData(0, 0, width, height);
        let text = "";
        for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(16 + Math.round((data[at] * 0.299 + data[at + 1] * 0.587 + data[at + 2] * 0.114) * 219 / 255));
        return btoa(text);
    }, [screen, WIDTH, HEIGHT]);
    await workshop.close();
    const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(luma, "base64"), Buffer.alloc(WIDTH * HEIGHT / 2, 128)]);
    fs.writeFileSync(film, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`), frame, frame]));
}

const phone = { viewport: { width: 400, height: 560 } };
fs.writeFileSync(film, `YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
const ada = await visitor({ camera: film }), ben = await visitor(phone);
const adaName = unique("ada"), benName = unique("ben");

await step("Ada finds Ben by the code on his telephone", async () => {
    for (const [who, name] of [[ada, adaName], [ben, benName]]) await firstMinute(who, name, `/i/${(await ask({ do: "invitation" })).token}`);
    await ben.page.getByRole("button", { name: "Menu", exact: true }).click();
    await ben.page.getByRole("menuitem", { name: "My code and link" }).click();
    await ben.page.locator(".dialog svg.qr").waitFor();
    await show(ben.page);
    await ada.page.getByRole("button", { name: "New conversation" }).first().click();
    await ada.page.getByRole("button", { name: /With a person/ }).click();
    await ada.page.getByRole("button", { name: "Scan a code" }).click();
    await ada.page.locator(".scanner").waitFor({ state: "detached" });
    const read = await ada.page.getByLabel("Person", { exact: true }).inputValue();
    check(read.endsWith(`#/user/${encodeURIComponent(`@${benName}:localhost`)}`), read);
    await ada.page.getByRole("button", { name: "Begin" }).click();
    await ada.page.getByLabel("Message", { exact: true }).waitFor();
    await write(ada.page, "found you by your code");
    await sent(ada.page, "found you by your code");
    await ben.page.keyboard.press("Escape");
    await openRoom(ben.page, adaName);
    await ben.page.getByRole("button", { name: "Accept" }).click();
    await message(ben.page, "found you by your code").waitFor();
});
await step("They verify each other: Ada's camera reads what Ben's telephone shows", async () => {
    await ada.page.locator(".bar-title").click();
    await ada.page.locator(".side").getByRole("button", { name: "Person" }).click();
    await ada.page.getByRole("button", { name: "Verify each other" }).click();
    await ben.page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
    await ben.page.locator(".dialog svg.qr").waitFor();
    await show(ben.page);
    await ada.page.getByRole("dialog").getByRole("button", { name: "Scan a code" }).click();
    await ben.page.getByText("Does the other device say that it is verified?").waitFor();
    await ben.shot("verification-code");
    await ben.page.getByRole("dialog").getByRole("button", { name: "Yes" }).click();
    for (const { page } of [ada, ben]) await page.getByText(/have verified each other/).waitFor();
    for (const { page } of [ada, ben]) await page.getByRole("button", { name: "Done" }).click();
    await until(async () => await ben.page.locator(".meta .warn").count() === 0, "a message of somebody verified has a warning");
});
await step("A code of somebody else does not verify", async () => {
    const mallory = await visitor(phone), malloryName = unique("mallory");
    await firstMinute(mallory, malloryName, `/i/${(await ask({ do: "invitation" })).token}`);
    await mallory.page.getByRole("button", { name: "Menu", exact: true }).click();
    await mallory.page.getByRole("menuitem", { name: "My code and link" }).click();
    await mallory.page.locator(".dialog svg.qr").waitFor();
    await show(mallory.page);
    const tablet = await visitor(phone);
    await signIn(tablet, adaName);
    await tablet.page.locator(".trust-banner").click();
    await tablet.page.getByRole("button", { name: "Confirm with another device" }).click();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Scan a code" }).click();
    await ada.page.getByText("This is not the code of that device").waitFor();
    for (const who of [tablet, mallory]) {
        quiet(who);
        await who.context.close();
    }
    await ada.page.getByRole("dialog").getByRole("button", { name: "Close" }).first().click();
});
await step("Ada's second device is confirmed by its code, and reads what was written before", async () => {
    const tablet = await visitor(phone);
    await signIn(tablet, adaName);
    await tablet.page.locator(".trust-banner").click();
    await tablet.page.getByRole("button", { name: "Confirm with another device" }).click();
    await ada.page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
    await tablet.page.locator(".dialog svg.qr").waitFor();
    await show(tablet.page);
    await ada.page.getByRole("dialog").getByRole("button", { name: "Scan a code" }).click();
    await tablet.page.getByRole("dialog").getByRole("button", { name: "Yes" }).click();
    for (const { page } of [ada, tablet]) await page.getByText("The device is confirmed.").waitFor();
    for (const { page } of [ada, tablet]) await page.getByRole("button", { name: "Done" }).click();
    await openRoom(tablet.page, benName);
    await message(tablet.page, "found you by your code").waitFor();
    quiet(tablet);
    await tablet.context.close();
});
await step("No request went to another host, and the policy refused nothing", async () => quiet(ada, ben));
fs.rmSync(path.dirname(film), { recursive: true });
await end();
