// A dialog over the page: focus stays inside, Escape closes it, and focus goes back to where it was.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { IconButton } from "./basics.tsx";

export function Dialog({ title, children, onClose, wide, actions }: {
    title: string; children: ComponentChildren; onClose: () => void; wide?: boolean; actions?: ComponentChildren;
}): JSX.Element {
    const box = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => {
        const dialog = box.current!;
        const before = document.activeElement as HTMLElement | null;
        if (!dialog.open) dialog.showModal();
        return () => {
            dialog.close();
            before?.focus?.();
        };
    }, []);
    return (
        <dialog ref={box} class={`dialog${wide ? " wide" : ""}`} aria-labelledby={id}
            onCancel={(event) => { event.preventDefault(); onClose(); }}>
            <div class="dialog-body">
                <header>
                    <h2 id={id}>{title}</h2>
                    <IconButton icon="close" label={t("close")} onClick={onClose} />
                </header>
                <div class="dialog-content">{children}</div>
                {actions && <footer>{actions}</footer>}
            </div>
        </dialog>
    );
}
