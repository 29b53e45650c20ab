// Short words at the foot of the page, which screen readers say too.
import type { JSX } from "preact";
import { useStore } from "../../store/store.ts";

export function Toasts(): JSX.Element {
    const toasts = useStore((s) => s.toasts);
    return (
        <div class="toasts" role="status" aria-live="polite">
            {toasts.map((one) => (
                <div key={one.id} class={`toast ${one.kind}`}>
                    <span>{one.text}</span>
                    {one.action && <button type="button" onClick={one.action.run}>{one.action.label}</button>}
                </div>
            ))}
        </div>
    );
}
