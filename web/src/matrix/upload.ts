// Uploading a file, encrypted where its room is. Spec: Client-Server API › Sending encrypted attachments.
import { ApiError } from "./http.ts";
import { matrix } from "./client.ts";

export interface Upload { done: Promise<Record<string, any>>; cancel(): void }

const base64 = (bytes: ArrayBuffer | Uint8Array): string => {
    const view = new Uint8Array(bytes as ArrayBuffer);
    let text = "";
    for (let at = 0; at < view.length; at += 0x8000) text += String.fromCharCode(...view.subarray(at, at + 0x8000));
    return btoa(text).replace(/=+$/, "");
};

async function seal(clear: ArrayBuffer): Promise<{ sealed: ArrayBuffer; file: Record<string, any> }> {
    const key = await globalThis.crypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    const iv = new Uint8Array(16);
    globalThis.crypto.getRandomValues(iv.subarray(0, 8)); // the low half counts blocks
    const sealed = await globalThis.crypto.subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, clear);
    const hash = await globalThis.crypto.subtle.digest("SHA-256", sealed);
    return { sealed, file: { v: "v2", key: await globalThis.crypto.subtle.exportKey("jwk", key), iv: base64(iv), hashes: { sha256: base64(hash) } } };
}

function post(body: Blob, name: string | null, onProgress: (part: number) => void): { done: Promise<string>; cancel(): void } {
    const request = new XMLHttpRequest();
    const done = new Promise<string>((resolve, reject) => {
        request.open("POST", `/_matrix/media/v3/upload${name ? `?filename=${encodeURIComponent(name)}` : ""}`);
        request.setRequestHeader("Authorization", `Bearer ${matrix().getAccessToken()}`);
        request.setRequestHeader("Content-Type", body.type || "application/octet-stream");
        request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
        request.onload = () => {
            let data: Record<string, any> = {};
            try {
                data = JSON.parse(request.responseText);
            } catch {
                // an answer that is not the server's own
            }
            if (request.status === 200 && data.content_uri) resolve(data.content_uri);
            else reject(new ApiError(request.status, data.errcode ?? "", data.error ?? request.statusText, data));
        };
        request.onerror = () => reject(new ApiError(0, "AWAY", "The server does not answer"));
        request.onabort = () => reject(new ApiError(499, "CANCELLED", "Cancelled"));
        request.send(body);
    });
    return { done, cancel: () => request.abort() };
}

/** Uploads the file, and gives the content with its address in place: `url`, or `file` when it is encrypted. */
export function prepareUpload(file: File | Blob, encrypted: boolean, content: Record<string, any>, onProgress: (part: number) => void): Upload {
    let running: { cancel(): void } | null = null;
    let over = false;
    const one = async (blob: Blob, name: string | null, weight: number, from: number): Promise<Record<string, any>> => {
        if (over) throw new ApiError(499, "CANCELLED", "Cancelled");
        const made = encrypted ? await seal(await blob.arrayBuffer()) : null;
        const body = made ? new Blob([made.sealed], { type: "application/octet-stream" }) : blob;
        let last = 0;
        const upload = post(body, encrypted ? null : name, (part) => {
            if (part - last < 0.04 && part < 1) return;
            last = part;
            onProgress(from + part * weight);
        });
        running = upload;
        const url = await upload.done;
        return made ? { file: { ...made.file, url } } : { url };
    };
    const run = async () => {
        const result: Record<string, any> = { ...content, info: { ...content.info } };
        const thumbnail = content.thumbnail as Blob | undefined;
        delete result.thumbnail;
        if (thumbnail) {
            const put = await one(thumbnail, null, 0.1, 0);
            if (put.file) result.info.thumbnail_file = put.file;
            else result.info.thumbnail_url = put.url;
        }
        Object.assign(result, await one(file, content.filename ?? content.body, thumbnail ? 0.9 : 1, thumbnail ? 0.1 : 0));
        return result;
    };
    return {
        done: run(),
        cancel() {
            over = true;
            running?.cancel();
        },
    };
}
