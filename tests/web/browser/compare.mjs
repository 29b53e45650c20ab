// Pictures of screens against those that are kept in tests/web/screens: a third as large, and without what differs from run to run
// (times, names and ids, colours that are made of ids). PEYK_WEB_ACCEPT=1 keeps what is seen now; look at it before it is committed.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { browser, check, shots } from "./lib.mjs";

const KEPT = path.join(path.dirname(fileURLToPath(import.meta.url)), "../screens");
const PART = 3;
const FAR = 28;       // of 255: from here on a point is another one
const MOST = 0.006;   // so much of the points may be others: edges of letters are drawn a little differently elsewhere
const STILL = `*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; }
    time, .key-box, .tree, .lead bdi, [dir="ltr"], .message-tools, .avatar > * { visibility: hidden !important; }
    [class*="hue-"] { --hue: #777 !important; } .avatar { background: #777 !important; }`;

/** The page, small, as PNG. */
async function seen(page) {
    await page.mouse.move(0, 0);
    await page.evaluate((rules) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(rules);
        document.adoptedStyleSheets = [sheet];
    }, STILL);
    const picture = (await page.screenshot()).toString("base64");
    await page.evaluate(() => { document.adoptedStyleSheets = []; });
    return picture;
}

/** Points that are others, as a part of all; and the small picture. Drawn in a page of its own, which has what reads pictures. */
async function drawn(now, kept) {
    const workshop = await (await browser()).newPage();
    try {
        return await workshop.evaluate(async ([now, kept, part, far]) => {
            const open = (text) => createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], { type: "image/png" }));
            const whole = await open(now);
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [Math.round(whole.width / part), Math.round(whole.height / part)];
            const c = canvas.getContext("2d", { willReadFrequently: true });
            c.imageSmoothingQuality = "high";
            c.drawImage(whole, 0, 0, canvas.width, canvas.height);
            const mine = c.getImageData(0, 0, canvas.width, canvas.height).data;
            const small = canvas.toDataURL("image/png").split(",")[1];
            if (!kept) return { small, others: 0 };
            const before = await open(kept);
            if (before.width !== canvas.width || before.height !== canvas.height) return { small, others: 1 };
            c.drawImage(before, 0, 0);
            const theirs = c.getImageData(0, 0, canvas.width, canvas.height).data;
            let others = 0;
            for (let at = 0; at < mine.length; at += 4) {
                const off = Math.max(...[0, 1, 2].map((n) => Math.abs(mine[at + n] - theirs[at + n])));
                if (off > far) others++;
            }
            return { small, others: others / (mine.length / 4) };
        }, [now, kept, PART, FAR]);
    } finally {
        await workshop.close();
    }
}

export async function sameAsKept(page, name) {
    const file = path.join(KEPT, `${name}.png`), there = fs.existsSync(file);
    const { small, others } = await drawn(await seen(page), there ? fs.readFileSync(file).toString("base64") : null);
    if (process.env.PEYK_WEB_ACCEPT) {
        if (!there || others > MOST / 6) fs.writeFileSync(file, Buffer.from(small, "base64"));
        return;
    }
    fs.writeFileSync(path.join(shots, `${name}-small.png`), Buffer.from(small, "base64"));
    if (process.env.PEYK_WEB_VERBOSE) console.error(name, (others * 100).toFixed(2));
    check(there, `${name} is not kept in tests/web/screens`);
    check(others <= MOST, `${name}: ${(others * 100).toFixed(1)} % of it look different from tests/web/screens/${name}.png`);
}
