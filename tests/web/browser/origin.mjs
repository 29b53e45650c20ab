// The client and a server on one origin, as peyk serves both: files of the build with the policy that peyk sends, everything
// under /_matrix, /_peyk and /_synapse passed on. Counts what it sends, so that tests can say what a load costs.
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";

export const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    + "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'self'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8" };
const page = (address) => address === "/" || address.startsWith("/i/") || address.startsWith("/room/");

/** Every file of the build, compressed once: the result is kept beside the build, since it takes a while. */
async function compressAll(folder) {
    const store = `${folder.replace(/\/$/, "")}-compressed`;
    fs.mkdirSync(store, { recursive: true });
    const all = new Map();
    for (const name of fs.readdirSync(folder)) {
        const bytes = fs.readFileSync(path.join(folder, name));
        const kept = path.join(store, `${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}.br`);
        if (!fs.existsSync(kept)) {
            const quality = { [zlib.constants.BROTLI_PARAM_QUALITY]: 9, [zlib.constants.BROTLI_PARAM_LGWIN]: 22 };
            fs.writeFileSync(`${kept}.new`, await promisify(zlib.brotliCompress)(bytes, { params: quality }));
            fs.renameSync(`${kept}.new`, kept);
        }
        all.set(name, fs.readFileSync(kept));
    }
    return all;
}

export async function serve(folder, backend) {
    const target = new URL(backend);
    const sent = { bytes: 0, files: {} }; // files: how often each was asked for
    const compressed = await compressAll(folder);
    const server = http.createServer((request, response) => {
        const address = new URL(request.url, "http://x").pathname;
        if (/^\/_(matrix|peyk|synapse)\//.test(address) || address.startsWith("/.well-known/")) {
            const passed = http.request({ host: target.hostname, port: target.port, path: request.url, method: request.method, headers: request.headers, agent: false },
                (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
            passed.on("error", (error) => { if (process.env.PEYK_WEB_VERBOSE) console.error(request.method, request.url, String(error)); if (!response.headersSent) response.writeHead(502, { "Content-Type": "text/plain" }); response.end(); });
            response.on("close", () => passed.destroy());
            request.pipe(passed);
            return;
        }
        const name = page(address) ? "index.html" : path.basename(address);
        const body = compressed.get(name);
        if ((!page(address) && address !== `/${name}`) || !body) {
            response.writeHead(404).end();
            return;
        }
        sent.bytes += body.length;
        sent.files[name] = (sent.files[name] ?? 0) + 1;
        response.writeHead(200, { "Content-Type": TYPES[path.extname(name)] ?? "application/octet-stream", "Content-Encoding": "br", "Content-Length": body.length,
            "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", Vary: "Accept-Encoding",
            "Cache-Control": /-[A-Z0-9]{8}\./.test(name) ? "public, max-age=31536000, immutable" : "no-cache" });
        response.end(body);
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ base: `http://localhost:${server.address().port}`, sent, close: () => server.close() })));
}
