// A bot by matrix-bot-sdk: joins what it is invited to, and answers "!ping" with a reply. Says {"ready": true}.
//   node bot.mjs HOMESERVER_URL ACCESS_TOKEN STORAGE.json
import { createRequire } from "node:module";

const { AutojoinRoomsMixin, LogLevel, LogService, MatrixClient, SimpleFsStorageProvider } =
    createRequire(import.meta.url)("matrix-bot-sdk");
const [url, token, storage] = process.argv.slice(2);
LogService.setLevel(LogLevel.ERROR);

const client = new MatrixClient(url, token, new SimpleFsStorageProvider(storage));
AutojoinRoomsMixin.setupOnClient(client);
client.on("room.message", async (room, event) => {
    if (event.content?.body === "!ping") await client.replyText(room, event, "pong");
});
await client.start();
process.stdout.write(`${JSON.stringify({ ready: true, user: await client.getUserId() })}\n`);
