// A bridge to a network that answers at once, by matrix-appservice-bridge: each person that writes in a bridged room is
// echoed by a ghost, as if somebody had answered on the other side. Says {"ready": true} when it listens.
//   node bridge.mjs REGISTRATION.json HOMESERVER_URL PORT
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { AppServiceRegistration, Bridge } = createRequire(import.meta.url)("matrix-appservice-bridge");
const [file, homeserverUrl, port] = process.argv.slice(2);
const registration = AppServiceRegistration.fromObject(JSON.parse(readFileSync(file, "utf8")));
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const isGhost = (user) => user.startsWith("@_echo_");

// The library acknowledges a transaction before its events are handled: what a bridge cannot send at once, because the
// server has just gone away, it has to send later. What the server refuses is not tried again.
const insist = async (send) => {
    for (;;) {
        try {
            return await send();
        } catch (error) {
            if (error.body?.errcode ?? error.errcode) throw error;
            await new Promise((done) => setTimeout(done, 200));
        }
    }
};

const bridge = new Bridge({
    homeserverUrl,
    domain: "localhost",
    registration,
    disableStores: true,
    controller: {
        onUserQuery: () => ({}),
        onAliasQuery: () => null,
        onEvent: async (request) => {
            const event = request.getData();
            say({ told: event.event_id, type: event.type, sender: event.sender });
            if (event.type === "m.room.member" && event.content.membership === "invite" && isGhost(event.state_key)) {
                await bridge.getIntent(event.state_key).join(event.room_id);
                await bridge.getIntent(event.state_key).setDisplayName("Echo");
            } else if (event.type === "m.room.message" && !isGhost(event.sender)) {
                const ghost = bridge.getIntent("@_echo_eve:localhost");
                await insist(() => ghost.sendText(event.room_id, `echo: ${event.content.body}`));
            }
        },
    },
});

await bridge.initialise();
await bridge.listen(Number(port), "127.0.0.1");
say({ ready: true });
