// Completing "@na" to a person of the room.
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { me, roomOf } from "../../matrix/client.ts";
import { avatarOf, localPart } from "../../matrix/rooms.ts";
import { Avatar, clean } from "../../ui/basics.tsx";
import type { Mentioned } from "./markdown.ts";

const MOST = 6;

export interface Found {
    list: Mentioned[]; chosen: number; room: string;
    key(event: KeyboardEvent, pick: (one: Mentioned) => void): boolean;
    moved(): void;
    around(): { before: string; after: string };
}

export function useMentions(room: string, text: string, area: { current: HTMLTextAreaElement | null }): Found {
    const [at, setAt] = useState(0);
    const [chosen, setChosen] = useState(0);
    const [shut, setShut] = useState("");
    const word = /(?:^|\s)@([^\s@]{0,30})$/.exec(text.slice(0, at))?.[1];
    useEffect(() => {
        if (word !== undefined) void roomOf(room)?.loadMembersIfNeeded().catch(() => {});
        setChosen(0);
    }, [word]);
    useEffect(() => setAt(area.current?.selectionStart ?? text.length), [text]);
    const list = useMemo(() => {
        if (word === undefined || word === shut) return [];
        const wanted = word.toLocaleLowerCase();
        return (roomOf(room)?.getJoinedMembers() ?? []).filter((one) => one.userId !== me()
            && (one.rawDisplayName?.toLocaleLowerCase().includes(wanted) || localPart(one.userId).startsWith(wanted)))
            .slice(0, MOST).map((one) => ({ user: one.userId, name: clean(one.rawDisplayName ?? localPart(one.userId)) }));
    }, [word, room, shut]);
    return {
        list, chosen, room,
        moved: () => setAt(area.current?.selectionStart ?? 0),
        around: () => ({ before: text.slice(0, at - (word?.length ?? 0) - 1), after: text.slice(at) }),
        key(event, pick) {
            if (!list.length) return false;
            if (event.key === "ArrowDown" || event.key === "ArrowUp") setChosen((chosen + (event.key === "ArrowDown" ? 1 : list.length - 1)) % list.length);
            else if (event.key === "Enter" || event.key === "Tab") pick(list[chosen]);
            else if (event.key === "Escape") { setShut(word ?? ""); event.stopPropagation(); }
            else return false;
            event.preventDefault();
            return true;
        },
    };
}

export function MentionList({ found, onPick }: { found: Found; onPick: (one: Mentioned) => void }): JSX.Element {
    const t = useWords();
    return (
        <ul class="mention-list" role="listbox" aria-label={t("people")}>
            {found.list.map((one, n) => (
                <li key={one.user} role="option" aria-selected={n === found.chosen} class={n === found.chosen ? "on" : ""} onMouseDown={(event) => { event.preventDefault(); onPick(one); }}>
                    <Avatar id={one.user} name={one.name} mxc={avatarOf(found.room, one.user)} size={32} /><bdi>{one.name}</bdi><small><bdi dir="ltr">{one.user}</bdi></small>
                </li>
            ))}
        </ul>
    );
}
