"""Where the general rule of wrong_types.py does not hold, each time with the reason. An entry that nothing needs fails the test."""

# Operations whose request cannot succeed here, however right it is: {id: (status, errcode, why)}.
TELEPHONES = (400, "M_THREEPID_MEDIUM_NOT_SUPPORTED", "no telephone numbers: a service that sends text messages would learn who "
              "uses the server")
NEVER = {
    "requestTokenTo3PIDMSISDN": TELEPHONES,
    "requestTokenToResetPasswordMSISDN": TELEPHONES,
    "requestTokenToRegisterMSISDN": TELEPHONES,
}

# {(id or "*", field, type of the wrong value): (the answers that are right, why)}; of parameters the word itself is in the place of
# its type, and "(absent)" is what is left out.
FLOWS, DONE = (401, ""), (200, "")
TAKEN_FROM_THE_SESSION = "the session of the authentication holds the body; whoever repeats a part of it only has changed it"
OTHERWISE = {
    ("*", "auth", "null"): ((FLOWS, DONE), "reads as absent: the reference library asks for the flows so"),
    ("add3PID", "sid", "(absent)"): (((403, "M_FORBIDDEN"),), TAKEN_FROM_THE_SESSION),
    ("add3PID", "client_secret", "(absent)"): (((403, "M_FORBIDDEN"),), TAKEN_FROM_THE_SESSION),
    ("changePassword", "new_password", "(absent)"): (((403, "M_FORBIDDEN"),), TAKEN_FROM_THE_SESSION),
    ("deleteDevices", "devices", "(absent)"): ((DONE,), "all of the body may be left to the session of the authentication"),
    ("post3PIDs", "three_pid_creds.id_server", "(absent)"): ((DONE,), "this server proves addresses itself"),
    ("post3PIDs", "three_pid_creds.id_access_token", "(absent)"): ((DONE,), "this server proves addresses itself"),
    ("queryPublicRooms", "since", "null"): ((DONE,), "older clients ask for the first page so"),
    ("setProfileField", "displayname", "null"): ((DONE,), "older clients take their name away so"),
    ("setProfileField", "avatar_url", "null"): ((DONE,), "older clients take their picture away so"),
}
