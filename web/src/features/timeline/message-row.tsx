// One message: its bubble, what it answers, its reactions, its thread, and what can be done with it.
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";
import { fullDate, number, t, time } from "../../i18n/index.ts";
import { openDialog, toast, useStore } from "../../store/store.ts";
import type { Item } from "../../matrix/items.ts";
import { avatarOf, memberName, type RoomKind } from "../../matrix/rooms.ts";
import { feedOf } from "../../matrix/feeds.ts";
import { crypto } from "../../matrix/client.ts";
import { Avatar, clean, IconButton, Name } from "../../ui/basics.tsx";
import { Boundary } from "../../ui/boundary.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Menu } from "../../ui/menu.tsx";
import type { ComposerHandle } from "../composer/composer.tsx";
import { eventLine } from "../rooms/preview.ts";
import { isBare } from "./file-body.tsx";
import { MessageBody } from "./message-body.tsx";
import { entriesFor, QUICK, toggleReaction } from "./message-actions.ts";
import { openThread } from "./conversation.tsx";
import { askForKey, whyUnreadable } from "./unreadable.ts";

interface Props {
    item: Item; room: string; kind: RoomKind; encryptedRoom: boolean; grouped: boolean; ends: boolean; mine: boolean; read: boolean; quoted?: Item;
    composer: { current: ComposerHandle | null }; thread: string | null;
}

const hueOf = (user: string): number => {
    let sum = 0;
    for (let at = 0; at < user.length; at++) sum = (sum * 31 + user.charCodeAt(at)) | 0;
    return Math.abs(sum) % 8;
};

function Quoted({ room, id, item }: { room: string; id: string; item?: Item }): JSX.Element {
    return (
        <button type="button" class={`quoted hue-${item ? hueOf(item.sender) : 0}`} onClick={() => void feedOf(room).jump(id).then((found) => !found && toast(t("event_gone"), "error"))}>
            <b>{item ? <Name>{memberName(room, item.sender)}</Name> : t("answer_to")}</b>
            <span dir="auto">{item ? clean(eventLineOf(item)) : t("earlier_message")}</span>
        </button>
    );
}

const eventLineOf = (item: Item): string => (item.redacted ? t("deleted") : eventLine(item.event));

function Reactions({ item, room }: { item: Item; room: string }): JSX.Element {
    return (
        <div class="reactions" role="group" aria-label={t("reactions")}>
            {item.reactions.map((one) => (
                <button type="button" key={one.key} class={`reaction${one.mine ? " mine" : ""}`} aria-pressed={!!one.mine} onClick={() => toggleReaction(room, item, one.key)}
                    title={one.senders.map((user) => clean(memberName(room, user))).join(", ") + (one.count > one.senders.length ? ` +${number(one.count - one.senders.length)}` : "")}
                    aria-label={t("reaction_label", { key: one.key, count: one.count })}>
                    <span>{clean(one.key)}</span><b>{number(one.count)}</b>
                </button>
            ))}
            {item.otherReactions > 0 && <span class="reaction more">+{number(item.otherReactions)}</span>}
        </div>
    );
}

function Unreadable({ item }: { item: Item }): JSX.Element {
    const [busy, setBusy] = useState(false);
    const { text, action } = whyUnreadable(item.failed!);
    return (
        <div class="text unreadable">
            <Icon name="lock" size={18} /><span>{text}</span>
            {action && <button type="button" class="link" disabled={busy} onClick={async () => {
                setBusy(true);
                await askForKey(item.event);
                setBusy(false);
            }}>{t(action)}</button>}
        </div>
    );
}

export const MessageRow = memo(function MessageRow(props: Props): JSX.Element {
    const { item, room, kind, encryptedRoom, grouped, ends, mine, read, composer, thread } = props;
    const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
    const [near, setNear] = useState(false); // its tools are made when the pointer rests on it: rows that pass below it while one scrolls need none
    const hover = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
    const press = useRef<ReturnType<typeof setTimeout> | null>(null);
    const row = useRef<HTMLDivElement>(null);
    const name = memberName(room, item.sender);
    const showName = !mine && kind !== "direct" && !grouped;
    const open = (x: number, y: number) => !item.redacted && setMenu({ x, y });
    const quick = (
        <div class="quick" role="group" aria-label={t("react")}>
            {QUICK.map((key) => <button type="button" key={key} aria-label={t("react_with", { key })} onClick={() => { setMenu(null); toggleReaction(room, item, key); }}>{key}</button>)}
            <IconButton icon="plus" label={t("more_reactions")} onClick={() => { setMenu(null); openDialog("react", { room, item }); }} />
        </div>
    );
    const warn = useShield(item);
    const plain = encryptedRoom && !item.encrypted && !item.redacted && item.content.msgtype !== "m.key.verification.request";
    return (
        <div ref={row} class={`message${mine ? " mine" : ""}${grouped ? " grouped" : ""}${ends ? " ends" : ""}${item.edited ? " edited" : ""}${warn || plain ? " marked" : ""}`} data-id={item.id} tabIndex={-1} role="article"
            aria-label={`${clean(name)}, ${time(item.at)}`}
            onContextMenu={(event) => { if ((event.target as HTMLElement).closest("a")) return; event.preventDefault(); open(event.clientX, event.clientY); }}
            onPointerEnter={() => { hover.current = setTimeout(() => setNear(true), 60); }} onPointerLeave={() => { clearTimeout(hover.current); setNear(false); }} onFocusIn={() => setNear(true)}
            onFocusOut={(event) => !row.current?.contains(event.relatedTarget as Node | null) && setNear(false)}
            onTouchStart={(event) => { const { clientX, clientY } = event.touches[0]; press.current = setTimeout(() => open(clientX, clientY), 450); }}
            onTouchMove={() => press.current && clearTimeout(press.current)} onTouchEnd={() => press.current && clearTimeout(press.current)}
            onKeyDown={(event) => {
                if (event.target !== row.current || (event.key !== "Enter" && event.key !== " " && event.key !== "ContextMenu")) return;
                event.preventDefault();
                const place = row.current!.getBoundingClientRect();
                open(place.left + 80, place.top + 10);
            }}>
            {!mine && kind !== "direct" && <span class="message-avatar">{ends && <button type="button" tabIndex={-1} aria-label={clean(name)} onClick={() => openDialog("person", { user: item.sender, room })}>
                <Avatar id={item.sender} name={name} mxc={avatarOf(room, item.sender)} size={36} /></button>}</span>}
            <div class={`bubble${!item.redacted && !item.failed && isBare(item.type, item.content) ? " bare" : ""}${item.reactions.length > 0 || (!thread && item.thread) ? " more" : ""}`}>
                {showName && <button type="button" class={`sender hue-${hueOf(item.sender)}`} onClick={() => openDialog("person", { user: item.sender, room })}><Name>{name}</Name></button>}
                {!thread && item.content["m.relates_to"]?.rel_type === "m.thread" && <small class="in-thread">{t("in_thread")}</small>}
                {item.replyTo && !item.redacted && <Quoted room={room} id={item.replyTo} item={props.quoted} />}
                {item.redacted ? <div class="text quiet"><Icon name="trash" size={16} /> {t("deleted")}</div>
                    : item.failed ? <Unreadable item={item} />
                    : <Boundary small><MessageBody room={room} type={item.type} content={item.content} /></Boundary>}
                <span class="meta">
                    {plain && <span class="open-mark" title={t("not_encrypted")} role="img" aria-label={t("not_encrypted")}><Icon name="unlock" size={13} /></span>}
                    {warn && <span class="warn" title={warn} role="img" aria-label={warn}><Icon name="alert" size={13} /></span>}
                    {item.edited && <span>{t("edited")}</span>}
                    <time title={fullDate(item.at)}>{time(item.at)}</time>
                    {mine && <span class={`tick${read ? " read" : ""}`} role="img" aria-label={t(read ? "read" : "sent")}><Icon name={read ? "checks" : "check"} size={16} /></span>}
                </span>
                {item.reactions.length > 0 && <Reactions item={item} room={room} />}
                {!thread && item.thread && <button type="button" class="thread-chip" onClick={() => openThread(item.id)}><Icon name="thread" size={16} />{t("replies_count", { count: item.thread.count })}</button>}
                {near && !item.redacted && <div class="message-tools">
                    {!item.failed && <IconButton icon="smile" size={18} label={t("react")} onClick={(event) => open(event.clientX, event.clientY)} />}
                    {!item.failed && <IconButton icon="reply" size={18} label={t("reply")} onClick={() => composer.current?.reply(item)} />}
                    <IconButton icon="more" size={18} label={t("more")} onClick={(event) => { const at = (event.currentTarget as HTMLElement).getBoundingClientRect(); open(document.documentElement.dir === "rtl" ? at.right : at.left, at.bottom); }} />
                </div>}
            </div>
            {menu && <Menu at={menu} label={t("message_menu")} above={item.failed ? undefined : quick} entries={entriesFor(room, item, mine, composer, thread)} onClose={() => setMenu(null)} />}
        </div>
    );
});

/** A warning where the keys of a message cannot be shown to be its sender's. Their devices may become known later than the message. */
function useShield(item: Item): string | null {
    const [warn, setWarn] = useState(false);
    const round = useStore((s) => s.trustRound);
    useEffect(() => {
        if (item.encrypted && !item.failed) void crypto().getEncryptionInfoForEvent(item.event).then((info) => setWarn((info?.shieldColour ?? 0) > 1), () => {});
    }, [item.event, item.failed, round]);
    return warn ? t("shield_warning") : null;
}
