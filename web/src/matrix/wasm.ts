// Fetches and compiles the encryption's WebAssembly, once: the SDK asks for it again when it needs it, and finds it under way.
import { initAsync } from "@matrix-org/matrix-sdk-crypto-wasm";

/** Resolves once it is there. What goes wrong is told again where the SDK needs it. */
export const wasm = (): Promise<void> => initAsync();
