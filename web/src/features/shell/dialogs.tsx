// Every dialog by its name. Features open them with openDialog(name, …).
import type { ComponentType, JSX } from "preact";
import { closeDialog, useStore } from "../../store/store.ts";
import { Boundary } from "../../ui/boundary.tsx";
import { NewRoom } from "../new-room/new-room.tsx";
import { Join } from "../people/join.tsx";
import { Person } from "../people/person.tsx";
import { Report } from "../people/report.tsx";
import { MyLink } from "../people/my-link.tsx";
import { DeleteMessage, JumpDate, Leave, React } from "../timeline/dialogs.tsx";
import { SendFiles } from "../composer/send-files.tsx";
import { Viewer } from "../viewer/viewer.tsx";
import { ConfirmDevice } from "../verification/confirm-device.tsx";
import { Verification } from "../verification/verification.tsx";
import { AskKey } from "../recovery/ask-key.tsx";
import { ShowKey } from "../recovery/show-key.tsx";
import { Password } from "../settings/password.tsx";
import { SignOut } from "../settings/sign-out.tsx";
import { Wipe } from "../settings/wipe.tsx";
import { Invite } from "../room-info/invite.tsx";
import { InvitationLink } from "../invitation/links.tsx";
import { Member } from "../room-info/member.tsx";

const DIALOGS: Record<string, ComponentType<any>> = {
    "new-room": NewRoom, join: Join, person: Person, report: Report, "my-link": MyLink, "delete-message": DeleteMessage, "jump-date": JumpDate,
    leave: Leave, react: React, "send-files": SendFiles, viewer: Viewer, "confirm-device": ConfirmDevice, verification: Verification,
    "ask-key": AskKey, "show-key": ShowKey, password: Password, "sign-out": SignOut, wipe: Wipe, invite: Invite, "invitation-link": InvitationLink,
    member: Member,
};

export function Dialogs(): JSX.Element {
    const dialogs = useStore((s) => s.dialogs);
    return <>{dialogs.map(({ id, kind, props }) => {
        const Kind = DIALOGS[kind];
        return Kind ? <Boundary key={id}><Kind {...props} onClose={() => closeDialog(id)} /></Boundary> : null;
    })}</>;
}
