// What others may send: hostile HTML, names that turn text around, files that lie about their type, a thousand reactions, a
// huge message. Each is shown safely and plainly.
import { account, api, ask, base, check, end, message, openRoom, quiet, signIn, step, unique, until, visitor, write, PASSWORD } from "./lib.mjs";

const ada = await visitor();
const adaName = unique("ada");
let mallory, room;
const put = async (path, body) => {
    const [status, made] = await api("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/${path}`, body, mallory.token);
    check(status === 200, `${path}: ${status} ${JSON.stringify(made)}`);
    return made;
};
const say = (txn, content) => put(`send/m.room.message/${txn}`, content);

await step("Mallory makes a public room with a name that turns text around", async () => {
    const made = await ask({ do: "account", name: adaName });
    mallory = await account(unique("mallory"));
    const [, created] = await api("POST", "/_matrix/client/v3/createRoom", { preset: "public_chat", name: "Harmless \u202egpj.exe room\u202c" }, mallory.token);
    room = created.room_id;
    await api("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {}, made.token);
    await api("PUT", `/_matrix/client/v3/profile/${encodeURIComponent(mallory.user)}/displayname`, { displayname: "Ada \u202elacitnedI\u202c <b>x</b>" }, mallory.token);
    await signIn(ada, adaName);
    await ada.page.locator(".key-box").waitFor();
    await ada.page.locator(".card .check input").check();
    await ada.page.locator(".card > .button.primary").click();
    await openRoom(ada.page, "Harmless");
    await ada.page.locator("h1 bdi", { hasText: "Harmless" }).waitFor();
    check(!/[\u202a-\u202e\u2066-\u2069]/.test(await ada.page.locator(".shell").innerText()), "a character that turns direction is on the page");
    await ada.page.locator(".bar .open-mark").waitFor();
});
await step("Hostile HTML does nothing: no script, no picture of another host, no style, no form", async () => {
    await say("h1", { msgtype: "m.text", body: "hostile", format: "org.matrix.custom.html", formatted_body:
        "<p>hostile<script>window.hit=1</script><img src=x onerror='window.hit=2'><img src='https://evil.example/pixel.png'><svg onload='window.hit=3'></svg><style>body{display:none}</style>"
        + "<a href='javascript:window.hit=4'>click</a> <a href='https://example.org/' onclick='window.hit=5' style='position:fixed;inset:0'>good</a>"
        + "<iframe src='https://evil.example'></iframe><form action='https://evil.example'><input name=password></form><math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.hit=6&gt;'>"
        + `${"<div>".repeat(300)}deep${"</div>".repeat(300)}</p>` });
    await message(ada.page, "hostile").waitFor();
    const found = await message(ada.page, "hostile").locator(".text").evaluate((text) => ({
        elements: [...text.querySelectorAll("*")].map((one) => one.localName), hit: window.hit,
        links: [...text.querySelectorAll("a")].map((one) => [one.href, one.rel, one.getAttribute("onclick"), one.getAttribute("style")]) }));
    check(found.hit === undefined, `something ran: ${found.hit}`);
    check(!found.elements.some((one) => ["script", "img", "svg", "style", "iframe", "form", "input", "math"].includes(one)), found.elements.join());
    check(found.links.length === 1 && found.links[0][0] === "https://example.org/" && /noopener/.test(found.links[0][1]) && !found.links[0][2] && !found.links[0][3], JSON.stringify(found.links));
    check(await ada.page.evaluate(() => getComputedStyle(document.body).display) !== "none", "a style was taken");
});
await step("A file whose type lies is offered to be saved, never shown as a page", async () => {
    const html = Buffer.from("<html><script>window.hit=7</script>not a picture</html>");
    const answer = await fetch(new URL("/_matrix/media/v3/upload", base), { method: "POST", body: html, headers: { Authorization: `Bearer ${mallory.token}`, "Content-Type": "image/png" } });
    const { content_uri: url } = await answer.json();
    await say("f1", { msgtype: "m.image", body: "holiday.png", url, info: { mimetype: "image/png", w: 300, h: 200, size: html.length } });
    await ada.page.getByText("it is not what it says it is").waitFor();
    const [saved] = await Promise.all([ada.page.waitForEvent("download"), ada.page.locator(".file", { hasText: "holiday.png" }).click()]);
    check(saved.url().startsWith("blob:"), saved.url());
    check(await ada.page.evaluate(() => window.hit) === undefined, "it ran");
});
await step("A thousand reactions of a thousand kinds stay a bounded row", async () => {
    const { event_id: target } = await say("r1", { msgtype: "m.text", body: "react to me" });
    for (let n = 0; n < 1000; n++) await put(`send/m.reaction/k${n}`, { "m.relates_to": { rel_type: "m.annotation", event_id: target, key: n === 0 ? "long ".repeat(300) : `k${n}` } });
    await until(async () => (await message(ada.page, "react to me").locator(".reaction.more").textContent().catch(() => "")) === "+388", "the rest is not counted");
    check(await message(ada.page, "react to me").locator(".reaction").count() === 13, "too many are shown");
    check((await message(ada.page, "react to me").boundingBox()).height < 260, "the row has no bound");
});
await step("A huge message is cut, and shown whole when asked", async () => {
    await say("l1", { msgtype: "m.text", body: `huge ${"word ".repeat(9000)}end` });
    await message(ada.page, "huge").getByRole("button", { name: "Show all" }).waitFor();
    check((await message(ada.page, "huge").innerText()).length < 4000, "it is not cut");
    await message(ada.page, "huge").getByRole("button", { name: "Show all" }).click();
    await until(async () => (await message(ada.page, "huge").innerText()).length > 40000, "it is not whole");
});
await step("Odd events are said to be odd, and nothing breaks", async () => {
    await say("o1", { msgtype: "org.example.unheard", body: 7, "m.relates_to": "x" });
    await say("o2", { msgtype: "m.image", body: "nothing", info: 3, url: "https://evil.example/x.png" });
    await say("o3", { msgtype: "m.text", body: ["x"], format: "org.matrix.custom.html", formatted_body: { a: 1 } });
    await say("o4", { msgtype: "m.text", body: "all is well" });
    await message(ada.page, "all is well").waitFor();
});
await step("What the server refuses stays to be sent again or thrown away", async () => {
    await ada.page.evaluate(() => { window.realFetch = fetch; window.fetch = (input, init) => (init?.method === "PUT" && String(input).includes("/send/")
        ? Promise.resolve(new Response(JSON.stringify({ errcode: "M_UNKNOWN", error: "The disk is full" }), { status: 507 })) : window.realFetch(input, init)); });
    await write(ada.page, "a full disk");
    await ada.page.locator(".failed-bar", { hasText: "The disk is full" }).waitFor();
    await ada.page.evaluate(() => { window.fetch = window.realFetch; });
    await ada.page.getByRole("button", { name: "Send again" }).click();
    await ada.page.locator(".message.mine:not(.waiting-message)", { hasText: "a full disk" }).waitFor();
});
await step("A disk that is full when a file is uploaded is told, and the file goes when there is room again", async () => {
    const refuse = (route) => route.fulfill({ status: 507, contentType: "application/json", body: JSON.stringify({ errcode: "M_UNKNOWN", error: "The disk is full" }) });
    await ada.page.route("**/_matrix/media/v3/upload*", refuse);
    await ada.page.locator(".composer input[type=file]").setInputFiles({ name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("a letter") });
    await ada.page.getByLabel("Caption").fill("my letter");
    await ada.page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
    await ada.page.locator(".waiting-message", { hasText: "my letter" }).locator(".failed-bar", { hasText: "The disk is full" }).waitFor();
    await ada.shot("disk-full");
    await ada.page.unroute("**/_matrix/media/v3/upload*", refuse);
    await ada.page.getByRole("button", { name: "Send again" }).click();
    await ada.page.locator(".message.mine:not(.waiting-message)", { hasText: "my letter" }).waitFor();
});
await step("A wrong password and a dead server are told plainly, and what was typed stays", async () => {
    const other = await visitor();
    await other.page.goto("/");
    await ask({ do: "kill" });
    await other.page.locator("input[name=name]").fill(adaName);
    await other.page.locator("input[name=password]").fill(PASSWORD);
    await other.page.locator("form button[type=submit]").click();
    await other.page.getByText("The server does not answer").waitFor();
    check(await other.page.locator("input[name=password]").inputValue() === PASSWORD, "the password is gone");
    await ask({ do: "start" });
    await other.context.close();
});
await step("No request went to another host, and the policy refused nothing", async () => quiet(ada));
await end();
