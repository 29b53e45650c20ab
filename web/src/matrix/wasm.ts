// Fetches and compiles the encryption's WebAssembly. The SDK asks for it again when it needs it, and finds it under way; what goes
// wrong here is told there.
import { initAsync } from "@matrix-org/matrix-sdk-crypto-wasm";

void initAsync().catch(() => {});
