// Search over the messages of this conversation that are loaded. Searching all of an encrypted history comes later, and the
// page says so; further messages can be loaded from here, a number at a time.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { fullDate, useWords } from "../../i18n/index.ts";
import { feedOf } from "../../matrix/feeds.ts";
import { memberName } from "../../matrix/rooms.ts";
import { Button, clean, Field, Name } from "../../ui/basics.tsx";
import { useFeed } from "../timeline/use-feed.ts";

const MOST = 60;

export function SearchHere({ room }: { room: string }): JSX.Element {
    const t = useWords();
    const feed = feedOf(room);
    const version = useFeed(feed);
    const [text, setText] = useState("");
    const wanted = text.trim().toLocaleLowerCase();
    const found = useMemo(() => (wanted.length < 2 ? [] : feed.items.filter((item) => !item.redacted && !item.failed
        && [item.content.body, item.content.filename].some((one) => typeof one === "string" && one.toLocaleLowerCase().includes(wanted))).reverse().slice(0, MOST)), [wanted, version]);
    return (
        <>
            <Field label={t("search_here")} value={text} onInput={setText} type="search" autoFocus />
            <p class="quiet small-print">{t("search_limits", { count: feed.items.length })}</p>
            {wanted.length >= 2 && found.length === 0 && <p class="empty">{t("nothing_found")}</p>}
            <ul class="results">{found.map((item) => (
                <li key={item.id}><button type="button" onClick={() => void feed.jump(item.id)}>
                    <span class="row between"><b><Name>{memberName(room, item.sender)}</Name></b><time>{fullDate(item.at)}</time></span>
                    <span dir="auto">{clean(String(item.content.body ?? ""))}</span></button></li>))}
            </ul>
            {!feed.atStart && <Button onClick={() => void feed.back()} busy={feed.loading === "back"}>{t("search_further")}</Button>}
        </>
    );
}
