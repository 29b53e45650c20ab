// Files that are to be sent: what they are, how large, a small picture of them, and then to the outbox, which uploads.
import { t } from "../../i18n/index.ts";
import { toast, openDialog } from "../../store/store.ts";
import { send } from "../../matrix/outbox.ts";
import { sniff } from "../../matrix/media.ts";
import { matrix } from "../../matrix/client.ts";

const THUMBNAIL = 600;
let limit: Promise<number> | null = null;

/** The largest upload that the server takes, in bytes. Spec: GET media/config. */
function largest(): Promise<number> {
    limit ??= matrix().getMediaConfig(true).then((config) => Number(config["m.upload.size"] ?? Infinity), () => {
        limit = null;
        return Infinity;
    });
    return limit;
}

async function pictureOf(file: Blob, kind: "image" | "video"): Promise<{ w: number; h: number; duration?: number; small?: Blob; smallW?: number; smallH?: number }> {
    const url = URL.createObjectURL(file);
    try {
        let source: CanvasImageSource, w: number, h: number, length: number | undefined;
        if (kind === "image") {
            const bitmap = await createImageBitmap(file);
            [source, w, h] = [bitmap, bitmap.width, bitmap.height];
        } else {
            const video = document.createElement("video");
            video.muted = true;
            video.preload = "auto";
            video.src = url;
            await new Promise<void>((resolve, reject) => {
                const timer = setTimeout(reject, 8000);
                video.onloadeddata = () => { clearTimeout(timer); resolve(); };
                video.onerror = reject;
            });
            [source, w, h, length] = [video, video.videoWidth, video.videoHeight, Math.round(video.duration * 1000)];
        }
        const scale = Math.min(1, THUMBNAIL / Math.max(w, h));
        const made = { w, h, ...(length !== undefined && Number.isFinite(length) && { duration: length }) };
        if (kind === "image" && file.size < 300_000) return made;
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(w * scale));
        canvas.height = Math.max(1, Math.round(h * scale));
        canvas.getContext("2d")!.drawImage(source, 0, 0, canvas.width, canvas.height);
        const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
        return small ? { ...made, small, smallW: canvas.width, smallH: canvas.height } : made;
    } finally {
        URL.revokeObjectURL(url);
    }
}

export const relationFor = (thread: string | null, reply: string | null): Record<string, any> => {
    if (thread) return { "m.relates_to": { rel_type: "m.thread", event_id: thread, is_falling_back: !reply, "m.in_reply_to": { event_id: reply ?? thread } } };
    return reply ? { "m.relates_to": { "m.in_reply_to": { event_id: reply } } } : {};
};

/** Shows what is about to be sent, with room for a caption. */
export async function takeFiles(room: string, thread: string | null, files: File[]): Promise<void> {
    const most = await largest();
    const good = files.slice(0, 20).filter((file) => {
        if (file.size <= most) return true;
        toast(t("file_too_large", { name: file.name }), "error");
        return false;
    });
    if (good.length) openDialog("send-files", { room, thread, files: good });
}

export async function sendFile(room: string, thread: string | null, file: File, caption: string, asFile: boolean): Promise<boolean> {
    const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
    const { type, kind } = sniff(head, file.type);
    const said = kind === "file" ? file.type || "application/octet-stream" : type;
    const content: Record<string, any> = {
        msgtype: asFile || kind === "file" ? "m.file" : `m.${kind}`, body: caption || file.name, filename: file.name,
        info: { mimetype: said, size: file.size }, "m.mentions": {}, ...relationFor(thread, null),
    };
    let preview: string | undefined;
    if (!asFile && (kind === "image" || kind === "video")) {
        try {
            const { small, smallW, smallH, ...size } = await pictureOf(file, kind);
            Object.assign(content.info, size);
            if (small) {
                content.thumbnail = small;
                content.info.thumbnail_info = { w: smallW, h: smallH, mimetype: "image/jpeg", size: small.size };
            }
            preview = URL.createObjectURL(small ?? file);
        } catch {
            content.msgtype = kind === "image" ? "m.file" : "m.video"; // not a picture that this browser can read
        }
    }
    return send(room, content, "m.room.message", { file, preview });
}

export function sendVoice(room: string, thread: string | null, sound: Blob, length: number, wave: number[]): void {
    const file = new File([sound], "voice-message.ogg", { type: sound.type });
    send(room, {
        msgtype: "m.audio", body: t("a_voice"), filename: file.name, info: { mimetype: sound.type.split(";")[0], size: sound.size, duration: length },
        "org.matrix.msc1767.audio": { duration: length, waveform: wave.map((one) => Math.round(one * 1024)) }, "org.matrix.msc3245.voice": {},
        "m.mentions": {}, ...relationFor(thread, null),
    }, "m.room.message", { file });
}
