// A feed and its page: before the page is drawn anew, `before` is called, so that the place where one reads can be kept.
import { useLayoutEffect, useReducer } from "preact/hooks";
import type { Feed } from "../../matrix/feed.ts";
import { onOutbox, outboxVersion, waitingIn, type Waiting } from "../../matrix/outbox.ts";

export function useFeed(feed: Feed, before?: () => void): number {
    const [, redraw] = useReducer((n: number) => n + 1, 0);
    useLayoutEffect(() => {
        const seen = feed.version;
        const stop = feed.subscribe(() => {
            before?.();
            redraw(0);
        });
        if (seen !== feed.version) redraw(0);
        return stop;
    }, [feed]);
    return feed.version;
}

export function useWaiting(room: string, thread: string | null, before?: () => void): Waiting[] {
    const [, redraw] = useReducer((n: number) => n + 1, 0);
    useLayoutEffect(() => onOutbox(() => {
        before?.();
        redraw(0);
    }), []);
    outboxVersion();
    return waitingIn(room).filter((one) => {
        const relation = one.content["m.relates_to"];
        if (one.type !== "m.room.message") return false;
        return thread ? relation?.rel_type === "m.thread" && relation.event_id === thread : relation?.rel_type !== "m.thread";
    });
}
