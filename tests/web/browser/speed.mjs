// What the client has to hold on a machine of two cores that does nothing else: run by its name (./test.sh web-speed).
import { check, end, quiet, SLOWNESS, step } from "./lib.mjs";
import { list, scroll } from "./measures.mjs";

const ROOMS = Number(process.env.PEYK_WEB_ROOMS ?? 300);
const COUNT = Number(process.env.PEYK_WEB_MESSAGES ?? 100000), BACK = Math.min(10000, COUNT);

await step(`The list of ${ROOMS} rooms is there in 1.5 s after a reload`, async () => {
    const { who, seen } = await list(ROOMS, 5);
    const median = seen.map(([, all]) => all).sort((a, b) => a - b)[2];
    check(median <= 1500 * SLOWNESS, JSON.stringify(seen));
    quiet(who);
    await who.context.close();
});
await step(`No frame is longer than 50 ms over ${BACK} messages of a room with ${COUNT}`, async () => {
    const { who, frames, tasks, most } = await scroll(COUNT, BACK);
    check(most <= 260, `${most} messages are on the page`);
    check(tasks.length > 1000 && tasks.at(-1) <= 50, `tasks of ${tasks.slice(-5).map(Math.round)} ms of processor time`);
    const goal = 50.5 * SLOWNESS; // three refreshes at 60 Hz are 50.0 ms and a bit
    check(frames.at(-1) <= goal, `${frames.filter((one) => one > goal).length} of ${frames.length}: ${frames.slice(-8).map(Math.round)}`);
    quiet(who);
});
await end();
