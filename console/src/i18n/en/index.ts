import { audit } from "./audit";
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

export const en = {
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
} as const;
