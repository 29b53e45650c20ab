// Comparing seven emoji, or reading a code with the camera. Spec: Client-Server API › Short Authentication String, QR codes.
import { VerificationPhase, VerificationRequestEvent, VerifierEvent, type ShowQrCodeCallbacks, type ShowSasCallbacks, type VerificationRequest, type Verifier } from "matrix-js-sdk/lib/crypto-api/verification.js";
import type { JSX } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { useWords } from "../../i18n/index.ts";
import { state } from "../../store/store.ts";
import { localPart } from "../../matrix/rooms.ts";
import { useBackupOfOtherDevice } from "../../matrix/trust.ts";
import { Button, Spinner } from "../../ui/basics.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icons.tsx";
import { QrCode } from "../qr/qr-code.tsx";
import { Scanner } from "../qr/scanner.tsx";
import { persianEmoji } from "./emoji-names.ts";

export function Verification({ request, onClose }: { request: VerificationRequest; onClose: () => void }): JSX.Element {
    const t = useWords();
    const [, redraw] = useReducer((n: number) => n + 1, 0);
    const [sas, setSas] = useState<ShowSasCallbacks | null>(null);
    const [qr, setQr] = useState<ShowQrCodeCallbacks | null>(null);
    const [code, setCode] = useState<Uint8Array | null>(null);
    const [scanning, setScanning] = useState(false);
    const [confirmed, setConfirmed] = useState(false);
    const [problem, setProblem] = useState("");
    const known = useRef<Verifier | null>(null);
    const asked = useRef(false);

    const follow = (verifier: Verifier) => {
        if (known.current === verifier) return;
        known.current = verifier;
        verifier.on(VerifierEvent.ShowSas, setSas);
        verifier.on(VerifierEvent.ShowReciprocateQr, setQr);
        if (verifier.getShowSasCallbacks()) setSas(verifier.getShowSasCallbacks());
        if (verifier.getReciprocateQrCodeCallbacks()) setQr(verifier.getReciprocateQrCodeCallbacks());
        verifier.verify().catch(() => redraw(0));
    };
    useEffect(() => {
        const changed = () => {
            if (request.verifier) follow(request.verifier);
            // Once: a second code is a second verification, and ends the first.
            if (request.phase === VerificationPhase.Ready && !asked.current) {
                asked.current = true;
                void request.generateQRCode().then((bytes) => bytes && setCode(Uint8Array.from(bytes)), () => {});
            }
            if (request.phase === VerificationPhase.Done && request.isSelfVerification) void useBackupOfOtherDevice().catch(() => {});
            redraw(0);
        };
        request.on(VerificationRequestEvent.Change, changed);
        changed();
        return () => {
            request.off(VerificationRequestEvent.Change, changed);
        };
    }, [request]);

    const attempt = (run: () => Promise<unknown>) => () => void run().catch((error) => setProblem(t("failed", { text: (error as Error).message })));
    const close = () => {
        if (request.phase < VerificationPhase.Cancelled) void request.cancel().catch(() => {});
        onClose();
    };
    const phase = request.phase;
    const title = t(request.isSelfVerification ? "verify_device" : "verify_person");
    const who = request.isSelfVerification ? "" : localPart(request.otherUserId);
    let body: JSX.Element;
    let actions: JSX.Element | undefined;
    if (phase === VerificationPhase.Done) {
        body = <div class="person good-news"><Icon name="shield" size={64} /><p>{t(request.isSelfVerification ? "verified_device" : "verified_person", { name: who })}</p></div>;
        actions = <Button kind="primary" onClick={onClose}>{t("done")}</Button>;
    } else if (phase === VerificationPhase.Cancelled) {
        body = <p role="alert">{t(request.cancellationCode === "m.mismatched_sas" || request.cancellationCode === "m.key_mismatch" ? "verify_mismatch"
            : request.cancellationCode === "m.timeout" ? "verify_timeout" : "verify_cancelled")}</p>;
        actions = <Button onClick={onClose}>{t("close")}</Button>;
    } else if (sas && !confirmed) {
        const emoji = sas.sas.emoji ?? [];
        body = <>
            <p>{t("compare_emoji")}</p>
            <ol class="sas">{emoji.map(([picture, name], n) => <li key={n}><span aria-hidden="true">{picture}</span><small>{state.language === "fa" ? persianEmoji[picture] ?? name : name}</small></li>)}</ol>
        </>;
        actions = <><Button kind="danger" onClick={() => sas.mismatch()}>{t("they_differ")}</Button>
            <Button kind="primary" onClick={() => { setConfirmed(true); void sas.confirm().catch(() => {}); }}>{t("they_match")}</Button></>;
    } else if (qr && !confirmed) {
        body = <p>{t("qr_scanned")}</p>;
        actions = <><Button kind="danger" onClick={() => qr.cancel()}>{t("no")}</Button><Button kind="primary" onClick={() => { setConfirmed(true); qr.confirm(); }}>{t("yes")}</Button></>;
    } else if (phase === VerificationPhase.Requested && !request.initiatedByMe) {
        body = <p>{t(request.isSelfVerification ? "verify_asked_device" : "verify_asked_person", { name: who })}</p>;
        actions = <><Button onClick={close}>{t("decline")}</Button><Button kind="primary" busy={request.accepting} onClick={attempt(() => request.accept())}>{t("accept")}</Button></>;
    } else if (phase === VerificationPhase.Ready) {
        body = <>
            <p>{t("verify_how")}</p>
            {scanning ? <Scanner onBytes={(bytes) => { setScanning(false); void request.scanQRCode(new Uint8ClampedArray(bytes)).then(follow, () => setProblem(t("qr_wrong"))); }} onClose={() => setScanning(false)} />
                : code && request.otherPartySupportsMethod("m.qr_code.scan.v1") && <div class="person"><QrCode bytes={code} label={t("verify_qr")} /><p class="quiet">{t("verify_qr")}</p></div>}
            {!scanning && request.otherPartySupportsMethod("m.qr_code.show.v1") && <Button icon="qr" onClick={() => setScanning(true)}>{t("scan")}</Button>}
        </>;
        actions = <Button kind="primary" onClick={attempt(async () => follow(await request.startVerification("m.sas.v1")))}>{t("verify_emoji")}</Button>;
    } else body = <Spinner label={t(phase === VerificationPhase.Requested ? "verify_waiting" : "verify_going")} />;
    return <Dialog title={title} onClose={close} actions={actions}>{body}{problem && <p class="error-text" role="alert">{problem}</p>}</Dialog>;
}
