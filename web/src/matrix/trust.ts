// The account's identity (cross-signing), its recovery key (secret storage) and the backup of message keys.
// Spec: Client-Server API › Cross-signing, Secrets, Server-side key backups.
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";
import type { AuthDict } from "matrix-js-sdk/lib/interactive-auth.js";
import { set, state } from "../store/store.ts";
import { crypto, hasClient, matrix, me } from "./client.ts";
import { giveKey } from "./secrets.ts";

type Upload<T> = (auth: AuthDict | null) => Promise<T>;

/** Confirms with the password what the server asks to be confirmed. */
export const withPassword = (password: string) => async <T>(request: Upload<T>): Promise<T> => {
    try {
        return await request(null);
    } catch (error) {
        const asked = error as { httpStatus?: number; data?: { session?: string } };
        if (asked.httpStatus !== 401 || !asked.data?.session) throw error;
        return request({ type: "m.login.password", password, session: asked.data.session,
            identifier: { type: "m.id.user", user: me() } } as unknown as AuthDict);
    }
};

/** Makes a new identity, recovery key and backup; gives the recovery key, which is kept nowhere else. */
export async function setUpEncryption(password: string): Promise<string> {
    const api = crypto();
    const made = await api.createRecoveryKeyFromPassphrase();
    giveKey(made.privateKey as Uint8Array<ArrayBuffer>);
    await api.bootstrapCrossSigning({ setupNewCrossSigning: true, authUploadDeviceSigningKeys: withPassword(password) as never });
    await api.bootstrapSecretStorage({ createSecretStorageKey: async () => made, setupNewSecretStorage: true, setupNewKeyBackup: true });
    return made.encodedPrivateKey!;
}

/** A new recovery key in place of one that was lost or seen. This device has to hold the identity. */
export async function renewRecoveryKey(): Promise<string> {
    const api = crypto();
    const made = await api.createRecoveryKeyFromPassphrase();
    giveKey(made.privateKey as Uint8Array<ArrayBuffer>);
    await api.bootstrapSecretStorage({ createSecretStorageKey: async () => made, setupNewSecretStorage: true });
    const status = await api.getSecretStorageStatus();
    if (!status.ready) throw new Error("this device does not hold the whole identity");
    return made.encodedPrivateKey!;
}

/** On a further device: the recovery key gives back the identity and the keys of messages. Throws when it is not the key. */
export async function restore(recoveryKey: string, onProgress: (done: number, all: number) => void): Promise<number> {
    const api = crypto();
    const key = decodeRecoveryKey(recoveryKey.replace(/\s+/g, "")) as Uint8Array<ArrayBuffer>;
    const stored = await matrix().secretStorage.getKey();
    if (!stored) throw new Error("NO_STORAGE");
    if (!(await matrix().secretStorage.checkKey(key, stored[1]))) throw new Error("WRONG_KEY");
    giveKey(key);
    await api.bootstrapCrossSigning({});
    await api.loadSessionBackupPrivateKeyFromSecretStorage();
    await api.checkKeyBackupAndEnable();
    const result = await api.restoreKeyBackup({
        progressCallback: (at) => "successes" in at && onProgress(Number(at.successes ?? 0), Number((at as { total?: number }).total ?? 0)),
    });
    await checkTrust();
    return result.imported;
}

/** After a verification by another own device: the backup's key came with the identity's secrets. */
export async function useBackupOfOtherDevice(): Promise<void> {
    await crypto().checkKeyBackupAndEnable();
    await checkTrust();
}

export async function checkTrust(): Promise<void> {
    if (!hasClient()) return;
    try {
        const own = await crypto().getDeviceVerificationStatus(me(), matrix().getDeviceId()!);
        const backup = await crypto().getActiveSessionBackupVersion();
        const trusted = own?.crossSigningVerified ?? false;
        if (trusted !== state.trusted || (backup !== null) !== state.backup) set({ trusted, backup: backup !== null });
    } catch {
        // not started yet, or stopped meanwhile
    }
}
