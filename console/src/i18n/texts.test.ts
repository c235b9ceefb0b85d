import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "vite";
import { expect, test } from "vitest";
import { type Entry, type Key, LANGUAGES, type Language, load, render, text } from "./texts";

const SOURCES = join(import.meta.dirname, "..");
const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.tsx?$/.test(name) && !/\.test\.ts$/.test(name),
);
const languages = Object.keys(LANGUAGES) as Language[];
await Promise.all(languages.map(load));
const namesIn = (entry: Entry) => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort();

/** Attributes that a reader sees or hears. */
const SPOKEN = ["title", "label", "aria-label", "placeholder", "description", "alt"];
/** The product's name, commands and keys are the same in every language. */
const UNTRANSLATED = [
  "Bouvier",
  "bouvier status",
  "bouvier up --detach",
  "Ctrl K",
  "docker-compose.yml",
  "unix:///var/run/docker.sock",
  "rancher-compose.yml",
  "docker run -p 8080:80 -e COLOUR=green nginx:1.27",
];

test("every language has the same keys and fills in the same names", () => {
  const { entries } = LANGUAGES.en;
  for (const language of languages) {
    const other = LANGUAGES[language].entries;
    expect(Object.keys(other).sort()).toEqual(Object.keys(entries).sort());
    for (const key of Object.keys(entries) as Key[])
      expect({ key, names: namesIn(other[key]) }).toEqual({ key, names: namesIn(entries[key]) });
  }
});

test("every key is used", () => {
  const all = files
    .filter((name) => !/^i18n\/(en|fr)\//.test(name))
    .map((name) => readFileSync(join(SOURCES, name), "utf8"))
    .join("\n");
  const prefixes = [...all.matchAll(/`(\w+\.)\$\{/g)].map((match) => match[1] ?? "");
  const unused = Object.keys(LANGUAGES.en.entries).filter(
    (key) => !all.includes(`"${key}"`) && !prefixes.some((prefix) => key.startsWith(prefix)),
  );
  expect(unused).toEqual([]);
});

test("no component holds text of its own", () => {
  const found: string[] = [];
  for (const name of files.filter((file) => file.endsWith(".tsx"))) {
    visit(parseSync(name, readFileSync(join(SOURCES, name), "utf8")).program, (node) => {
      const words = wordsOf(node);
      if (words && /\p{L}{2}/u.test(words) && !UNTRANSLATED.includes(words)) found.push(`${name}: ${words}`);
    });
  }
  expect(found).toEqual([]);
});

test("numbers and plurals follow the language", () => {
  const pods = (count: number) => text("rollback.pods", { count });
  expect(render("en", pods(0))).toBe("0 pods");
  expect(render("fr", pods(0))).toBe("0 pod");
  expect(render("en", pods(1))).toBe("1 pod");
  expect(render("fr", pods(12345))).toBe("12\u202f345 pods");
  expect(render("en", text("way.logs"))).toBe("Logs");
});

interface Node {
  type: string;
  value?: unknown;
  name?: { name?: string };
}

function wordsOf(node: Node): string | undefined {
  if (node.type === "JSXText") return String(node.value).trim();
  if (node.type !== "JSXAttribute" || !SPOKEN.includes(node.name?.name ?? "")) return undefined;
  const value = node.value as Node | null;
  return value?.type === "Literal" ? String(value.value) : undefined;
}

function visit(node: unknown, look: (node: Node) => void): void {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node)) return node.forEach((one) => visit(one, look));
  if ("type" in node) look(node as Node);
  for (const value of Object.values(node)) visit(value, look);
}
