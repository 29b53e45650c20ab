// One tab of a browser holds the session: two at once would use the same keys for encryption out of step.
const NAME = "peyk-session";
let channel: BroadcastChannel | null = null;
let release: (() => void) | null = null;

/** True once this tab holds the session. `lost` is called when another tab asks for it; then this one has let go. */
export async function holdSession(lost: () => void): Promise<boolean> {
    if (release) return true;
    if (!navigator.locks) return true;
    const got = await new Promise<boolean>((resolve) => {
        void navigator.locks.request(NAME, { ifAvailable: true }, (lock) => {
            if (!lock) {
                resolve(false);
                return undefined;
            }
            resolve(true);
            return new Promise<void>((done) => {
                release = () => {
                    release = null;
                    done();
                };
            });
        });
    });
    if (got) {
        channel ??= new BroadcastChannel(NAME);
        channel.onmessage = (message) => {
            if (message.data !== "mine" || !release) return;
            lost();
            release();
        };
    }
    return got;
}

/** Asks the tab that holds the session to let go, and loads this page anew once it has. */
export async function takeSession(): Promise<void> {
    new BroadcastChannel(NAME).postMessage("mine");
    await navigator.locks.request(NAME, () => undefined);
    location.reload();
}
