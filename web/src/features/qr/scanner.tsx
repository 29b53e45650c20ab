// The camera, looking for a QR code. Pictures of it stay on this page.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { Button } from "../../ui/basics.tsx";

export function Scanner({ onText, onBytes, onClose }: { onText?: (text: string) => void; onBytes?: (bytes: Uint8Array) => void; onClose: () => void }): JSX.Element {
    const t = useWords();
    const video = useRef<HTMLVideoElement>(null);
    const [problem, setProblem] = useState("");
    useEffect(() => {
        let over = false;
        let stream: MediaStream | null = null;
        const run = async () => {
            const { default: jsQR } = await import("jsqr");
            stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
            const canvas = document.createElement("canvas");
            const context = canvas.getContext("2d", { willReadFrequently: true })!;
            video.current!.srcObject = stream;
            await video.current!.play();
            while (!over) {
                const { videoWidth: width, videoHeight: height } = video.current!;
                if (width) {
                    const scale = Math.min(1, 640 / width);
                    canvas.width = Math.round(width * scale);
                    canvas.height = Math.round(height * scale);
                    context.drawImage(video.current!, 0, 0, canvas.width, canvas.height);
                    const found = jsQR(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height);
                    if (found) {
                        if (onBytes) onBytes(Uint8Array.from(found.binaryData));
                        else onText?.(found.data);
                        return;
                    }
                }
                await new Promise((resolve) => setTimeout(resolve, 150));
            }
        };
        run().catch(() => !over && setProblem(t("no_camera")));
        return () => {
            over = true;
            for (const track of stream?.getTracks() ?? []) track.stop();
        };
    }, []);
    return (
        <div class="scanner">
            {problem ? <p role="alert">{problem}</p> : <video ref={video} muted playsInline aria-label={t("camera")} />}
            <Button onClick={onClose}>{t("cancel")}</Button>
        </div>
    );
}
