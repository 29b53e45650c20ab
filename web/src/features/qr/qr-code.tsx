// A QR code, drawn as one path.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import qrcode from "qrcode-generator";

/** `bytes` where the content is not text, as in verification. */
export function QrCode({ text, bytes, label, size = 220 }: { text?: string; bytes?: Uint8Array; label: string; size?: number }): JSX.Element {
    const { path, count } = useMemo(() => {
        const code = qrcode(0, "M");
        const content = bytes ? String.fromCharCode(...bytes) : String.fromCharCode(...new TextEncoder().encode(text ?? ""));
        qrcode.stringToBytes = (one: string) => Array.from(one, (c) => c.charCodeAt(0));
        code.addData(content, "Byte");
        code.make();
        const count = code.getModuleCount();
        let path = "";
        for (let y = 0; y < count; y++) for (let x = 0; x < count; x++) if (code.isDark(y, x)) path += `M${x + 4} ${y + 4}h1v1h-1z`;
        return { path, count: count + 8 };
    }, [text, bytes]);
    return <svg class="qr" width={size} height={size} viewBox={`0 0 ${count} ${count}`} role="img" aria-label={label} shape-rendering="crispEdges">
        <rect width={count} height={count} fill="#fff" /><path d={path} fill="#000" /></svg>;
}
