import { frame } from "./frame";
import { hosts } from "./hosts";
import { pages } from "./pages";
import { states } from "./states";

export const en = { ...frame, ...states, ...pages, ...hosts } as const;
