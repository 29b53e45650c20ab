// Media of messages: fetched with the session's token, decrypted, and given to the page as an address of this page. What a
// file is, its first bytes say: a type that lies makes a file to download, never a page. SVG and HTML are never shown.
import { ApiError } from "./http.ts";
import { matrix } from "./client.ts";

const KEPT = 80;
const MOST_SHOWN = 60 * 1024 * 1024;
const cache = new Map<string, Promise<Media>>();

export interface Media { url: string; type: string; kind: "image" | "video" | "audio" | "file"; size: number }
export interface FileInfo { url: string; key?: JsonWebKey; iv?: string; hashes?: { sha256?: string } }

const unbase64 = (text: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const ascii = (bytes: Uint8Array, from: number, length: number) => String.fromCharCode(...bytes.subarray(from, from + length));

/** The type that the first bytes show, and whether a browser may show it. */
export function sniff(bytes: Uint8Array, said: string): { type: string; kind: Media["kind"] } {
    if (bytes[0] === 0x89 && ascii(bytes, 1, 3) === "PNG") return { type: "image/png", kind: "image" };
    if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return { type: "image/jpeg", kind: "image" };
    if (ascii(bytes, 0, 4) === "GIF8") return { type: "image/gif", kind: "image" };
    if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 4) === "WEBP") return { type: "image/webp", kind: "image" };
    if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 4) === "WAVE") return { type: "audio/wav", kind: "audio" };
    const box = ascii(bytes, 4, 4) === "ftyp" ? ascii(bytes, 8, 4) : "";
    if (box.startsWith("avif") || box.startsWith("avis")) return { type: "image/avif", kind: "image" };
    if (box) return box.startsWith("M4A") || said.startsWith("audio/") ? { type: "audio/mp4", kind: "audio" } : { type: "video/mp4", kind: "video" };
    if (bytes[0] === 0x1a && bytes[1] === 0x45 && bytes[2] === 0xdf && bytes[3] === 0xa3)
        return said.startsWith("audio/") ? { type: "audio/webm", kind: "audio" } : { type: "video/webm", kind: "video" };
    if (ascii(bytes, 0, 4) === "OggS") return said.startsWith("video/") ? { type: "video/ogg", kind: "video" } : { type: "audio/ogg", kind: "audio" };
    if (ascii(bytes, 0, 3) === "ID3" || (bytes[0] === 0xff && (bytes[1] & 0xe0) === 0xe0)) return { type: "audio/mpeg", kind: "audio" };
    if (ascii(bytes, 0, 4) === "fLaC") return { type: "audio/flac", kind: "audio" };
    return { type: "application/octet-stream", kind: "file" };
}

export function parseMxc(mxc: string): { server: string; id: string } | null {
    const found = /^mxc:\/\/([A-Za-z0-9.:[\]-]+)\/([A-Za-z0-9_-]+)$/.exec(mxc);
    return found && { server: found[1], id: found[2] };
}

async function fetchBytes(path: string): Promise<{ bytes: ArrayBuffer; type: string }> {
    const answer = await fetch(path, { headers: { Authorization: `Bearer ${matrix().getAccessToken()}` }, credentials: "omit" });
    if (!answer.ok) throw new ApiError(answer.status, "", answer.statusText);
    return { bytes: await answer.arrayBuffer(), type: answer.headers.get("Content-Type") ?? "" };
}

async function decrypt(bytes: ArrayBuffer, file: FileInfo): Promise<ArrayBuffer> {
    const digest = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", bytes));
    const wanted = unbase64(file.hashes?.sha256 ?? "");
    if (wanted.length !== digest.length || !wanted.every((byte, at) => byte === digest[at])) throw new Error("the file is not the one that was sent");
    const key = await globalThis.crypto.subtle.importKey("jwk", file.key!, { name: "AES-CTR" }, false, ["decrypt"]);
    return globalThis.crypto.subtle.decrypt({ name: "AES-CTR", counter: unbase64(file.iv ?? ""), length: 64 }, key, bytes);
}

function remember(name: string, make: () => Promise<Media>): Promise<Media> {
    const known = cache.get(name);
    if (known) {
        cache.delete(name);
        cache.set(name, known);
        return known;
    }
    const made = make();
    cache.set(name, made);
    made.catch(() => cache.delete(name));
    if (cache.size > KEPT) {
        const [oldest, media] = cache.entries().next().value!;
        cache.delete(oldest);
        void media.then(({ url }) => setTimeout(() => URL.revokeObjectURL(url), 30000), () => {});
    }
    return made;
}

const asMedia = (bytes: ArrayBuffer, said: string): Media => {
    const { type, kind } = sniff(new Uint8Array(bytes, 0, Math.min(64, bytes.byteLength)), said);
    return { url: URL.createObjectURL(new Blob([bytes], { type })), type, kind, size: bytes.byteLength };
};

/** A file of a message, whole. */
export function media(file: FileInfo, said = ""): Promise<Media> {
    return remember(file.url, async () => {
        const mxc = parseMxc(file.url);
        if (!mxc) throw new Error("not an address of media");
        const { bytes } = await fetchBytes(`/_matrix/client/v1/media/download/${mxc.server}/${mxc.id}?allow_redirect=false`);
        return asMedia(file.key ? await decrypt(bytes, file) : bytes, said);
    });
}

/** A small picture that the server makes of one that is not encrypted. */
export function thumbnail(mxc: string, size: number, method: "crop" | "scale" = "crop"): Promise<Media> {
    return remember(`${mxc}#${size}${method}`, async () => {
        const at = parseMxc(mxc);
        if (!at) throw new Error("not an address of media");
        const { bytes } = await fetchBytes(`/_matrix/client/v1/media/thumbnail/${at.server}/${at.id}?width=${size}&height=${size}&method=${method}&allow_redirect=false`);
        const made = asMedia(bytes, "");
        if (made.kind !== "image") throw new Error("not a picture");
        return made;
    });
}

export const fileOf = (content: Record<string, any>): FileInfo | null =>
    typeof content.file?.url === "string" ? content.file as FileInfo : typeof content.url === "string" ? { url: content.url } : null;

/** Gives the file to the browser to save, under a name without folders. */
export async function download(content: Record<string, any>): Promise<void> {
    const file = fileOf(content);
    if (!file) return;
    const { url } = await media(file, content.info?.mimetype);
    saveAs(url, String(content.filename ?? content.body ?? "file"));
}

export function saveAs(url: string, name: string): void {
    const link = document.createElement("a");
    link.href = url;
    link.download = name.replace(/[\\/\u0000-\u001f\u202a-\u202e\u2066-\u2069]/g, "_").slice(0, 200) || "file";
    document.body.append(link);
    link.click();
    link.remove();
}

export const tooLarge = (size: number): boolean => size > MOST_SHOWN;

export function clearMedia(): void {
    for (const one of cache.values()) void one.then(({ url }) => URL.revokeObjectURL(url), () => {});
    cache.clear();
}
