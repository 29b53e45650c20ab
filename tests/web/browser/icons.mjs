// Draws the icons of the web client from its mark: node icons.mjs. To be run when web/src/public/icon.svg has changed.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../web/src/public");
const mark = fs.readFileSync(path.join(folder, "icon.svg"), "utf8");
// A launcher cuts a maskable icon to its own shape: the ground goes to the edges, the mark stays within four fifths.
const maskable = mark.replace('rx="128"', "").replace('viewBox="0 0 512 512"', 'viewBox="-48 -48 608 608" style="background:#0f766e"');

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();
for (const [name, drawing, size] of [["icon-192", mark, 192], ["icon-512", mark, 512], ["icon-maskable", maskable, 512]]) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(`<style>html, body { margin: 0; height: 100% } svg { display: block; width: 100%; height: 100% }</style>${drawing}`);
    await page.screenshot({ path: path.join(folder, `${name}.png`), omitBackground: true });
}
await browser.close();
