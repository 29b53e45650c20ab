// An event in a line of words: for the list, for replies, for notifications.
import type { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import { t, type Word } from "../../i18n/index.ts";
import { memberName } from "../../matrix/rooms.ts";
import { me } from "../../matrix/client.ts";

const KINDS: Record<string, Word> = { "m.image": "a_photo", "m.video": "a_video", "m.audio": "an_audio", "m.file": "a_file", "m.location": "a_place" };

const flat = (text: unknown): string => (typeof text === "string" ? text.replace(/\s+/g, " ").slice(0, 200) : "");

export function contentLine(type: string, content: Record<string, any>): string {
    if (type === "m.sticker") return `${t("a_sticker")} ${flat(content.body)}`;
    if (content.msgtype === "m.key.verification.request") return t("a_request");
    if (content["org.matrix.msc3245.voice"] || content["m.voice"]) return t("a_voice");
    const kind = KINDS[content.msgtype];
    if (kind) {
        const caption = content.filename && content.body !== content.filename ? flat(content.body) : content.msgtype === "m.file" ? flat(content.filename ?? content.body) : "";
        return caption ? `${t(kind)} · ${caption}` : t(kind);
    }
    return flat(stripReply(content.body));
}

/** Without the quotation that older clients put before an answer. */
export const stripReply = (body: unknown): string => (typeof body === "string" ? body.replace(/^(?:> .*\n)+\n?/, "") : "");

export function stateLine(event: MatrixEvent): string {
    const content = event.getContent(), before = event.getPrevContent();
    const room = event.getRoomId()!;
    const by = memberName(room, event.getSender()!);
    switch (event.getType()) {
        case "m.room.create": return t("line_created", { by });
        case "m.room.name": return content.name ? t("line_name", { by, name: flat(content.name) }) : t("line_name_gone", { by });
        case "m.room.topic": return t("line_topic", { by, topic: flat(content.topic) });
        case "m.room.avatar": return t("line_avatar", { by });
        case "m.room.encryption": return t("line_encryption");
        case "m.room.tombstone": return t("line_tombstone");
        case "m.room.join_rules": return content.join_rule === "public" ? t("line_public", { by }) : t("line_private", { by });
        case "m.room.pinned_events": return t("line_pinned", { by });
        case "m.room.power_levels": return t("line_powers", { by });
        case "m.room.member": {
            const user = event.getStateKey()!;
            const who = flat(content.displayname) || memberName(room, user);
            const self = user === event.getSender();
            switch (content.membership) {
                case "invite": return t("line_invited", { by, who });
                case "knock": return t("line_knocked", { who });
                case "ban": return t("line_banned", { by, who });
                case "leave":
                    if (before.membership === "ban") return t("line_unbanned", { by, who });
                    if (self) return before.membership === "invite" ? t("line_declined", { who: memberName(room, user) }) : t("line_left", { who: flat(before.displayname) || memberName(room, user) });
                    return t("line_kicked", { by, who: flat(before.displayname) || user });
                default:
                    if (before.membership !== "join") return t("line_joined", { who });
                    if (flat(before.displayname) !== flat(content.displayname)) return t("line_renamed", { before: flat(before.displayname) || user, who });
                    return t("line_picture", { who });
            }
        }
        default: return "";
    }
}

export function eventLine(event: MatrixEvent): string {
    if (event.isRedacted()) return t("deleted");
    if (event.isDecryptionFailure() || event.isBeingDecrypted()) return t("unreadable_short");
    const type = event.getType();
    if (type === "m.room.encrypted") return t("encrypted_message");
    if (type === "m.room.message" || type === "m.sticker") return contentLine(type, event.getContent());
    return stateLine(event);
}

export const isMine = (event: MatrixEvent): boolean => event.getSender() === me();
