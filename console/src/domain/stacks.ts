// What a Stack says: how it does, how far an upgrade is, which earlier states it can return to.
import { text } from "../i18n/texts";
import { conditionOf, type Condition, type Obj } from "./objects";
import type { Level, State } from "./state";
import type { Health } from "./workloads";

export const STACK_LABEL = "stacks.bouvier.io/stack";
const REVISION_TYPE = "stacks.bouvier.io/revision";
const REVISION_NUMBER = "stacks.bouvier.io/revision";
/** Service states that need nothing more. */
const DONE = ["ready", "ended"];

export interface StackSpec {
  compose: string;
  overrides?: string[];
  rancherCompose?: string;
  environment?: Record<string, string>;
  files?: Record<string, string>;
  profiles?: string[];
  paused?: boolean;
  pinned?: Record<string, number>;
  revisionHistoryLimit?: number;
}

export interface StackService {
  name: string;
  kind: string;
  state: string;
  message: string;
  ready: number;
  desired: number;
  images?: string[];
  needs?: string[];
}

export interface Stack extends Obj {
  spec: StackSpec;
  status?: {
    observedGeneration?: number;
    revision?: number;
    goodRevision?: number;
    services?: StackService[];
    conditions?: Condition[];
    ignored?: { path: string; reason: string }[];
  };
}

export interface SecretObject extends Obj {
  type?: string;
  data?: Record<string, string>;
}

export function stackState(stack: Stack): State {
  const ready = conditionOf(stack.status?.conditions, "Ready");
  const isSeen = (stack.status?.observedGeneration ?? 0) >= (stack.metadata.generation ?? 1);
  if (stack.metadata.deletionTimestamp) return { level: "busy", word: text("state.removing") };
  if (!ready || !isSeen) return { level: "busy", word: text("state.working"), what: text("stack.reading") };
  const said = ready.message;
  if (ready.status === "True") return { level: "ok", word: text("state.running") };
  if (ready.reason === "Refused")
    return {
      level: "bad",
      word: text("state.refused"),
      what: text("stack.refused"),
      advice: text("stack.correct"),
      said,
    };
  if (ready.reason === "ServiceFailed")
    return {
      level: "bad",
      word: text("state.failed"),
      what: text("stack.failed"),
      advice: text("stack.failedWay"),
      said,
    };
  if (ready.reason === "Paused")
    return { level: "warn", word: text("state.paused"), what: text("stack.paused"), advice: text("stack.resumeWay") };
  return { level: "busy", word: text("state.upgrading"), what: text("stack.progressing"), said };
}

const LEVELS: Record<string, Level> = {
  ready: "ok",
  ended: "ok",
  failed: "bad",
  refused: "bad",
  paused: "warn",
  waiting: "idle",
};

export function serviceLevel(service: StackService): Level {
  return LEVELS[service.state] ?? "busy";
}

export function serviceHealth({ ready, desired }: StackService): Health {
  return { ready, updated: ready, desired, present: desired };
}

/** Services that are as wished, and all. */
export function stackHealth({ status }: Stack): Health {
  const services = status?.services ?? [];
  const ready = services.filter((one) => DONE.includes(one.state)).length;
  return { ready, updated: ready, desired: services.length, present: services.length };
}

/** The revision to which an upgrade under way can be given up, if there is one. */
export function cancelRevision({ status }: Stack): number | undefined {
  const { goodRevision = 0, revision = 0 } = status ?? {};
  return goodRevision && goodRevision !== revision ? goodRevision : undefined;
}

export interface StackRevision {
  number: number;
  spec: StackSpec;
  created: string;
}

/** The history, newest first. */
export function revisionsOf(stack: Stack, secrets: readonly SecretObject[]): StackRevision[] {
  return secrets
    .filter((one) => one.type === REVISION_TYPE && one.metadata.labels?.[STACK_LABEL] === stack.metadata.name)
    .map((one) => ({
      number: Number(one.metadata.annotations?.[REVISION_NUMBER] ?? 0),
      spec: JSON.parse(decoded(one.data?.spec ?? "")) as StackSpec,
      created: one.metadata.creationTimestamp,
    }))
    .sort((a, b) => b.number - a.number);
}

/** The spec with the content of a revision: not paused, nothing pinned. */
export function restored(stack: Stack, { spec }: StackRevision): StackSpec {
  const { revisionHistoryLimit } = stack.spec;
  return revisionHistoryLimit === undefined ? spec : { ...spec, revisionHistoryLimit };
}

function decoded(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
}

export interface TextPlace {
  file: string;
  line: number;
  column: number;
}

/** `docker-compose.yml:4:5` in its parts. */
export function placeOf(field: string): TextPlace | undefined {
  const match = /^(.*):(\d+):(\d+)$/.exec(field);
  return match ? { file: match[1] ?? "", line: Number(match[2]), column: Number(match[3]) } : undefined;
}
