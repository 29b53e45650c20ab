// Why a message cannot be read, in words, and what can be done about it.
import type { MatrixEvent } from "matrix-js-sdk/lib/models/event.js";
import type { CryptoBackend } from "matrix-js-sdk/lib/common-crypto/CryptoBackend.js";
import { t, type Word } from "../../i18n/index.ts";
import { openDialog, state, toast } from "../../store/store.ts";
import { crypto, matrix } from "../../matrix/client.ts";

const REASONS: Record<string, [Word, Word | null]> = {
    MEGOLM_UNKNOWN_INBOUND_SESSION_ID: ["unreadable_no_key", "ask_for_key"],
    OLM_UNKNOWN_MESSAGE_INDEX: ["unreadable_index", "ask_for_key"],
    MEGOLM_KEY_WITHHELD: ["unreadable_withheld", null],
    MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE: ["unreadable_unverified", "ask_for_key"],
    HISTORICAL_MESSAGE_NO_KEY_BACKUP: ["unreadable_before", "ask_for_key"],
    HISTORICAL_MESSAGE_BACKUP_UNCONFIGURED: ["unreadable_backup", "ask_for_key"],
    HISTORICAL_MESSAGE_WORKING_BACKUP: ["unreadable_not_in_backup", "ask_for_key"],
    HISTORICAL_MESSAGE_USER_NOT_JOINED: ["unreadable_not_joined", null],
    SENDER_IDENTITY_PREVIOUSLY_VERIFIED: ["unreadable_identity", null],
};

export function whyUnreadable(code: string): { text: string; action: Word | null } {
    const [word, action] = REASONS[code] ?? ["unreadable_other", "ask_for_key"];
    return { text: t(word), action };
}

/** Asks the backup and the other devices of this account for the key of a message. Only trusted devices answer each other. */
export async function askForKey(event: MatrixEvent): Promise<void> {
    if (!state.trusted) {
        openDialog("confirm-device");
        return;
    }
    const backend = crypto() as unknown as CryptoBackend & { olmMachine: { roomKeyRequestsEnabled: boolean }; outgoingRequestsManager: { doProcessOutgoingRequests(): Promise<void> } };
    backend.olmMachine.roomKeyRequestsEnabled = true;
    try {
        await crypto().loadSessionBackupPrivateKeyFromSecretStorage().catch(() => {});
        await event.attemptDecryption(backend, { isRetry: true });
        await backend.outgoingRequestsManager.doProcessOutgoingRequests();
        for (let tries = 0; tries < 10 && event.isDecryptionFailure(); tries++) {
            await new Promise((resolve) => setTimeout(resolve, 500));
            await matrix().decryptEventIfNeeded(event, { isRetry: true });
        }
    } finally {
        backend.olmMachine.roomKeyRequestsEnabled = false;
    }
    toast(t(event.isDecryptionFailure() ? "key_asked" : "key_came"));
}
