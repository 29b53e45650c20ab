// Telling of new messages while one looks elsewhere: the desktop's notification, a sound, the count in the title and badge.
import type { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import { number, t } from "../../i18n/index.ts";
import { state, subscribe } from "../../store/store.ts";
import { kept } from "../../store/local.ts";
import { go } from "../../store/route.ts";
import { matrix, me } from "../../matrix/client.ts";
import { memberName, noteMention } from "../../matrix/rooms.ts";
import { clean } from "../../ui/basics.tsx";
import { eventLine } from "../rooms/preview.ts";

export interface NotifySettings { desktop: boolean; sound: boolean; hidden: boolean }
export const notifySettings = (): NotifySettings => ({ desktop: false, sound: true, hidden: false, ...kept<Partial<NotifySettings>>("notify", {}) });

const told = new Set<string>();
let context: AudioContext | null = null;

/** Two soft tones, made here: no file is fetched. */
export function chime(): void {
    try {
        context ??= new AudioContext();
        const start = context.currentTime;
        for (const [after, pitch] of [[0, 660], [0.11, 880]]) {
            const tone = context.createOscillator(), gain = context.createGain();
            tone.frequency.value = pitch;
            gain.gain.setValueAtTime(0.0001, start + after);
            gain.gain.exponentialRampToValueAtTime(0.08, start + after + 0.02);
            gain.gain.exponentialRampToValueAtTime(0.0001, start + after + 0.35);
            tone.connect(gain).connect(context.destination);
            tone.start(start + after);
            tone.stop(start + after + 0.4);
        }
    } catch {
        // no sound on this machine
    }
}

const mentionsMe = (event: MatrixEvent): boolean => {
    const users = event.getContent()["m.mentions"]?.user_ids;
    return Array.isArray(users) && users.includes(me());
};

/** A new event: told of when its push rules say so, and nobody looks at it already. */
export function notice(event: MatrixEvent, live: boolean): void {
    const id = event.getId()!;
    const room = event.getRoomId()!;
    if (!live || told.has(id) || event.getSender() === me() || state.ignored.has(event.getSender()!)) return;
    told.add(id);
    if (told.size > 500) told.delete(told.values().next().value!);
    const row = state.rooms.get(room);
    const actions = matrix().getPushActionsForEvent(event, true);
    const here = state.route.at === "room" && state.route.room === room && document.visibilityState === "visible" && document.hasFocus();
    if (here) return;
    if (actions?.tweaks?.highlight || mentionsMe(event)) noteMention(room, id);
    if (!actions?.notify || row?.muted) return;
    const settings = notifySettings();
    if (settings.sound) chime();
    if (!settings.desktop || !("Notification" in globalThis) || Notification.permission !== "granted") return;
    const name = clean(row?.name ?? t("app_name"));
    const title = settings.hidden ? t("app_name") : name;
    const who = row?.kind === "direct" ? "" : `${clean(memberName(room, event.getSender()!))}: `;
    const body = settings.hidden ? t("new_message") : who + clean(eventLine(event));
    const options = { body, tag: room, icon: "/icon-192.png", silent: true, data: { room }, dir: "auto" as const };
    void navigator.serviceWorker?.getRegistration().then((worker) => {
        if (worker) return worker.showNotification(title, options);
        const shown = new Notification(title, options);
        shown.onclick = () => { window.focus(); go({ at: "room", room }); shown.close(); };
        return undefined;
    }).catch(() => {});
}

let before = -1;
subscribe(() => {
    const count = [...state.rooms.values()].filter((row) => !row.muted || row.highlight > 0).reduce((sum, row) => sum + (row.muted ? row.highlight : row.unread), 0);
    if (count === before) return;
    before = count;
    document.title = count ? `(${number(count)}) ${t("app_name")}` : t("app_name");
    const badge = navigator as unknown as { setAppBadge?: (n: number) => Promise<void>; clearAppBadge?: () => Promise<void> };
    void (count ? badge.setAppBadge?.(count) : badge.clearAppBadge?.())?.catch(() => {});
});
