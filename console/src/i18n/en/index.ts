import { frame } from "./frame";
import { pages } from "./pages";
import { states } from "./states";

export const en = { ...frame, ...states, ...pages } as const;
