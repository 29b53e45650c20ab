// The run of messages. What the feed holds is on the page, and that is bounded; where one reads stays where it is while
// older and newer messages come and go around it.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { day, dayNumber, number, useWords } from "../../i18n/index.ts";
import { state, useStore } from "../../store/store.ts";
import { kept } from "../../store/local.ts";
import type { Feed } from "../../matrix/feed.ts";
import type { Item } from "../../matrix/items.ts";
import type { Waiting } from "../../matrix/outbox.ts";
import type { RoomRow } from "../../matrix/rooms.ts";
import { me, roomOf } from "../../matrix/client.ts";
import { Button, IconButton, Spinner } from "../../ui/basics.tsx";
import type { ComposerHandle } from "../composer/composer.tsx";
import { markRead, setMarked } from "../rooms/room-menu.ts";
import { MessageRow } from "./message-row.tsx";
import { StateRow } from "./state-row.tsx";
import { WaitingRow } from "./waiting-row.tsx";
import { useFeed, useWaiting } from "./use-feed.ts";

const NEAR = 900;        // pixels from an end at which more is fetched
const TOGETHER = 5 * 60000;
const AT_END = 60;
const CHUNK = 8;        // rows that are laid out and painted together, apart from all others

const isMessage = (item: Item): boolean => item.type === "m.room.message" || item.type === "m.room.encrypted" || item.type === "m.sticker";

/** What is set when a room is made needs no line of its own: that it was made says it. */
const ofBeginning = (item: Item, before: Item | null): boolean =>
    (["m.room.power_levels", "m.room.join_rules", "m.room.avatar", "m.room.name"].includes(item.type) && !item.event.getUnsigned().replaces_state)
    || (item.type === "m.room.member" && before?.type === "m.room.create" && before.sender === item.sender);

export function Timeline({ feed, row, composer, thread }: {
    feed: Feed; row: RoomRow; composer: { current: ComposerHandle | null }; thread?: string;
}): JSX.Element {
    const t = useWords();
    const box = useRef<HTMLDivElement>(null);
    const anchor = useRef<{ id: string; top: number } | null>(null);
    const following = useRef(true);
    const [away, setAway] = useState(false);
    const ignored = useStore((s) => s.ignored);
    const unreadFrom = useMemo(() => (thread ? null : roomOf(row.id)?.getEventReadUpTo(me()) ?? null), [feed]);
    const keepPlace = () => {
        const scroller = box.current;
        if (!scroller || following.current) return;
        const edge = scroller.getBoundingClientRect().top;
        for (const element of scroller.querySelectorAll<HTMLElement>("[data-id]")) {
            const place = element.getBoundingClientRect();
            if (place.bottom < edge + 1) continue;
            anchor.current = { id: element.dataset.id!, top: place.top };
            return;
        }
    };
    const version = useFeed(feed, keepPlace);
    const waiting = useWaiting(row.id, thread ?? null, keepPlace);
    const items = useMemo(() => feed.items.filter((item) => !ignored.has(item.sender)), [version, feed, ignored]);

    useLayoutEffect(() => {
        const scroller = box.current!;
        if (feed.target) {
            const element = scroller.querySelector<HTMLElement>(`[data-id="${CSS.escape(feed.target)}"]`);
            if (element) {
                following.current = false;
                element.scrollIntoView({ block: "center" });
                element.classList.add("found");
                setTimeout(() => element.classList.remove("found"), 2500);
                feed.target = null;
                return;
            }
        }
        if (following.current) scroller.scrollTop = scroller.scrollHeight;
        else if (anchor.current) {
            const element = scroller.querySelector<HTMLElement>(`[data-id="${CSS.escape(anchor.current.id)}"]`);
            if (element) scroller.scrollTop += element.getBoundingClientRect().top - anchor.current.top;
        }
        anchor.current = null;
    });

    const last = items.at(-1);
    useEffect(() => {
        if (last?.sender === me() && feed.atLive) following.current = true;
    }, [waiting.length]);
    useEffect(() => {
        const read = () => {
            const id = feed.lastId();
            if (thread || !id || !feed.atLive || !following.current || document.visibilityState !== "visible" || !document.hasFocus()) return;
            if (feed.loading !== "none" || id === readTo.get(row.id)) return;
            readTo.set(row.id, id);
            void markRead(row.id, id);
            if (state.rooms.get(row.id)?.marked) void setMarked(row.id, false);
        };
        const timer = setTimeout(read, 350);
        addEventListener("focus", read);
        return () => {
            clearTimeout(timer);
            removeEventListener("focus", read);
        };
    }, [version, away]);
    useEffect(() => {
        const scroller = box.current!;
        const watch = new ResizeObserver(() => following.current && (scroller.scrollTop = scroller.scrollHeight));
        watch.observe(scroller);
        watch.observe(scroller.firstElementChild!);
        return () => watch.disconnect();
    }, []);

    const onScroll = () => {
        const scroller = box.current;
        if (!scroller) return; // the last of a movement may come when the conversation was left already
        const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
        following.current = below < AT_END && feed.atLive;
        if (scroller.scrollTop < NEAR && !feed.error) void feed.back();
        if (below < NEAR && !feed.atLive) void feed.forward();
        const far = below > 400 || !feed.atLive;
        if (far !== away) setAway(far);
    };
    const toEnd = () => {
        following.current = true;
        void feed.toLive().then(() => {
            if (box.current) box.current.scrollTop = box.current.scrollHeight;
            setAway(false);
        });
    };
    const onKeys = (event: KeyboardEvent) => {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        const rows = [...box.current!.querySelectorAll<HTMLElement>(".message[tabindex]")];
        const at = rows.indexOf(document.activeElement as HTMLElement);
        const to = at < 0 ? rows.at(-1) : rows[at + (event.key === "ArrowUp" ? -1 : 1)];
        if (!to) return;
        event.preventDefault();
        to.focus();
        to.scrollIntoView({ block: "nearest" });
    };

    const chunks = new Chunks();
    let before: Item | null = null;
    let unreadShown = false;
    const unreadAt = unreadFrom ? items.findIndex((item) => item.id === unreadFrom) : -1;
    for (const [index, item] of items.entries()) {
        const newDay = !before || dayNumber(before.at) !== dayNumber(item.at);
        if (newDay) chunks.apart(<div key={`day-${item.id}`} class="day" role="separator"><time>{day(item.at)}</time></div>);
        if (!unreadShown && unreadAt >= 0 && index > unreadAt && item.sender !== me() && isMessage(item)) {
            unreadShown = true;
            chunks.add(item.seq, <div key="unread" class="unread-line" role="separator"><span>{t("unread_from_here")}</span></div>);
        }
        if (!isMessage(item) && ofBeginning(item, before)) {
            before = item;
            continue;
        }
        if (!isMessage(item)) chunks.add(item.seq, <StateRow key={item.id} item={item} />);
        else {
            const grouped = !newDay && before !== null && isMessage(before) && before.sender === item.sender && item.at - before.at < TOGETHER && !(thread && before.id === thread);
            const next = items[index + 1];
            const ends = !next || next.sender !== item.sender || !isMessage(next) || next.at - item.at > TOGETHER || dayNumber(next.at) !== dayNumber(item.at);
            chunks.add(item.seq, <MessageRow key={item.id} item={item} room={row.id} kind={row.kind} encryptedRoom={row.encrypted} grouped={grouped} ends={ends} mine={item.sender === me()}
                read={item.seq <= feed.readSeq} quoted={item.replyTo ? feed.find(item.replyTo) : undefined} composer={composer} thread={thread ?? null} />);
        }
        before = item;
    }
    const empty = items.length === 0 && feed.loading === "none";
    return (
        <div class="timeline-frame">
            <div class="timeline" ref={box} onScroll={onScroll} onKeyDown={onKeys} role="log" aria-label={t("messages")} aria-live="off" tabIndex={0}>
                <div class="timeline-inside">
                    <div class="timeline-top">
                        {feed.loading === "back" && <Spinner label={t("loading")} />}
                        {feed.error && <p role="alert">{t("load_failed")} <Button onClick={() => { feed.error = false; void (items.length ? feed.back() : feed.open()); }}>{t("try_again")}</Button></p>}
                        {feed.atStart && !thread && row.encrypted && <p class="promise">{t("encrypted_start")}</p>}
                        {feed.atStart && !thread && !row.encrypted && <p class="promise open">{t("open_start")}</p>}
                        {empty && feed.atStart && !waiting.length && <p class="empty">{t("no_messages")}</p>}
                    </div>
                    <div class="timeline-lines">
                        {chunks.made()}
                        {feed.atLive && waiting.map((one: Waiting) => <WaitingRow key={one.txn} one={one} />)}
                    </div>
                    {feed.loading === "forward" && <Spinner label={t("loading")} />}
                </div>
            </div>
            {away && <span class="to-end"><IconButton icon="down" label={t("to_end")} onClick={toEnd} />
                {(feed.missed || row.unread) > 0 && <span class="badge" aria-hidden="true">{number(feed.missed || row.unread)}</span>}</span>}
        </div>
    );
}

/** Rows in runs that keep their rows while others come and go around them: only what changes is laid out and painted anew. */
class Chunks {
    private readonly all: { key: string; rows: JSX.Element[] | null; one: JSX.Element | null }[] = [];
    private readonly keys = new Set<string>();

    add(seq: number, row: JSX.Element): void {
        const run = Math.floor(seq / CHUNK);
        const last = this.all.at(-1);
        if (last?.rows && last.key.startsWith(`${run}.`)) {
            last.rows.push(row);
            return;
        }
        let key = `${run}.`;
        while (this.keys.has(key)) key += "+"; // a day began in between
        this.keys.add(key);
        this.all.push({ key, rows: [row], one: null });
    }

    /** What sticks to the top stands outside of all runs. */
    apart(one: JSX.Element): void {
        this.all.push({ key: "", rows: null, one });
    }

    made = (): JSX.Element[] => this.all.map(({ key, rows, one }) => one ?? <div key={key} class="run">{rows}</div>);
}

const readTo = new Map<string, string>();
export const draftOf = (room: string): string => kept<{ text?: string }>(`draft.${room}`, {}).text ?? "";
