// Icons, drawn as lines of 24 by 24. Those that point somewhere turn around where one reads from right to left.
import type { JSX } from "preact";

const PATHS = {
    back: "M15 5l-7 7 7 7",
    next: "M9 5l7 7-7 7",
    close: "M6 6l12 12M18 6L6 18",
    menu: "M4 7h16M4 12h16M4 17h16",
    search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
    write: "M4 20h4L19 9l-4-4L4 16v4zM13.5 6.5l4 4",
    plus: "M12 5v14M5 12h14",
    clip: "M20 11.5l-8.2 8.2a5 5 0 0 1-7-7l8.5-8.6a3.3 3.3 0 0 1 4.7 4.7l-8.6 8.6a1.7 1.7 0 0 1-2.4-2.4l7.9-7.8",
    send: "M4 12l16-8-5 16-3.5-6.5L4 12zM11.5 13.5L20 4",
    mic: "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
    smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14c.8 1.3 2 2 3.5 2s2.700-.7 3.500-2M9 9.500v.5M15 9.500v.5",
    reply: "M10 7L5 12l5 5M5 12h9a5 5 0 0 1 5 5v1",
    thread: "M5 5h14v10H10l-5 4V5zM9 9h6M9 12h4",
    edit: "M4 20h4L18.500 9.500l-4-4L4 16v4z",
    trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    pin: "M9 4h6l-1 6 4 4H6l4-4-1-6zM12 14v6",
    flag: "M6 21V4h11l-2 4 2 4H6",
    check: "M5 12.500l4.500 4.500L19 7.500",
    checks: "M2.500 12.500L7 17l9-9.500M11.500 16.500l.5.5 9.500-9.500",
    clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.500 2",
    alert: "M12 4L2.500 20h19L12 4zM12 10v4M12 17v.5",
    lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
    unlock: "M6 11h12v9H6zM8.500 11V7a3.500 3.500 0 0 1 6.700-1.500",
    shield: "M12 3l7.500 3v5.500c0 4.500-3 8-7.500 9.500-4.500-1.500-7.500-5-7.500-9.500V6L12 3zM8.500 12l2.500 2.500 4.500-5",
    star: "M12 4l2.500 5.200 5.700.8-4.100 4 1 5.700L12 17l-5.100 2.700 1-5.700-4.100-4 5.700-.8L12 4z",
    mute: "M6 9v6h3l5 4V5L9 9H6zM17.500 9.500l4 5M21.500 9.500l-4 5",
    bell: "M6 16h12l-1.500-2.500V10a4.500 4.500 0 0 0-9 0v3.500L6 16zM10.500 19h3",
    group: "M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 19.500c.5-3.500 3-5 6.500-5s6 1.500 6.500 5M16 5a3.200 3.200 0 0 1 0 6.200M18 15c2 .6 3.200 2 3.500 4.500",
    person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.5-4 3.500-6 7.500-6s7 2 7.500 6",
    channel: "M4 10v4h3l8 4.500v-13L7 10H4zM18 9.500c1.300 1.300 1.300 3.700 0 5M8 14.500l1 5h2.500l-1-4",
    link: "M10 14a4 4 0 0 0 6 .4l3-3a4.200 4.200 0 0 0-6-6l-1.500 1.500M14 10a4 4 0 0 0-6-.4l-3 3a4.200 4.200 0 0 0 6 6l1.500-1.500",
    qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.500v2.500H14zM18 18h2v2h-2zM18 14h2",
    settings: "M12 15.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM12 2.500v3M12 18.500v3M2.500 12h3M18.500 12h3M5.300 5.300l2.100 2.100M16.600 16.600l2.100 2.100M18.700 5.300l-2.100 2.100M7.400 16.600l-2.100 2.100",
    logout: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
    download: "M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 20h14",
    file: "M6 3h8l4 4v14H6zM14 3v4h4",
    image: "M4 5h16v14H4zM4 16l5-5 4 4 3-2.500 4 3.500M15.500 9.500v.1",
    play: "M8 5l11 7-11 7z",
    pause: "M8 5v14M16 5v14",
    down: "M6 9l6 6 6-6",
    more: "M12 6v.01M12 12v.01M12 18v.01",
    calendar: "M4 6h16v14H4zM4 10h16M8 3.500V7M16 3.500V7",
    refresh: "M19 12a7 7 0 1 1-2-5l2.500 2.500M19.500 4v5.500H14",
    block: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.700 5.700l12.600 12.600",
    key: "M8 16a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM12.500 11.500H21v3.500M17 11.500V15",
    device: "M4 5h16v11H4zM9 20h6M12 16v4",
    info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.500v.5",
    globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
    stop: "M7 7h10v10H7z",
    sun: "M12 16.5a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400",
    moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
    at: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM16 8v5.500c0 3 4.500 2.500 4.500-2C20.500 6.500 17 3.500 12 3.500A8.500 8.500 0 1 0 16.500 19",
} as const;

export type IconName = keyof typeof PATHS;
const POINTING = new Set<IconName>(["back", "next", "send", "reply", "logout", "mute", "channel"]);

export function Icon({ name, size = 22 }: { name: IconName; size?: number }): JSX.Element {
    return (
        <svg class={POINTING.has(name) ? "icon pointing" : "icon"} width={size} height={size} viewBox="0 0 24 24" fill="none"
            stroke="currentColor" stroke-width={name === "more" ? 3 : 1.8} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
            <path d={PATHS[name]} />
        </svg>
    );
}
