// The conversations that are in memory: the one that is open, and a few before it.
import { Feed } from "./feed.ts";
import { follow } from "./client.ts";

const MOST = 4;
const feeds = new Map<string, Feed>();
const threads = new Map<string, Feed>();

export function feedOf(room: string): Feed {
    let feed = feeds.get(room);
    if (feed) feeds.delete(room);
    else feed = new Feed(room);
    feeds.set(room, feed);
    while (feeds.size > MOST) feeds.delete(feeds.keys().next().value!);
    follow(feeds.keys());
    void feed.open();
    return feed;
}

export function threadOf(room: string, root: string): Feed {
    const name = `${room} ${root}`;
    let feed = threads.get(name);
    if (!feed) {
        feed = new Feed(room, root);
        threads.clear();
        threads.set(name, feed);
    }
    void feed.open();
    return feed;
}

export const feedsOf = (room: string): Feed[] => [feeds.get(room), ...threads.values()].filter((one) => one?.room === room) as Feed[];

export function clearFeeds(): void {
    feeds.clear();
    threads.clear();
}
