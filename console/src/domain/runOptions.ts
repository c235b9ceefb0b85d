// Every option of `docker run`, and the topic of the create form under which it stands. The table is the platform's own
// (`runOptions.json` is generated from it); a test keeps the topics complete.
import table from "./runOptions.json";

export interface RunOption {
  name: string;
  form: "flag" | "text" | "number" | "many";
  place: "field" | "container" | "sandbox" | "command" | "refused";
  where: string;
  help: string;
  short?: string;
}

export const RUN_OPTIONS = table as RunOption[];
export const OPTION_BY_NAME: ReadonlyMap<string, RunOption> = new Map(RUN_OPTIONS.map((one) => [one.name, one]));

/** Options by topic, the most wanted first. */
export const TOPICS = {
  general: ["name", "entrypoint", "workdir", "user", "group-add", "env", "env-file", "pull", "platform", "init"],
  network: [
    ...["publish", "publish-all", "expose", "network", "network-alias", "link", "hostname", "domainname", "add-host"],
    ...["dns", "dns-option", "dns-search", "ip", "ip6", "link-local-ip", "mac-address"],
  ],
  storage: ["volume", "mount", "tmpfs", "volumes-from", "volume-driver", "shm-size", "storage-opt", "read-only"],
  health: [
    ...["health-cmd", "health-interval", "health-timeout", "health-retries", "health-start-period"],
    ...["health-start-interval", "no-healthcheck", "restart", "stop-signal", "stop-timeout", "rm"],
  ],
  resources: [
    ...["cpus", "memory", "memory-reservation", "cpu-shares", "memory-swap", "memory-swappiness", "pids-limit"],
    ...["ulimit", "oom-kill-disable", "oom-score-adj", "cpuset-cpus", "cpuset-mems", "cpu-period", "cpu-quota"],
    ...["cpu-rt-period", "cpu-rt-runtime", "kernel-memory", "blkio-weight", "blkio-weight-device", "device-read-bps"],
    ...["device-read-iops", "device-write-bps", "device-write-iops"],
  ],
  security: [
    ...["cap-add", "cap-drop", "privileged", "security-opt", "userns", "ipc", "pid", "uts", "cgroupns"],
    ...["cgroup-parent", "sysctl", "use-api-socket"],
  ],
  devices: ["device", "device-cgroup-rule", "gpus", "runtime", "isolation"],
  labels: ["label", "annotation", "label-file", "log-driver", "log-opt"],
  command: [
    ...["interactive", "tty", "attach", "detach", "quiet", "cidfile", "sig-proxy", "detach-keys"],
    ...["disable-content-trust", "cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops"],
  ],
} as const;

export type Topic = keyof typeof TOPICS;

/** What one run asks for: each option as it is typed. */
export interface RunForm {
  image: string;
  command: string[];
  options: Record<string, string[]>;
}

export const EMPTY_RUN: RunForm = { image: "", command: [], options: {} };

export function withOption(form: RunForm, name: string, texts: string[]): RunForm {
  const { [name]: _, ...others } = form.options;
  return { ...form, options: texts.length ? { ...others, [name]: texts } : others };
}

/** How many options of a topic are given. */
export function countGiven(form: RunForm, topic: Topic): number {
  return TOPICS[topic].filter((name) => form.options[name]?.length).length;
}

export function topicOf(name: string): Topic | undefined {
  return (Object.keys(TOPICS) as Topic[]).find((topic) => (TOPICS[topic] as readonly string[]).includes(name));
}

export type RunText = "docker-run" | "compose" | "yaml";

/** What a pasted text seems to be. */
export function kindOfText(pasted: string): RunText {
  if (/^\s*(services|version|name)\s*:/m.test(pasted) && !/^\s*kind\s*:/m.test(pasted)) return "compose";
  return /^\s*("?kind"?|"?apiVersion"?)\s*:|^\s*\{/m.test(pasted) ? "yaml" : "docker-run";
}

/** The option behind a field that the API refuses: by the annotation's key, or the pod's own field. */
export function optionOfField(path: string): string | undefined {
  const annotated = /metadata\.annotations\[engine\.bouvier\.io\/[^\]]*\][.[]+([a-z-]+)/.exec(path)?.[1];
  if (annotated && OPTION_BY_NAME.has(annotated)) return annotated;
  if (/\.image$/.test(path)) return "image";
  const known = RUN_OPTIONS.filter(({ place, where }) => place === "field" && path.includes(where));
  return known.sort((a, b) => b.where.length - a.where.length)[0]?.name;
}

/** A command as one line, each word in quotes where it needs them. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(" ");
}

/** The words of one line, as a shell takes them; undefined while a quote is open. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? "";
    if (quote) {
      if (letter === quote) quote = "";
      else if (letter === "\\" && quote === '"' && /["\\$`]/.test(line[at + 1] ?? "")) word += line[++at] ?? "";
      else word += letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (letter === "\\") word = (word ?? "") + (line[++at] ?? "");
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (quote) return undefined;
  return word === undefined ? words : [...words, word];
}
