// What cannot be drawn is said to be so, where it stands, and takes nothing else with it.
import { Component, type ComponentChildren } from "preact";
import { t } from "../i18n/index.ts";

export class Boundary extends Component<{ children: ComponentChildren; small?: boolean }, { wrong: boolean }> {
    override state = { wrong: false };

    override componentDidCatch(error: unknown): void {
        console.error("a part of the page cannot be drawn:", error);
        this.setState({ wrong: true });
    }

    override render(): ComponentChildren {
        if (!this.state.wrong) return this.props.children;
        return <p class={this.props.small ? "text quiet" : "empty"} role="alert">{t("cannot_draw")}</p>;
    }
}
