import type { JSX } from "preact";

export const Logo = ({ size }: { size: number }): JSX.Element => (
    <svg class="logo" width={size} height={size} viewBox="0 0 512 512" role="img" aria-label="peyk">
        <rect width="512" height="512" rx="150" fill="#0f766e" />
        <path d="M392 128 108 244c-13 5-12 23 1 27l70 22 27 86c4 12 19 15 28 6l41-41 73 55c9 7 22 2 25-9l44-241c3-15-11-27-25-21Z" fill="#fff" />
        <path d="m179 293 165-112-128 134-10 64Z" fill="#99d5cc" />
    </svg>
);
