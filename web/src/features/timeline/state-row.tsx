// A change of the room, as a line in the middle.
import type { JSX } from "preact";
import { memo } from "preact/compat";
import type { Item } from "../../matrix/items.ts";
import { clean } from "../../ui/basics.tsx";
import { stateLine } from "../rooms/preview.ts";

export const StateRow = memo(function StateRow({ item }: { item: Item }): JSX.Element {
    return <div class="state-line" data-id={item.id}><span dir="auto">{clean(stateLine(item.event))}</span></div>;
});
