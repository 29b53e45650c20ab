// One matrix-js-sdk client with its Rust crypto, driven over standard input and output: a line of JSON is a command, a line
// of JSON its answer. See ../agents.py for the commands. Nothing of the protocol is written here but the encryption of
// attachments, which js-sdk leaves to the application (Client-Server API, "Sending encrypted attachments").
import { webcrypto as crypto } from "node:crypto";
import fs from "node:fs";
import readline from "node:readline";

// Standard output carries answers only.
for (const name of ["log", "info", "warn", "debug", "trace"]) console[name] = () => {};
console.error = (...parts) => process.stderr.write(parts.map(String).join(" ") + "\n");
process.on("unhandledRejection", (error) => process.stderr.write(`unhandled: ${error}\n`));

const sdk = await import("matrix-js-sdk");
const { CryptoEvent, VerificationPhase, VerifierEvent } = await import("matrix-js-sdk/lib/crypto-api/index.js");
const { logger } = await import("matrix-js-sdk/lib/logger.js");
logger.setLevel?.("error", false);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const base64 = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
const sha256 = async (bytes) => Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");

const secretKeys = new Map(); // secret storage: key id -> bytes, as an application would keep them
let client, request, verifier, emoji, recoveryKey;
// Whether /v3/sync gave a room's state under the name that js-sdk asks for (MSC4222). Without it the client goes on, with
// state that may be wrong, so that nothing else here would notice.
let stateAfter = false, needsStateAfter = false;

let userAgent;  // in place of Node's own

async function watched(input, init) {
    if (userAgent) {
        init = { ...init, headers: new Headers(init?.headers) };
        init.headers.set("User-Agent", userAgent);
    }
    const answer = await fetch(input, init);
    if (String(input.url ?? input).includes("/v3/sync"))
        answer.clone().text().then((text) => { stateAfter ||= text.includes('"org.matrix.msc4222.state_after":'); }, () => {});
    return answer;
}
const seen = new Map();

function record(event) {
    const entry = {
        event_id: event.getId(), room: event.getRoomId(), sender: event.getSender(), type: event.getType(),
        content: event.getOriginalContent(), encrypted: event.isEncrypted(),
        readable: !event.isEncrypted() || (event.getClearContent() !== null && !event.isDecryptionFailure()),
    };
    if (event.isRedaction()) entry.redacts = event.getAssociatedId();
    // Of an own event the copy that sync brings is not decrypted: the one that was sent stands for it.
    const own = event.getSender() === client?.getUserId();
    if (!entry.event_id || entry.event_id.startsWith("~")) return;
    if (own && seen.get(entry.event_id)?.readable && !entry.readable) return;
    seen.set(entry.event_id, entry);
}

async function until(check) {
    for (;;) {
        const value = await check();
        if (value) return value;
        await sleep(20);
    }
}

// A client that lost its server tries again, with the same transaction id.
async function put(room, type, content, txn) {
    let sent;
    try {
        sent = await client.sendEvent(room, type, content, txn);
    } catch (error) {
        for (let tries = 0; ; tries++) {
            await sleep(200);
            const local = client.getRoom(room).getPendingEvents().find((e) => e.getTxnId() === txn);
            try {
                sent = local ? await client.resendEvent(local, client.getRoom(room))
                             : await client.sendEvent(room, type, content, txn);
                break;
            } catch (again) {
                if (tries > 200) throw again;
            }
        }
    }
    return { event_id: sent.event_id };
}

// The file as it is uploaded, and what the event says about it.
async function sealFile(clear) {
    const key = await crypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    const iv = new Uint8Array(16);
    crypto.getRandomValues(iv.subarray(0, 8)); // the low half counts blocks
    const sealed = await crypto.subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, clear);
    const hash = await crypto.subtle.digest("SHA-256", sealed);
    return [sealed, { v: "v2", iv: base64(iv), hashes: { sha256: base64(hash) },
                      key: await crypto.subtle.exportKey("jwk", key) }];
}

function follow(incoming) {
    request = incoming;
}

async function sas() {
    verifier = await until(() => request.verifier);
    if (!emoji) {
        const shown = (callbacks) => { emoji = callbacks; };
        if (verifier.getShowSasCallbacks()) shown(verifier.getShowSasCallbacks());
        verifier.on(VerifierEvent.ShowSas, shown);
        verifier.verify().catch((error) => process.stderr.write(`verification: ${error}\n`));
    }
}

const commands = {
    async start({ url, name, password, login, sliding, device_name = "js-sdk", user_agent }) {
        userAgent = user_agent;
        const open = sdk.createClient({ baseUrl: url, fetchFn: watched });
        const made = login
            ? await open.loginRequest({ type: "m.login.password", identifier: { type: "m.id.user", user: name }, password,
                                        initial_device_display_name: device_name })
            : await open.registerRequest({ username: name, password, auth: { type: "m.login.dummy" },
                                           initial_device_display_name: device_name });
        client = sdk.createClient({
            baseUrl: url, userId: made.user_id, deviceId: made.device_id, accessToken: made.access_token,
            timelineSupport: true, fetchFn: watched,
            cryptoCallbacks: {
                getSecretStorageKey: async ({ keys }) => {
                    const id = Object.keys(keys).find((key) => secretKeys.has(key)) ?? Object.keys(keys)[0];
                    return secretKeys.has(id) ? [id, secretKeys.get(id)] : recoveryKey ? [id, recoveryKey] : null;
                },
                cacheSecretStorageKey: (id, _info, key) => secretKeys.set(id, key),
            },
        });
        await client.initRustCrypto({ useIndexedDB: false });
        client.getCrypto().globalBlacklistUnverifiedDevices = false;
        client.on(sdk.ClientEvent.Event, record);
        client.on(sdk.RoomEvent.Timeline, (event) => record(event));
        client.on(sdk.RoomEvent.LocalEchoUpdated, (event) => record(event));
        client.on(sdk.MatrixEventEvent.Decrypted, record);
        client.on(CryptoEvent.VerificationRequestReceived, follow);
        if (sliding) {
            // Of a gap, js-sdk decrypts by itself what follows the user's own last event; an application asks for the
            // rest when it shows it.
            client.on(sdk.RoomEvent.Timeline, (event) => client.decryptEventIfNeeded(event).catch(() => {}));
            // Everything of every room, as a client asks that shows all of its rooms.
            const { SlidingSync } = await import("matrix-js-sdk/lib/sliding-sync.js");
            const rule = { timeline_limit: 100, required_state: [["*", "*"]] };
            const lists = new Map([["all", { ranges: [[0, 99]], ...rule }]]);
            await client.startClient({ slidingSync: new SlidingSync(url, lists, rule, client, 10000),
                                       pendingEventOrdering: sdk.PendingEventOrdering.Detached });
            await until(() => client.isInitialSyncComplete());
            return { user_id: made.user_id, device_id: made.device_id, token: made.access_token };
        }
        needsStateAfter = true;
        // js-sdk pauses some seconds after it lost its server; what was said meanwhile is to come in one piece.
        const filter = new sdk.Filter(made.user_id);
        filter.setTimelineLimit(200);
        await client.startClient({ filter, initialSyncLimit: 200, pollTimeout: 10000,
                                   pendingEventOrdering: sdk.PendingEventOrdering.Detached });
        await until(() => client.isInitialSyncComplete());
        return { user_id: made.user_id, device_id: made.device_id, token: made.access_token };
    },
    async create_room({ invite }) {
        const made = await client.createRoom({
            preset: "private_chat", invite, name: "A room of two",
            initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
        });
        return { room: made.room_id };
    },
    async join({ room }) {
        await client.joinRoom(room);
        return {};
    },
    async wait_members({ room, users }) {
        await until(async () => client.getRoom(room) && (await client.getCrypto().isEncryptionEnabledInRoom(room))
            && users.every((user) => client.getRoom(room).getMember(user)?.membership === "join"));
        await until(() => stateAfter || !needsStateAfter);
        return {};
    },
    async send({ room, text, txn }) {
        return put(room, "m.room.message", { msgtype: "m.text", body: text }, txn);
    },
    async edit({ room, event_id, text, txn }) {
        return put(room, "m.room.message", {
            msgtype: "m.text", body: `* ${text}`, "m.new_content": { msgtype: "m.text", body: text },
            "m.relates_to": { rel_type: "m.replace", event_id },
        }, txn);
    },
    async react({ room, event_id, key, txn }) {
        return put(room, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id, key } }, txn);
    },
    async redact({ room, event_id, txn }) {
        const sent = await client.redactEvent(room, event_id, txn);
        return { event_id: sent.event_id };
    },
    async image({ room, file, txn }) {
        const clear = fs.readFileSync(file);
        const [sealed, keys] = await sealFile(clear);
        const { content_uri } = await client.uploadContent(Buffer.from(sealed), { type: "application/octet-stream",
                                                                                  includeFilename: false });
        return put(room, "m.room.message", {
            msgtype: "m.image", body: "picture.png", info: { mimetype: "image/png", size: clear.length },
            file: { ...keys, url: content_uri },
        }, txn);
    },
    async fetch_image({ event_id }) {
        const file = seen.get(event_id).content.file;
        const address = client.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true);
        const answer = await fetch(address, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
        if (!answer.ok) throw new Error(`download: ${answer.status}`);
        const sealed = new Uint8Array(await answer.arrayBuffer());
        if (base64(await crypto.subtle.digest("SHA-256", sealed)) !== file.hashes.sha256.replace(/=+$/, ""))
            throw new Error("the file is not the one that was sent");
        const key = await crypto.subtle.importKey("jwk", file.key, { name: "AES-CTR" }, false, ["decrypt"]);
        const clear = await crypto.subtle.decrypt(
            { name: "AES-CTR", counter: Buffer.from(file.iv, "base64"), length: 64 }, key, sealed);
        return { sha256: await sha256(clear), stored_sha256: await sha256(sealed) };
    },
    async wait_event({ event_id }) {
        return until(() => seen.get(event_id)?.readable && seen.get(event_id));
    },
    async events({ room }) {
        return { events: [...seen.values()].filter((entry) => entry.room === room) };
    },
    // Cross-signing, secret storage and key backup, as an application sets them up.
    async bootstrap({ password }) {
        const api = client.getCrypto();
        await api.bootstrapCrossSigning({
            setupNewCrossSigning: true,
            authUploadDeviceSigningKeys: async (makeRequest) => {
                try {
                    await makeRequest(null);
                } catch (error) {
                    if (error.httpStatus !== 401) throw error;
                    await makeRequest({ type: "m.login.password", password, session: error.data.session,
                                        identifier: { type: "m.id.user", user: client.getUserId() } });
                }
            },
        });
        const made = await api.createRecoveryKeyFromPassphrase();
        recoveryKey = made.privateKey;
        await api.bootstrapSecretStorage({ createSecretStorageKey: async () => made, setupNewSecretStorage: true,
                                           setupNewKeyBackup: true });
        if (!(await api.isCrossSigningReady())) throw new Error("cross-signing is not ready");
        await until(() => api.getActiveSessionBackupVersion());
        return { recovery_key: made.encodedPrivateKey, private_key: Buffer.from(made.privateKey).toString("base64") };
    },
    // A new device: everything it knows comes out of secret storage and the key backup.
    async restore({ private_key }) {
        recoveryKey = new Uint8Array(Buffer.from(private_key, "base64"));
        const api = client.getCrypto();
        await api.loadSessionBackupPrivateKeyFromSecretStorage();
        await api.checkKeyBackupAndEnable();
        const result = await api.restoreKeyBackup();
        await api.bootstrapCrossSigning({});
        const own = () => api.getDeviceVerificationStatus(client.getUserId(), client.getDeviceId());
        await until(async () => (await own()).crossSigningVerified); // its own signature comes back from the server
        return { imported: result.imported, total: result.total };
    },
    async verify_start({ user, device }) {
        const api = client.getCrypto();
        await until(async () => (await api.getUserDeviceInfo([user], true)).get(user)?.has(device));
        follow(await api.requestDeviceVerification(user, device));
        await until(() => request.phase === VerificationPhase.Ready || request.verifier);
        if (!request.verifier) await request.startVerification("m.sas.v1");
        await sas();
        return {};
    },
    async verify_accept() {
        await until(() => request);
        if (request.phase === VerificationPhase.Requested) await request.accept();
        await sas();
        return {};
    },
    async verify_emoji() {
        await until(() => emoji);
        return { emoji: emoji.sas.emoji.map(([, name]) => name) };
    },
    async verify_confirm() {
        await emoji.confirm();
        await until(() => request.phase === VerificationPhase.Done);
        return {};
    },
    async is_verified({ user, device, cross_signed }) {
        const api = client.getCrypto();
        await until(async () => cross_signed
            ? (await api.getUserVerificationStatus(user)).isCrossSigningVerified()
            : (await api.getDeviceVerificationStatus(user, device))?.isVerified());
        return { verified: true };
    },
    // Any method of js-sdk's client that has no command of its own. {"$map": object} stands for a Map of Maps.
    async call({ name, args }) {
        const mapped = (value, depth) => depth === 0 ? value
            : new Map(Object.entries(value).map(([key, inner]) => [key, mapped(inner, depth - 1)]));
        const given = args.map((value) => value?.$map ? mapped(value.$map, 2) : value);
        const answer = await client[name](...given);
        // Of answers that are objects of the client only that they came; plain ones as they are.
        return { answer: answer?.constructor === Object ? answer : null };
    },
    async put_event({ room, type, content, txn }) {
        return put(room, type, content, txn);
    },
    async upload({ file, content_type, filename, encrypt }) {
        let bytes = fs.readFileSync(file), keys = null;
        if (encrypt) [bytes, keys] = await sealFile(bytes);
        const { content_uri } = await client.uploadContent(Buffer.from(bytes), {
            type: encrypt ? "application/octet-stream" : content_type, name: filename, includeFilename: !encrypt });
        return { uri: content_uri, keys };
    },
    async stop() {
        client?.stopClient();
        setTimeout(() => process.exit(0), 50);
        return {};
    },
};

async function work(line) {
    const command = JSON.parse(line);
    const limit = sleep((command.timeout ?? 90) * 1000).then(() => { throw new Error("time-out"); });
    limit.catch(() => {});
    try {
        const result = await Promise.race([commands[command.do](command.with ?? {}), limit]);
        process.stdout.write(JSON.stringify({ id: command.id, result }) + "\n");
    } catch (error) {
        process.stdout.write(JSON.stringify({ id: command.id, error: `${error.name}: ${error.message}` }) + "\n");
    }
}

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", work);
lines.on("close", () => process.exit(0));
