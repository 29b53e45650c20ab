// The list of conversations: the newest first, favourites above, invitations on top; narrowed by a filter, a space or a name.
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { number, shortWhen, t as say, useWords } from "../../i18n/index.ts";
import { openDialog, set, state, useStore } from "../../store/store.ts";
import { address, go } from "../../store/route.ts";
import { kept } from "../../store/local.ts";
import type { RoomRow } from "../../matrix/rooms.ts";
import { memberName } from "../../matrix/rooms.ts";
import { me } from "../../matrix/client.ts";
import { Avatar, clean, IconButton, Name, Spinner } from "../../ui/basics.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Menu } from "../../ui/menu.tsx";
import { eventLine } from "./preview.ts";
import { roomEntries } from "./room-menu.ts";
import { MainMenu } from "./main-menu.tsx";
import { TrustBanner } from "../verification/trust-banner.tsx";

export const kindIcon = (row: RoomRow) => (row.kind === "channel" ? "channel" as const : row.kind === "group" ? "group" as const : null);
const ROW = 72;
type Narrow = "all" | "unread" | "direct" | "group";

function Row({ row, open }: { row: RoomRow; open: boolean }): JSX.Element {
    const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
    const draft = !open && kept<{ text?: string }>(`draft.${row.id}`, {}).text;
    const last = row.last;
    const line = row.membership === "invite" ? say("invited_by", { name: row.inviter ? memberName(row.id, row.inviter) : "" })
        : row.typing.length ? say("is_typing_short", { name: row.kind === "direct" ? "" : memberName(row.id, row.typing[0]) })
        : draft ? draft : last ? eventLine(last.event) : "";
    const who = !last || row.typing.length || draft || row.membership !== "join" || last.event.isState() ? ""
        : last.sender === me() ? say("you") : row.kind === "direct" || row.kind === "channel" ? "" : memberName(row.id, last.sender);
    const count = row.unread || (row.marked ? 1 : 0);
    const said = [clean(row.name), row.favourite && say("favourite"), row.muted && say("muted"), count > 0 && say("unread_count", { count }),
        !row.encrypted && row.membership === "join" && row.kind !== "space" && say("not_encrypted")].filter(Boolean).join(", ");
    return (
        <li>
            <a href={address({ at: "room", room: row.id })} class={`room-row${open ? " open" : ""}`} aria-current={open ? "page" : undefined} data-room={row.id}
                onContextMenu={(event) => { event.preventDefault(); setMenu({ x: event.clientX, y: event.clientY }); }}
                onKeyDown={(event) => {
                    if (event.key !== "ContextMenu" && !(event.shiftKey && event.key === "F10")) return;
                    event.preventDefault();
                    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
                    setMenu({ x: box.left + 40, y: box.top + 40 });
                }}>
                <Avatar id={row.peer ?? row.id} name={row.name} mxc={row.avatar} size={52} />
                <span class="room-texts">
                    <span class="room-top">
                        <span class="room-name">
                            {kindIcon(row) && <Icon name={kindIcon(row)!} size={16} />}
                            <Name>{row.name}</Name>
                            {!row.encrypted && row.membership === "join" && <span class="open-mark" title={say("not_encrypted")}><Icon name="unlock" size={14} /></span>}
                            {row.muted && <span class="muted-mark"><Icon name="mute" size={15} /></span>}
                        </span>
                        {row.at > 0 && <time class="room-when">{shortWhen(row.at)}</time>}
                    </span>
                    <span class="room-bottom">
                        <span class={`room-line${row.typing.length ? " live" : ""}${draft ? " draft" : ""}`}>
                            {draft && <b>{say("draft")} </b>}
                            {who && <span class="room-who"><bdi>{clean(who)}</bdi>: </span>}<bdi>{clean(line)}</bdi>
                        </span>
                        {row.membership === "invite" ? <span class="badge">{say("new_mark")}</span>
                            : count > 0 ? <span class={`badge${row.muted && !row.highlight ? " calm" : ""}`}>{row.highlight > 0 && "@"}{row.unread ? number(row.unread) : ""}</span>
                            : row.favourite ? <span class="fav-mark"><Icon name="pin" size={16} /></span> : null}
                    </span>
                </span>
                <span class="sr">{said}</span>
            </a>
            {menu && <Menu at={menu} label={row.name} entries={roomEntries(row)} onClose={() => setMenu(null)} />}
        </li>
    );
}
const RoomRowView = memo(Row);

export function sorted(rooms: Map<string, RoomRow>, filter: string, narrow: Narrow, space: string | null): RoomRow[] {
    const words = filter.trim().toLocaleLowerCase();
    const inSpace = space ? new Set(rooms.get(space)?.children ?? []) : null;
    return [...rooms.values()].filter((row) => {
        if (row.kind === "space" && row.membership === "join") return false;
        if (row.replaced && rooms.get(row.replaced)?.membership === "join") return false;
        if (inSpace && !inSpace.has(row.id)) return false;
        if (words && !row.name.toLocaleLowerCase().includes(words) && !row.peer?.toLocaleLowerCase().includes(words)) return false;
        if (narrow === "unread") return row.unread > 0 || row.marked || row.membership === "invite";
        if (narrow === "direct") return row.kind === "direct";
        if (narrow === "group") return row.kind !== "direct";
        return true;
    }).sort((a, b) => Number(b.membership === "invite") - Number(a.membership === "invite") || Number(b.favourite) - Number(a.favourite) || b.at - a.at || (a.id < b.id ? -1 : 1));
}

export function RoomList(): JSX.Element {
    const t = useWords();
    const rooms = useStore((s) => s.rooms);
    const filter = useStore((s) => s.filter);
    const space = useStore((s) => s.space);
    const open = useStore((s) => (s.route.at === "room" ? s.route.room : null));
    const complete = useStore((s) => s.listComplete);
    const connection = useStore((s) => s.connection);
    const [narrow, setNarrow] = useState<Narrow>("all");
    const list = useMemo(() => sorted(rooms, filter, narrow, space), [rooms, filter, narrow, space]);
    const spaces = useMemo(() => [...rooms.values()].filter((row) => row.kind === "space" && row.membership === "join"), [rooms]);
    const unread = useMemo(() => [...rooms.values()].filter((row) => row.unread > 0 && !row.muted).length, [rooms]);
    const box = useRef<HTMLDivElement>(null);
    const [top, setTop] = useState(0);
    const [height, setHeight] = useState(800);
    useEffect(() => {
        const watch = new ResizeObserver(() => setHeight(box.current?.clientHeight ?? 800));
        watch.observe(box.current!);
        return () => watch.disconnect();
    }, []);
    const first = Math.max(0, Math.floor(top / ROW) - 6);
    const end = Math.min(list.length, Math.ceil((top + height) / ROW) + 6);
    return (
        <nav class="list" aria-label={t("conversations")}>
            <header class="list-head">
                <MainMenu />
                <label class="search-box">
                    <Icon name="search" size={18} />
                    <span class="sr">{t("filter")}</span>
                    <input id="filter" type="search" value={filter} placeholder={t("filter")} dir="auto"
                        onInput={(event) => set({ filter: (event.target as HTMLInputElement).value })}
                        onKeyDown={(event) => {
                            if (event.key === "Enter" && list[0]) go({ at: "room", room: list[0].id });
                            if (event.key === "Escape" && state.filter) { event.preventDefault(); set({ filter: "" }); }
                        }} />
                </label>
                <IconButton icon="write" label={t("new_conversation")} onClick={() => openDialog("new-room")} kind="accent" />
            </header>
            <div class="chips" role="group" aria-label={t("show_only")}>
                {(["all", "unread", "direct", "group"] as Narrow[]).map((one) => (
                    <button type="button" key={one} class={`chip${narrow === one && !space ? " on" : ""}`} aria-pressed={narrow === one && !space}
                        onClick={() => { setNarrow(one); set({ space: null }); }}>
                        {t(`narrow_${one}`)}{one === "unread" && unread > 0 && <span class="chip-count">{number(unread)}</span>}
                    </button>
                ))}
                {spaces.map((one) => (
                    <button type="button" key={one.id} class={`chip${space === one.id ? " on" : ""}`} aria-pressed={space === one.id}
                        onClick={() => { setNarrow("all"); set({ space: space === one.id ? null : one.id }); }}><Name>{one.name}</Name></button>
                ))}
            </div>
            {connection === "locked" ? <p class="connection" role="alert">{t("error_locked")}</p>
                : connection !== "online" && <p class="connection" role="status"><span class="spinner small" aria-hidden="true" />{t(connection === "offline" ? "offline" : "connecting")}</p>}
            <TrustBanner />
            <div class="list-scroll" ref={box} onScroll={(event) => setTop((event.target as HTMLElement).scrollTop)}>
                {list.length === 0 && !complete && <Spinner label={t("opening")} />}
                {list.length === 0 && complete && (filter || narrow !== "all" || space ? <p class="empty">{t("nothing_found")}</p> : <Beginning />)}
                <ul class="rooms" style={{ paddingBlockStart: `${first * ROW}px`, paddingBlockEnd: `${(list.length - end) * ROW}px` }}>
                    {list.slice(first, end).map((row) => <RoomRowView key={row.id} row={row} open={row.id === open} />)}
                </ul>
            </div>
        </nav>
    );
}

function Beginning(): JSX.Element {
    const t = useWords();
    return (
        <div class="beginning">
            <h2>{t("beginning_title")}</h2>
            <p>{t("beginning_text")}</p>
            <button type="button" class="button primary" onClick={() => openDialog("new-room")}><Icon name="write" size={20} /><span>{t("new_conversation")}</span></button>
            <button type="button" class="button" onClick={() => openDialog("my-link")}><Icon name="qr" size={20} /><span>{t("my_link")}</span></button>
        </div>
    );
}
