// Builds, as OpenShift's kinds say them: how each does, how long its stages took, how it is started from outside.
import { text } from "../i18n/texts";
import type { Condition, Obj } from "./objects";
import type { Level, State } from "./state";

export interface BuildConfig extends Obj {
  spec: {
    source?: { type?: string; git?: { uri?: string; ref?: string }; contextDir?: string };
    strategy?: { type?: string };
    output?: { to?: { kind?: string; name?: string } };
    triggers?: {
      type: string;
      generic?: Secretive;
      github?: Secretive;
      gitlab?: Secretive;
      imageChange?: { from?: { name?: string } };
    }[];
  };
  status?: { lastVersion?: number };
}

interface Secretive {
  secret?: string;
  secretReference?: { name?: string };
}

export interface Build extends Obj {
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    startTimestamp?: string;
    completionTimestamp?: string;
    stages?: { name: string; startTime?: string; durationMilliseconds?: number }[];
    output?: { to?: { imageDigest?: string } };
  };
  spec?: { revision?: { git?: { commit?: string; message?: string } }; triggeredBy?: { message?: string }[] };
}

export interface ImageStream extends Obj {
  status?: {
    dockerImageRepository?: string;
    tags?: { tag: string; items?: { created: string; image: string; dockerImageReference: string }[] }[];
  };
}

export interface RouteObject extends Obj {
  spec: { host?: string; path?: string; to: { name: string; weight?: number }; tls?: { termination?: string } };
  status?: { ingress?: { host?: string; conditions?: Condition[] }[] };
}

const LEVELS: Record<string, Level> = {
  New: "busy",
  Pending: "busy",
  Running: "busy",
  Complete: "ok",
  Failed: "bad",
  Error: "bad",
  Cancelled: "idle",
};

export const FINAL = ["Complete", "Failed", "Error", "Cancelled"];

export function buildState({ status }: Build): State {
  const phase = status?.phase ?? "New";
  const level = LEVELS[phase] ?? "busy";
  const word = { ok: text("state.done"), bad: text("state.failed"), idle: text("build.cancelled") }[level as "ok"];
  if (level === "bad") {
    const said = [status?.reason, status?.message].filter(Boolean).join(": ");
    return {
      level,
      word: word ?? text("state.failed"),
      what: text("build.failed"),
      advice: text("build.failedWay"),
      said,
    };
  }
  return { level, word: word ?? (phase === "Running" ? text("build.running") : text("build.waiting")) };
}

/** Builds of a configuration, newest first. */
export function buildsOf(name: string, builds: readonly Build[]): Build[] {
  return builds
    .filter(
      (one) =>
        one.metadata.labels?.["openshift.io/build-config.name"] === name || one.metadata.labels?.buildconfig === name,
    )
    .sort((a, b) => numberOf(b) - numberOf(a));
}

export const numberOf = ({ metadata }: Build): number =>
  Number(metadata.annotations?.["openshift.io/build.number"] ?? metadata.name.split("-").at(-1)) || 0;

export function seconds({ status }: Build, now: number): number | undefined {
  if (!status?.startTimestamp) return undefined;
  const end = status.completionTimestamp ? Date.parse(status.completionTimestamp) : now;
  return Math.max(0, (end - Date.parse(status.startTimestamp)) / 1000);
}

export interface WebhookPlace {
  kind: "generic" | "github" | "gitlab";
  /** The Secret that holds what stands for SECRET in the URL. */
  secretName: string;
  secret?: string;
}

/** Hooks that start a build, with where each one's secret is kept. */
export function webhooksOf({ spec }: BuildConfig): WebhookPlace[] {
  const kinds = { Generic: "generic", GitHub: "github", GitLab: "gitlab" } as const;
  return (spec.triggers ?? []).flatMap((trigger) => {
    const kind = kinds[trigger.type as keyof typeof kinds] as WebhookPlace["kind"] | undefined;
    if (!kind) return [];
    const part = trigger[kind];
    return [{ kind, secretName: part?.secretReference?.name ?? "", secret: part?.secret }];
  });
}
