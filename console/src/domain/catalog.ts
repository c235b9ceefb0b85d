// Entries of catalogs, their questions, and what releases say. Checking is the server's; here only what to ask and show.
import { text } from "../i18n/texts";
import { conditionOf, type Condition, type Obj } from "./objects";
import type { State } from "./state";

export interface Question {
  variable: string;
  type: string;
  label?: string;
  description?: string;
  required?: boolean;
  default?: string;
  options?: string[];
  group?: string;
  min?: number;
  max?: number;
  minLength?: number;
  maxLength?: number;
  showIf?: string;
}

export interface EntryVersion {
  version: string;
  appVersion?: string;
  deprecated?: boolean;
  questions?: Question[];
}

export interface CatalogEntry extends Obj {
  spec: {
    catalog: string;
    name: string;
    format: "chart" | "compose";
    title?: string;
    description?: string;
    category?: string;
    icon?: string;
    readme?: string;
    values?: string;
    images?: string[];
    projectURL?: string;
    defaultVersion?: string;
    versions: EntryVersion[];
  };
}

export interface Catalog extends Obj {
  spec: {
    source: { git?: { url: string }; repository?: { url: string }; folder?: string; builtin?: boolean };
    refreshSeconds?: number;
  };
  status?: { layout?: string; entries?: number; problems?: string[]; refreshed?: string; conditions?: Condition[] };
}

export interface ReleaseSpec {
  catalog?: string;
  entry?: string;
  version?: string;
  archive?: string;
  values?: Record<string, unknown>;
  rollbackTo?: number;
}

export interface ReleaseHistory {
  revision: number;
  version: string;
  status: string;
  deployed: string;
  description: string;
}

export interface Release extends Obj {
  spec: ReleaseSpec;
  status?: {
    phase?: string;
    revision?: number;
    version?: string;
    upgrade?: string;
    notes?: string;
    ignored?: string[];
    objects?: { kind: string; name: string; namespace?: string; lack?: string }[];
    history?: ReleaseHistory[];
    conditions?: (Condition & { observedGeneration?: number })[];
  };
}

export interface Change {
  action: "create" | "change" | "keep" | "delete";
  kind: string;
  name: string;
  namespace?: string;
  diff?: string;
}

export interface Preview {
  phase: "Done" | "Refused";
  version?: string;
  errors?: string[];
  changes?: Change[];
  hooks?: string[];
  notes?: string;
  ignored?: string[];
  images?: string[];
}

export const newestVersion = ({ spec }: CatalogEntry): string => spec.defaultVersion || spec.versions[0]?.version || "";

export function questionsOf({ spec }: CatalogEntry, version: string): Question[] {
  return (spec.versions.find((one) => one.version === version) ?? spec.versions[0])?.questions ?? [];
}

/** Answers by variable, as text. */
export type Answers = Record<string, string>;

const TRUE = ["true", "yes", "on", "1"];

/** Whether a condition such as `a=true&&b!=x||c=1` holds; an empty one does. */
export function isShown(condition: string | undefined, answers: Answers): boolean {
  if (!condition) return true;
  return condition.split("||").some((side) => side.split("&&").every((term) => holds(term, answers)));
}

function holds(term: string, answers: Answers): boolean {
  const match = /^\s*([^=!]*?)\s*(!=|==?|$)\s*(.*?)\s*$/s.exec(term);
  const [, name = "", sign = "", wanted = ""] = match ?? [];
  const value = answers[name] ?? "";
  if (!sign) return TRUE.includes(value.toLowerCase());
  return (value === wanted.replace(/^['"]|['"]$/g, "")) === (sign !== "!=");
}

/** What the form begins with: the values that the release has, defaults for the rest. */
export function firstAnswers(questions: readonly Question[], values: Record<string, unknown> = {}): Answers {
  return Object.fromEntries(
    questions.map(({ variable, default: usual = "" }) => {
      const value = variable in values ? values[variable] : valueAt(values, variable);
      return [variable, value === undefined || value === null ? usual : String(value)];
    }),
  );
}

/** The values of a release: answers put where the format wants them; what nobody asked for stays. */
export function valuesOf(
  format: "chart" | "compose",
  questions: readonly Question[],
  answers: Answers,
  before: Record<string, unknown> = {},
): Record<string, unknown> {
  const values = structuredClone(before);
  for (const question of questions) {
    const answer = answers[question.variable] ?? "";
    if (!isShown(question.showIf, answers)) remove(values, question.variable, format);
    else if (answer === "" && !question.required) remove(values, question.variable, format);
    else if (format === "compose") values[question.variable] = answer;
    else put(values, question.variable, typed(question, answer));
  }
  return values;
}

function typed({ type }: Question, answer: string): unknown {
  if (type === "boolean") return TRUE.includes(answer.toLowerCase());
  if ((type === "int" || type === "float") && answer.trim() && Number.isFinite(Number(answer))) return Number(answer);
  return answer;
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

function valueAt(values: Tree, path: string): unknown {
  return path.split(".").reduce<unknown>((place, step) => (isTree(place) ? place[step] : undefined), values);
}

function put(values: Tree, path: string, value: unknown): void {
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  let place = values;
  for (const step of steps) {
    const inner = place[step];
    place = isTree(inner) ? inner : ((place[step] = {}) as Tree);
  }
  place[last] = value;
}

function remove(values: Tree, path: string, format: "chart" | "compose"): void {
  if (format === "compose") return void delete values[path];
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  const place = steps.length ? valueAt(values, steps.join(".")) : values;
  if (isTree(place)) delete place[last];
}

/** The server's findings, by the variable with which each begins; the rest under the empty name. */
export function errorsByVariable(errors: readonly string[], questions: readonly Question[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const error of errors) {
    const question = questions.find(({ variable }) => error.startsWith(`${variable}:`));
    const name = question?.variable ?? "";
    const message = question ? error.slice(name.length + 1).trim() : error;
    found[name] = [found[name], message].filter(Boolean).join(" ");
  }
  return found;
}

const WORKING = ["Installing", "Upgrading", "RollingBack"];

export function releaseState(release: Release): State {
  const { phase = "Installing", conditions } = release.status ?? {};
  const ready = conditionOf(conditions, "Ready") as (Condition & { observedGeneration?: number }) | undefined;
  const said = ready?.message;
  if (release.metadata.deletionTimestamp || phase === "Uninstalling")
    return { level: "busy", word: text("state.removing"), what: text("release.removing"), said };
  const isCurrent = (ready?.observedGeneration ?? 0) >= (release.metadata.generation ?? 1);
  if (!isCurrent) return { level: "busy", word: text("state.working"), what: text("release.working") };
  if (ready?.status === "True") return { level: "ok", word: text("state.running") };
  if (phase === "Failed")
    return {
      level: "bad",
      word: text("state.failed"),
      what: text("release.failed"),
      advice: text("release.failedWay"),
      said,
    };
  if (WORKING.includes(phase))
    return { level: "busy", word: text("state.working"), what: text("release.working"), said };
  return { level: "busy", word: text("state.starting"), what: text("release.waiting"), said };
}

export function catalogState({ status }: Catalog): State {
  const ready = conditionOf(status?.conditions, "Ready");
  if (!ready) return { level: "busy", word: text("state.working"), what: text("catalog.reading") };
  if (ready.status === "True") return { level: "ok", word: text("state.ready") };
  return {
    level: "bad",
    word: text("state.failed"),
    what: text("catalog.unreadable"),
    advice: text("catalog.checkSource"),
    said: ready.message,
  };
}

/** Where a catalog comes from, in words. */
export function sourceText({ spec: { source } }: Catalog): string {
  return source.git?.url ?? source.repository?.url ?? source.folder ?? "";
}

/** A source as people type it: a folder, the URL of a chart repository, or Git. */
export function sourceOf(typed: string, kind: string): Catalog["spec"]["source"] {
  if (kind === "folder") return { folder: typed };
  return kind === "repository" ? { repository: { url: typed } } : { git: { url: typed } };
}
