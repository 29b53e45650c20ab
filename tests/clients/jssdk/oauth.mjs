// The OAuth 2.0 of matrix-js-sdk against a server: node oauth.mjs BASE REDIRECT. A line of JSON out asks for the browser,
// a line of JSON in is what came of it. The last line is {"done": …}.
import readline from "node:readline";

for (const name of ["log", "info", "warn", "debug", "trace"]) console[name] = () => {};
const sdk = await import("matrix-js-sdk");
const { OAuth2 } = await import("matrix-js-sdk/lib/oauth/index.js");
const { TokenRefresher } = await import("matrix-js-sdk/lib/oauth/tokenRefresher.js");
const { logger } = await import("matrix-js-sdk/lib/logger.js");
logger.setLevel?.("error", false);

const [base, redirect] = process.argv.slice(2);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (question) => {
    process.stdout.write(JSON.stringify(question) + "\n");
    return JSON.parse((await lines.next()).value);
};
const whoami = async (token) => {
    try {
        return await sdk.createClient({ baseUrl: base, accessToken: token }).whoami();
    } catch (error) {
        return { errcode: error.errcode, status: error.httpStatus };
    }
};

const done = {};
const metadata = await sdk.createClient({ baseUrl: base }).getAuthMetadata();
done.account = metadata.account_management_uri;
const about = { client_name: "js-sdk", client_uri: "https://example.org/", redirect_uris: [redirect], application_type: "web",
    response_types: ["code"], token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"] };
const clientId = await OAuth2.registerClient(metadata, about);

const oauth = new OAuth2(metadata, { clientId, deviceId: "JSSDKDEVICE" });
const open = await oauth.generateAuthorizationCodeGrantUrl("some state", redirect, "fragment");
const back = await ask({ open });
const tokens = await oauth.completeAuthorizationCodeGrant(back.code, redirect);
done.signedIn = await whoami(tokens.access_token);

let kept;
const refresher = new TokenRefresher(oauth, (fresh) => { kept = fresh; });
const fresh = await refresher.refreshTokens(tokens.refresh_token);
done.refreshed = await whoami(fresh.accessToken);
done.old = await whoami(tokens.access_token);
done.kept = kept?.refreshToken === fresh.refreshToken;
await oauth.revokeToken(fresh.refreshToken, "refresh_token");
done.revoked = await whoami(fresh.accessToken);

const television = new OAuth2(metadata, { clientId, deviceId: "TELEVISION" });
const session = await television.startDeviceAuthorizationGrant();
const waiting = television.waitForDeviceAuthorizationGrant(session);
await ask({ link: session.verification_uri_complete });
const linked = await waiting;
done.linked = linked.access_token ? await whoami(linked.access_token) : linked;
process.stdout.write(JSON.stringify({ done }) + "\n");
process.exit(0);
