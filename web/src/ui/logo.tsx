import type { JSX } from "preact";

/** The mark: the letter pe, with which "peyk" begins, in the form of a bowl that holds what is brought. */
export const Logo = ({ size }: { size: number }): JSX.Element => <img class="logo" src="/icon.svg" width={size} height={size} alt="peyk" />;
