// A menu at a point of the page, for the mouse and for the keyboard. It stands beside the page's content: what it was opened
// from may be clipped, or move.
import type { JSX } from "preact";
import { createPortal } from "preact/compat";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons.tsx";

export interface Entry { label: string; icon: IconName; run: () => void; danger?: boolean }

export function Menu({ at, entries, onClose, above, label }: {
    at: { x: number; y: number }; entries: Entry[]; onClose: () => void; above?: JSX.Element; label: string;
}): JSX.Element {
    const box = useRef<HTMLDivElement>(null);
    const before = useRef(document.activeElement as HTMLElement | null);
    const [place, setPlace] = useState<{ left: number; top: number } | null>(null);
    useLayoutEffect(() => {
        const { width, height } = box.current!.getBoundingClientRect();
        const rtl = document.documentElement.dir === "rtl";
        const left = rtl ? at.x - width : at.x;
        setPlace({
            left: Math.max(8, Math.min(left, innerWidth - width - 8)),
            top: Math.max(8, Math.min(at.y, innerHeight - height - 8)),
        });
    }, []);
    // The focus goes to the first entry, once the menu is where it belongs.
    useEffect(() => {
        if (!place) return undefined;
        const frame = requestAnimationFrame(() => box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true }));
        return () => cancelAnimationFrame(frame);
    }, [place]);
    useEffect(() => {
        const outside = (event: Event) => !box.current?.contains(event.target as Node) && onClose();
        // Whatever has the focus: it may not have come here yet.
        const escape = (event: KeyboardEvent) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            event.stopPropagation();
            onClose();
        };
        addEventListener("pointerdown", outside, true);
        addEventListener("keydown", escape, true);
        addEventListener("resize", onClose);
        return () => {
            removeEventListener("pointerdown", outside, true);
            removeEventListener("keydown", escape, true);
            removeEventListener("resize", onClose);
            if (document.activeElement === document.body || !document.activeElement) before.current?.focus?.();
        };
    }, []);
    const keys = (event: KeyboardEvent) => {
        const all = [...box.current!.querySelectorAll<HTMLElement>("button")];
        const now = all.indexOf(document.activeElement as HTMLElement);
        if (event.key === "Tab") {
            event.preventDefault();
            event.stopPropagation();
            onClose();
        } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            all[(now + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]?.focus();
        }
    };
    return createPortal(
        <div ref={box} class={`menu${place ? " placed" : ""}`} tabIndex={-1} onKeyDown={keys}
            style={{ left: `${place?.left ?? 0}px`, top: `${place?.top ?? 0}px` }}>
            {above}
            <div role="menu" aria-label={label}>
            {entries.map((entry) => (
                <button type="button" role="menuitem" class={entry.danger ? "danger" : ""} key={entry.label}
                    onClick={() => { onClose(); entry.run(); }}>
                    <Icon name={entry.icon} size={20} /><span>{entry.label}</span>
                </button>
            ))}
            </div>
        </div>, document.body);
}
