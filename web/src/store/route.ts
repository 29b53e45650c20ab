// The address is the place where one is: #/room/ID, #/settings/PAGE, #/admin/PAGE; nothing: the list.
import { openDialog, set, state, type Route } from "./store.ts";

function safely(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return "";
    }
}

export function parse(hash: string): Route {
    const [, at, first, second] = hash.replace(/^#/, "").split("/").map(safely);
    if (at === "room" && first) return { at: "room", room: first, ...(second && { event: second }) };
    if (at === "settings" || at === "admin") return { at, ...(first && { page: first }) };
    return { at: "list" };
}

export function address(route: Route): string {
    if (route.at === "room") return `#/room/${encodeURIComponent(route.room)}${route.event ? `/${encodeURIComponent(route.event)}` : ""}`;
    if (route.at === "list") return "#/";
    return `#/${route.at}${route.page ? `/${route.page}` : ""}`;
}

export function go(route: Route, replace = false): void {
    const to = address(route);
    if (location.hash === to || (to === "#/" && location.hash === "")) return;
    if (replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
    follow();
}

function follow(): void {
    const route = parse(location.hash);
    const same = state.route.at === "room" && route.at === "room" && state.route.room === route.room;
    set({ route, dialogs: [], ...(!same && { thread: null, panel: null }) });
    // A person's link: their card over whatever is there.
    const person = /^#\/user\/([^/]+)/.exec(location.hash)?.[1];
    if (person) openDialog("person", { user: safely(person) });
}

export function startRouting(): void {
    addEventListener("popstate", follow);
    addEventListener("hashchange", follow);
    follow();
}
