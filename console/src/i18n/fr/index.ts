import { audit } from "./audit";
import type { en } from "../en";
import type { Entry } from "../texts";
import { automation } from "./automation";
import { catalog } from "./catalog";
import { clusters } from "./clusters";
import { costs } from "./costs";
import { frame } from "./frame";
import { hosts } from "./hosts";
import { pages } from "./pages";
import { run } from "./run";
import { stacks } from "./stacks";
import { states } from "./states";

export const fr: Record<keyof typeof en, Entry> = {
  ...frame,
  ...states,
  ...pages,
  ...hosts,
  ...run,
  ...stacks,
  ...catalog,
  ...clusters,
  ...costs,
  ...automation,
  ...audit,
};
