"""Which routes the matrix asks, held against all that there are: those that the server says it has, and the specification's.

The server names each route in its log at level debug when it adds it. A route that nobody thought of fails the run, until the matrix
asks it, or a line below says why who is in a room does not matter to it. A line that no route needs is out of date and fails too.
"""
import re

from contract import Contract

ROUTE = re.compile(r"\broute ([A-Z]+) (/\S*)$", re.M)
OWN = "the asker's own, whoever is in which room; the doors ask it with others' names"
CHANGES = "changes what is the asker's own and tells nothing of rooms; the doors ask it with others' names"
SIGNS_IN = "who is not signed in yet is in no room"

# (pattern of "METHOD path", why membership and history visibility do not matter to its answer)
REASONS = [
    (r"GET /(privacy)?", "a page that is the same for everybody"),
    (r"\w+ /_peyk/(account|sign-in|sign-out|register|reset|email|link|sso|home)(/.*)?",
     "pages behind a cookie, for the holder of the account: tests/pages; without one they are a way to sign in"),
    (r"GET /_peyk/[\w-]+\.(js|css)", "files of the pages, the same for everybody"),
    (r"\w+ /_peyk/oauth2/.*", SIGNS_IN),
    (r"\w+ /_matrix/client/unstable/(io\.element\.msc4388|org\.matrix\.msc4108)/rendezvous.*", "two devices of one person that are "
     "not signed in meet in it"),
    (r"GET /(i|_peyk/client/v1/invitation)/\{token\}", SIGNS_IN + ": scripts of accounts/"),
    (r"POST /_peyk/client/v1/invitation/\{token\}/accept", "joins the room of an invitation: invitations/"),
    (r"\w+ /_peyk/client/v1/(rooms/\{roomId\}/invitations/\{token\}|password_reset|media/\{mediaId\})", CHANGES),
    (r"POST /_peyk/client/v1/rooms/\{roomId\}/invitations", "changes a room; the doors ask it: outsiders change nothing"),
    (r"GET /_peyk/client/v1/(inventory|erasure/\{receiptId\})", "tells of the server alone"),
    (r"\w+ /_(synapse|peyk)/admin/.*|\w+ /_matrix/client/v1/admin/.*",
     "for administrators, who are told nothing of rooms: tests/program/accountability.py; the doors ask each as others"),
    (r"\w+ /_matrix/federation/.*", "other servers ask it, about people and never about rooms"),
    (r"GET /\.well-known/.*", "the same for everybody"),
    (r"GET /_matrix/client/(versions|v1/auth_metadata|unstable/org\.matrix\.msc2965/auth_metadata|v3/capabilities)",
     "the same for everybody"),
    (r"GET /_matrix/client/(v1|unstable/org\.matrix\.msc4143)/rtc/transports", "the same for every account"),
    (r"GET /_matrix/client/unstable/org\.matrix\.msc1763/retention/configuration", "the same for every account"),
    (r"GET /_matrix/(client/v1/media|media/v[13])/config", "the same for every account"),
    (r"GET /_matrix/client/v3/voip/turnServer", "the same for every account"),
    (r"\w+ /_matrix/client/v3/(login|register|auth|refresh)\b.*|GET /_matrix/client/v1/register/.*|GET /_matrix/static/.*", SIGNS_IN),
    (r"POST /_matrix/client/v3/account/password(/.*)?", SIGNS_IN),
    (r"POST /_matrix/client/v1/login/get_token", OWN),
    (r"POST /_matrix/client/v3/(logout(/all)?|account/deactivate|delete_devices)", CHANGES),
    (r"\w+ /_matrix/client/(v3|unstable)/account/3pid.*", OWN),
    (r"(GET|PUT|DELETE) /_matrix/client/v3/devices/\{device\}", OWN),
    (r"GET /_matrix/client/v3/user/\{user\}/account_data/\{type\}", OWN),
    (r"\w+ /_matrix/client/v3/room_keys/.*", OWN),
    (r"\w+ /_matrix/client/unstable/org\.matrix\.msc3814\.v1/dehydrated_device.*", OWN),
    (r"POST /_matrix/client/(v3|unstable)/keys/(device_signing/upload|signatures/upload|upload)", CHANGES),
    (r"POST /_matrix/client/v3/keys/claim", "keys are handed to every account: who may write to whom is decided by rooms (End-to-end "
     "encryption, key algorithms)"),
    (r"(PUT|DELETE|GET) /_matrix/client/v3/pushrules/.*|POST /_matrix/client/v3/pushers/set", OWN),
    (r"(PUT|DELETE) /_matrix/client/(v3|unstable/uk\.tcpip\.msc4133)/profile/.*", CHANGES),
    (r"(PUT|DELETE) /_matrix/client/(v3|unstable/org\.matrix\.msc3391)/user/.*", CHANGES),
    (r"POST /_matrix/client/v3/user/\{user\}/(filter|openid/request_token)", CHANGES),
    (r"GET /_matrix/client/v3/user/\{user\}/filter/\{filter\}", OWN),
    (r"PUT /_matrix/client/v3/presence/.*", CHANGES),
    (r"PUT /_matrix/client/v3/sendToDevice/.*", "reaches every account (Send-to-Device messaging); tells nothing"),
    (r"POST /_matrix/client/v3/createRoom", "a new room"),
    (r"POST /_matrix/client/v3/(join/\{roomIdOrAlias\}|knock/\{roomIdOrAlias\}|rooms/\{roomIdOrAlias\}/join)",
     "the authorization rules decide it, tests/unit/rooms_auth, for every pair of memberships"),
    (r"POST /_matrix/client/v3/rooms/\{roomId\}/(leave|forget|ban|unban|kick|invite)",
     "the authorization rules decide it, tests/unit/rooms_auth, for every pair of memberships; the doors ask it as outsiders"),
    (r"POST /_matrix/client/v3/(rooms/\{roomId\}|users/\{userId\})/report", "tells nothing: scripts of reports"),
    (r"\w+ /_matrix/client/.*(delayed_events/\{delayId\}|delayed_event/\{eventType\}/\{txnId\}).*",
     "whoever has the id of a delayed event may cancel it (MSC4140); that it is not told to others is asked"),
    (r"(PUT|DELETE) /_matrix/client/v3/directory/.*", "changes a public name; the doors ask it: outsiders change nothing"),
    (r"(PUT|POST) /_matrix/media/.*", "a new file of the asker's"),
    (r"POST /_matrix/client/v1/appservice/\{appserviceId\}/ping", "tells a service whether it is reached; the doors ask it as others"),
    (r"POST /_matrix/client/v3/rooms/\{roomId\}/send/\{eventType\}", "the same as PUT, without a transaction"),
    (r"GET /_matrix/client/v3/rooms/\{roomId\}/state/\{eventType\}/?", "the same as with an empty key"),
    (r"PUT /_matrix/client/v3/rooms/\{roomId\}/state/\{eventType\}/?", "the same as with an empty key"),
    (r"GET /_matrix/client/unstable/(im\.nheko\.summary|uk\.half-shot\.msc2666|org\.matrix\.msc4140)/.*",
     "the older name of a route that is asked; the doors ask it"),
    (r"GET /_matrix/client/unstable/uk\.tcpip\.msc4133/profile/.*", "the older name of a route that is asked; the doors ask it"),
    (r"GET /_matrix/client/v3/profile/\{user\}/\{key\}", "public, like the whole profile, which is asked"),
    (r"GET /_matrix/media/v[13]/(download|thumbnail)/.*", "the older paths without a token, which are off: media/older_paths_off; on "
     "they serve whoever knows the id, as the specification had it"),
    (r"GET /_matrix/media/v[13]/preview_url", "the same as under /_matrix/client/v1"),
    (r"GET /\.well-known/matrix/policy_server", "answered by policy servers, which this is not"),
    (r"POST /_matrix/client/v3/(register|account/3pid|account/password)/msisdn/requestToken", SIGNS_IN),
]


class Routes:
    """The routes of one server."""

    def __init__(self, log: str, contract: Contract):
        here = {(method, self.current(pattern)) for method, pattern in ROUTE.findall(log)}
        self.served = sorted(here, key=lambda route: (route[1], route[0]))
        self.shapes = [(method, pattern, self.regex(pattern)) for method, pattern in self.served]
        # Of the specification's, those that the server's own table leads nowhere with.
        self.specified = [(op["method"], op["path"]) for op in contract.specified]

    @staticmethod
    def current(pattern: str) -> str:
        """The paths of before version 1.1 lead to the same handlers."""
        return pattern.replace("/_matrix/client/r0/", "/_matrix/client/v3/").replace("/_matrix/media/r0/", "/_matrix/media/v3/")

    @staticmethod
    def regex(pattern: str) -> re.Pattern:
        parts = re.split(r"(\{[^}]*\})", pattern)
        return re.compile("".join(".*" if part.endswith("...}") else "[^/]*" if part.startswith("{") else re.escape(part)
                                  for part in parts))

    def of(self, method: str, path: str) -> tuple[str, str] | None:
        """The route that a request takes: of several that fit, the one with the most literal text."""
        path = path.partition("?")[0]
        fitting = [(len(re.sub(r"\{[^}]*\}", "", pattern)), method, pattern) for wanted, pattern, shape in self.shapes
                   if wanted == method and shape.fullmatch(path)]
        return max(fitting)[1:] if fitting else None

    def problems(self, asked: set[tuple[str, str]]) -> list[str]:
        """`asked`: (method, path) of every request that was judged."""
        known = {route for method, path in asked if (route := self.of(method, path))}
        out, used = [], set()
        if len(self.served) < 250:
            out.append(f"the server named {len(self.served)} routes only")
        everything = [*self.served, *(route for route in self.specified if self.of(route[0], route[1]) is None)]
        for method, pattern in everything:
            if (method, pattern) in known:
                continue
            name = f"{method} {pattern}"
            reasons = [index for index, (wanted, _) in enumerate(REASONS) if re.fullmatch(wanted, name)]
            used.update(reasons)
            if not reasons:
                out.append(f"{name}: the matrix does not ask it, and there is no reason why")
        out += [f"{wanted}: a reason that no route needs" for index, (wanted, _) in enumerate(REASONS) if index not in used]
        return out
