// The page begins here. What the sign-in needs is small and comes first; the SDK and the encryption follow in parts of their own.
import { render } from "preact";
import { startLanguage, t, useWords } from "./i18n/index.ts";
import { set, state, toast, useStore } from "./store/store.ts";
import { savedSession } from "./matrix/session.ts";
import { startRouting } from "./store/route.ts";
import { Entrance, tokenOf } from "./features/sign-in/entrance.tsx";
import { Toasts } from "./features/shell/toasts.tsx";
import { Spinner } from "./ui/basics.tsx";
import type { JSX } from "preact";

const inside = () => import("./inside.tsx");
let Inside: (() => JSX.Element) | null = null;

function App(): JSX.Element {
    const words = useWords();
    const phase = useStore((s) => s.phase);
    const problem = useStore((s) => s.problem);
    const page = phase === "broken" ? <main class="entrance"><div class="card"><h1>{words("broken")}</h1><p>{problem}</p></div></main>
        : phase === "signed-out" ? <Entrance />
        : Inside ? <Inside />
        : <main class="entrance"><Spinner label={words("opening")} /></main>;
    return <>{page}<Toasts /></>;
}

/** Brings the part of the program that is behind the sign-in. */
export async function bringInside(): Promise<typeof import("./inside.tsx")> {
    const wasm = import("./matrix/wasm.ts").then((part) => part.wasm()); // by far the largest file: it comes while the rest is read
    const part = await inside();
    Inside = part.Inside;
    void wasm.then(keepProgram, () => {});
    return part;
}

let keeping = false;
/** The service worker fetches every file. It begins when this page has its own, so that none is fetched by both. */
async function keepProgram(): Promise<void> {
    if (keeping || !("serviceWorker" in navigator) || location.search === "?wiped") return;
    keeping = true;
    await (await import("./matrix/wasm-file.ts")).wasmKept();
    await navigator.serviceWorker.register("/sw.js").catch(() => {});
}

/** While somebody reads and types in front of the door, what is behind it comes already. */
function bringMeanwhile(): void {
    if (location.search !== "?wiped") setTimeout(() => void bringInside().catch(() => {}), 300);
}

function missing(): string | null {
    if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return t("needs_https");
    if (typeof WebAssembly !== "object" || !globalThis.indexedDB || !globalThis.Intl?.Segmenter) return t("needs_browser");
    return null;
}

async function start(): Promise<void> {
    startLanguage();
    startRouting();
    const problem = missing();
    if (problem) set({ phase: "broken", problem });
    render(<App />, document.getElementById("app")!);
    if (problem) return;
    const token = tokenOf(location.pathname);
    if (!savedSession()) {
        set({ phase: "signed-out" });
        const told = sessionStorage.getItem("peyk.told");
        sessionStorage.removeItem("peyk.told");
        if (told === "session_ended") toast(t("session_ended"), "error");
        if (document.readyState === "complete") bringMeanwhile();
        else addEventListener("load", bringMeanwhile);
        return;
    }
    set({ phase: "opening" });
    try {
        const { openKept, acceptInvitation } = await bringInside();
        if (token !== null) history.replaceState(null, "", "/");
        await openKept();
        if (token !== null) await acceptInvitation(token);
    } catch (error) {
        if (state.phase === "opening") set({ phase: "broken", problem: String((error as Error).message) });
    }
}

void start();
