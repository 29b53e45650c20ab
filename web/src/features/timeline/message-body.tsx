// What a message says: text, formatted or not, with its links and mentions; or a file of some kind.
import type { ComponentChild, JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t } from "../../i18n/index.ts";
import { go } from "../../store/route.ts";
import { openDialog } from "../../store/store.ts";
import { me } from "../../matrix/client.ts";
import { memberName } from "../../matrix/rooms.ts";
import { clean } from "../../ui/basics.tsx";
import { stripReply } from "../rooms/preview.ts";
import { linked, namedBy, safeHtml } from "./safe-html.ts";
import { FileBody } from "./file-body.tsx";

const LONG = 3000;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*\s*){1,3}$/u;

export function linkTo(room: string) {
    return (address: string, children: ComponentChild, key: number): ComponentChild => {
        const named = namedBy(address);
        if (named?.startsWith("@")) {
            return <button type="button" key={key} class={`mention${named === me() ? " mine" : ""}`} onClick={() => openDialog("person", { user: named, room })}>
                <bdi>@{clean(memberName(room, named)).replace(/^@/, "")}</bdi></button>;
        }
        if (named) return <button type="button" key={key} class="mention" onClick={() => (named.startsWith("!") ? go({ at: "room", room: named }) : openDialog("join", { alias: named }))}><bdi>{named}</bdi></button>;
        return <a key={key} href={address} target="_blank" rel="noopener noreferrer nofollow" dir="auto">{children}</a>;
    };
}

export function MessageBody({ room, type, content }: { room: string; type: string; content: Record<string, any> }): JSX.Element {
    if (content.msgtype === "m.key.verification.request") return <div class="text quiet">{t("a_request")}</div>;
    const file = type === "m.sticker" || ["m.image", "m.video", "m.audio", "m.file"].includes(content.msgtype);
    if (file) return <FileBody room={room} type={type} content={content} />;
    return <Text room={room} content={content} />;
}

const FIRST_LETTER = /\p{L}/u;
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** As dir="auto" finds it: by the first letter that has a direction. */
const directionOf = (text: string): string => {
    const letter = FIRST_LETTER.exec(text)?.[0];
    return letter === undefined ? document.documentElement.dir : FROM_THE_RIGHT.test(letter) ? "rtl" : "ltr";
};

function Text({ room, content }: { room: string; content: Record<string, any> }): JSX.Element {
    const [whole, setWhole] = useState(false);
    const body = typeof content.body === "string" ? stripReply(content.body) : "";
    const rich = content.format === "org.matrix.custom.html" && typeof content.formatted_body === "string" ? content.formatted_body : null;
    const long = body.length > LONG && !whole;
    const made = useMemo(() => {
        if (rich && !long) return safeHtml(rich, linkTo(room));
        return linked(long ? body.slice(0, LONG) : body, linkTo(room));
    }, [rich, body, long, room]);
    if (!body && !rich) return <div class="text quiet">{t("unknown_message")}</div>;
    const crossed = directionOf(body) !== document.documentElement.dir;
    const big = ONLY_EMOJI.test(body.trim());
    return (
        <div class={`text${rich && !long ? " rich" : ""}${big ? " big" : ""}${crossed ? " crossed" : ""}${content.msgtype === "m.notice" ? " notice" : ""}`} dir="auto">
            {content.msgtype === "m.emote" && <b>* </b>}{made}{long && <>… <button type="button" class="link" onClick={() => setWhole(true)}>{t("show_all")}</button></>}
        </div>
    );
}
