// The parts that pages are made of: buttons, fields, avatars, names.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons.tsx";

export function IconButton({ icon, label, onClick, active, kind = "", size, disabled }: {
    icon: IconName; label: string; onClick: (event: MouseEvent) => void; active?: boolean; kind?: string; size?: number; disabled?: boolean;
}): JSX.Element {
    return (
        <button type="button" class={`icon-button ${kind}${active ? " active" : ""}`} aria-label={label} title={label} onClick={onClick}
            aria-pressed={active === undefined ? undefined : active} disabled={disabled}>
            <Icon name={icon} size={size} />
        </button>
    );
}

export function Button({ children, onClick, kind = "", busy, disabled, submit, icon }: {
    children: ComponentChildren; onClick?: () => void; kind?: "" | "primary" | "danger" | "quiet"; busy?: boolean; disabled?: boolean;
    submit?: boolean; icon?: IconName;
}): JSX.Element {
    return (
        <button type={submit ? "submit" : "button"} class={`button ${kind}`} onClick={onClick} disabled={disabled || busy} aria-busy={busy}>
            {icon && <Icon name={icon} size={20} />}
            <span>{children}</span>
            {busy && <span class="spinner small" aria-hidden="true" />}
        </button>
    );
}

export function Field({ label, value, onInput, type = "text", hint, error, autoComplete, required, autoFocus, name, maxLength, readOnly, plain }: {
    label: string; value: string; onInput: (value: string) => void; type?: string; hint?: ComponentChildren; error?: string;
    autoComplete?: string; required?: boolean; autoFocus?: boolean; name?: string; maxLength?: number; readOnly?: boolean; plain?: boolean;
}): JSX.Element {
    const id = useId();
    return (
        <div class={`field${error ? " wrong" : ""}`}>
            <label for={id}>{label}</label>
            <input id={id} name={name} type={type as "text"} value={value} required={required} autoComplete={autoComplete} maxLength={maxLength}
                autoFocus={autoFocus} readOnly={readOnly} aria-invalid={!!error} aria-describedby={error || hint ? `${id}-about` : undefined}
                dir={plain ? "ltr" : "auto"} spellcheck={plain ? false : undefined} autoCapitalize={plain ? "none" : undefined}
                onInput={(event) => onInput((event.target as HTMLInputElement).value)} />
            {(error || hint) && <p id={`${id}-about`} class={error ? "error-text" : "hint"} role={error ? "alert" : undefined}>{error || hint}</p>}
        </div>
    );
}

/** A picture from this device. The browser's own control speaks the browser's language, which need not be the page's. */
export function PictureField({ label, action, onPick, disabled }: { label: string; action: string; onPick: (file: File) => void; disabled?: boolean }): JSX.Element {
    const input = useRef<HTMLInputElement>(null);
    const id = useId();
    const [name, setName] = useState("");
    return (
        <div class="field" role="group" aria-labelledby={id}>
            <label id={id}>{label}</label>
            <Button icon="image" disabled={disabled} onClick={() => input.current?.click()}>{name ? clean(name) : action}</Button>
            <input ref={input} type="file" hidden tabIndex={-1} aria-hidden="true" accept="image/png,image/jpeg,image/webp,image/gif" onChange={() => {
                const file = input.current?.files?.[0];
                if (!file) return;
                setName(file.name);
                onPick(file);
            }} />
        </div>
    );
}

export function Toggle({ label, hint, checked, onChange, disabled }: {
    label: string; hint?: string; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean;
}): JSX.Element {
    const id = useId();
    return (
        <div class="toggle">
            <label for={id}>{label}{hint && <small>{hint}</small>}</label>
            <input id={id} type="checkbox" role="switch" checked={checked} disabled={disabled}
                onChange={(event) => onChange((event.target as HTMLInputElement).checked)} />
        </div>
    );
}

/** A name that came from somebody else: whatever its characters do to the direction of text ends with it. */
export const Name = ({ children }: { children: string }): JSX.Element => <bdi class="name">{clean(children)}</bdi>;

/** Takes out the characters that turn the direction of what follows, and those that nobody can see. */
export const clean = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u0000-\u001f\u007f]/g, "").slice(0, 200);

const hueOf = (text: string): number => {
    let sum = 0;
    for (let at = 0; at < text.length; at++) sum = (sum * 31 + text.charCodeAt(at)) | 0;
    return Math.abs(sum) % 8;
};

const initialsOf = (name: string): string => {
    const words = clean(name).replace(/^[@#!]/, "").split(/[\s_.-]+/).filter(Boolean);
    const letters = [...new Intl.Segmenter().segment(words[0] ?? "?")].slice(0, 1).map((one) => one.segment);
    if (words[1]) letters.push([...new Intl.Segmenter().segment(words[1])][0].segment);
    const joins = /[\u0600-\u06ff]/.test(letters.join(""));
    return letters.join(joins ? "\u200c" : "").toUpperCase();
};

export function Avatar({ id, name, mxc, size = 48, icon }: { id: string; name: string; mxc?: string | null; size?: number; icon?: IconName }): JSX.Element {
    const [url, setUrl] = useState<string | null>(null);
    useEffect(() => {
        let current = true;
        setUrl(null);
        if (mxc) void import("../matrix/media.ts").then(({ thumbnail }) => thumbnail(mxc, size > 64 ? 192 : 96)).then((one) => current && setUrl(one.url), () => {});
        return () => {
            current = false;
        };
    }, [mxc]);
    return (
        <span class={`avatar hue-${hueOf(id)}`} style={{ "--size": `${size}px` } as Record<string, string>} aria-hidden="true">
            {url ? <img src={url} alt="" width={size} height={size} /> : icon ? <Icon name={icon} size={Math.round(size * 0.5)} /> : <span>{initialsOf(name)}</span>}
        </span>
    );
}

export const Spinner = ({ label }: { label: string }): JSX.Element => (
    <div class="waiting" role="status"><span class="spinner" aria-hidden="true" /><span>{label}</span></div>
);
