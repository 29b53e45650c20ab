// Bundles the web client: node build.mjs OUTPUT. See build.sh.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const output = path.resolve(process.argv[2]);
const here = path.dirname(fileURLToPath(import.meta.url));
process.chdir(here);

// The crypto library finds its WebAssembly beside its own source; here it is an asset with a hash in its name, fetched by
// matrix/wasm-file.ts. A download that failed is tried again when it is asked for again.
const wasmAsAsset = {
    name: "wasm-as-asset",
    setup(steps) {
        steps.onLoad({ filter: /matrix-sdk-crypto-wasm[\\/]index\.mjs$/ }, async ({ path: file }) => {
            let text = await fs.promises.readFile(file, "utf8");
            const replace = (part, by) => {
                if (!part.test(text)) throw new Error("matrix-sdk-crypto-wasm loads its WebAssembly in another way than before");
                text = text.replace(part, by);
            };
            replace(/const defaultURL = new URL\("(\.\/pkg\/[^"]+)", import\.meta\.url\);/,
                `import wasmAddress from "$1";\nimport { fetchWasm } from ${JSON.stringify(path.join(here, "src/matrix/wasm-file.ts"))};\nconst defaultURL = wasmAddress;`);
            replace(/\bfetch\(url\)/, "fetchWasm(url)");
            replace(/modPromise = loadModuleAsync\(url\);/, "(modPromise = loadModuleAsync(url)).catch(() => { modPromise = null; });");
            return { contents: text, loader: "js" };
        });
    },
};

const shared = {
    bundle: true, minify: true, format: "esm", target: "es2022", platform: "browser", legalComments: "none",
    jsx: "automatic", jsxImportSource: "preact", logLevel: "warning", define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
};

for (const old of fs.readdirSync(output)) fs.rmSync(path.join(output, old), { recursive: true });

const result = await build({
    ...shared, entryPoints: { peyk: "src/main.tsx", style: "src/styles/index.css" }, outdir: output, splitting: true,
    entryNames: "[name]-[hash]", chunkNames: "part-[hash]", assetNames: "[name]-[hash]", publicPath: "/",
    loader: { ".wasm": "file", ".svg": "file", ".png": "file" }, plugins: [wasmAsAsset], metafile: true,
});

const made = Object.entries(result.metafile.outputs).map(([file, about]) => ({ name: path.basename(file), ...about }));
const entry = made.find((one) => one.entryPoint === "src/main.tsx").name;
const style = made.find((one) => one.entryPoint === "src/styles/index.css").name;
const wasm = made.find((one) => one.name.endsWith(".wasm")).name;

for (const file of fs.readdirSync("src/public").sort()) fs.copyFileSync(`src/public/${file}`, path.join(output, file));
const page = fs.readFileSync("src/index.html", "utf8").replaceAll("%ENTRY%", entry).replaceAll("%STYLE%", style);
fs.writeFileSync(path.join(output, "index.html"), page);

// Licences of what is in the bundle, by the packages that its inputs come from.
const packages = new Set(Object.keys(result.metafile.inputs).map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[0])
    .filter(Boolean));
const licences = [...packages].sort().map((folder) => {
    const about = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = fs.readdirSync(folder).sort().find((name) => /^(licen[cs]e|copying)/i.test(name));
    const text = file ? fs.readFileSync(path.join(folder, file), "utf8").trim() : `Licensed under ${about.license}.`;
    return `${about.name} ${about.version} (${about.license})\n\n${text}\n`;
});
fs.writeFileSync(path.join(output, "LICENSES.txt"), licences.join(`\n${"=".repeat(80)}\n\n`));

// The service worker keeps every file of this build, so that the second load needs no network.
const kept = fs.readdirSync(output).filter((name) => name !== "LICENSES.txt").sort();
const digest = createHash("sha256");
for (const name of kept) digest.update(name).update(fs.readFileSync(path.join(output, name)));
const version = digest.digest("hex").slice(0, 16);
await build({
    ...shared, format: "iife", entryPoints: ["src/sw.ts"], outfile: path.join(output, "sw.js"),
    define: { VERSION: JSON.stringify(version), FILES: JSON.stringify(kept.map((name) => (name === "index.html" ? "/" : `/${name}`))) },
});
const bytes = fs.readdirSync(output).reduce((sum, name) => sum + fs.statSync(path.join(output, name)).size, 0);
console.log(`web client ${version}: ${fs.readdirSync(output).length} files, ${bytes} bytes, ${packages.size} packages, crypto ${wasm}`);
