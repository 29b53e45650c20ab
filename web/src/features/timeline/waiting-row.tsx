// A message of one's own that is not at the server yet: on its way, waiting for the network, or refused.
import type { JSX } from "preact";
import { number, t, time } from "../../i18n/index.ts";
import { cancel, resend, type Waiting } from "../../matrix/outbox.ts";
import { Icon } from "../../ui/icons.tsx";
import { contentLine } from "../rooms/preview.ts";
import { isBare } from "./file-body.tsx";
import { MessageBody } from "./message-body.tsx";

export function WaitingRow({ one }: { one: Waiting }): JSX.Element {
    const uploading = one.file !== undefined;
    return (
        <div class={`message mine ends waiting-message ${one.status}`} data-id={one.txn} role="article" aria-label={t(one.status === "failed" ? "send_failed" : "sending")}>
            <div class={`bubble${!uploading && isBare(one.type, one.content) ? " bare" : ""}`}>
                {uploading ? (
                    <div class="uploading">
                        {one.preview && <img src={one.preview} alt="" />}
                        <span>{contentLine(one.type, one.content)}</span>
                        {one.status !== "failed" && <><progress value={one.progress ?? 0} max={1} aria-label={t("upload_progress")} />
                            <small>{t("percent", { count: number(Math.round((one.progress ?? 0) * 100)) })}</small></>}
                        {one.status !== "failed" && <button type="button" class="link" onClick={() => cancel(one.txn)}>{t("cancel")}</button>}
                    </div>
                ) : <MessageBody room={one.room} type={one.type} content={one.content["m.new_content"] ?? one.content} />}
                <span class="meta">
                    <time>{time(one.at)}</time>
                    <span class="tick" role="img" aria-label={t(one.status === "failed" ? "send_failed" : one.status === "sent" ? "sent" : "sending")}>
                        <Icon name={one.status === "failed" ? "alert" : one.status === "sent" ? "check" : "clock"} size={15} /></span>
                </span>
                {one.status === "failed" && (
                    <div class="failed-bar" role="alert">
                        <span>{t("send_failed")}{one.error && `: ${one.error}`}</span>
                        <button type="button" class="link" onClick={() => resend(one.txn)}>{t("send_again")}</button>
                        <button type="button" class="link" onClick={() => cancel(one.txn)}>{t("discard")}</button>
                    </div>
                )}
            </div>
        </div>
    );
}
