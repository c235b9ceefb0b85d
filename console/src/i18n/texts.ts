// Texts by key, in every language: a sentence with {names} to fill in, or one form for each plural category, chosen
// by {count}. The English dictionary decides which keys and names there are; the compiler holds callers and the
// other dictionaries to it.
import { en } from "./en";

export type Language = "en" | "fr";
export type Entry = string | { one: string; other: string };
export type Key = keyof typeof en;

type NamesIn<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type SourceOf<E> = E extends string ? E : E extends { one: infer One; other: infer Other } ? One | Other : never;
type NamesOf<K extends Key> = NamesIn<Extract<SourceOf<(typeof en)[K]>, string>>;

export type Values = Record<string, string | number>;
export type Arguments<K extends Key> = [NamesOf<K>] extends [never] ? [] : [Record<NamesOf<K>, string | number>];

/** A sentence that is not in any language yet. */
export interface Text {
  key: Key;
  values: Values;
}

export const LANGUAGES: Record<Language, { name: string; entries: Record<Key, Entry> }> = {
  en: { name: "English", entries: en },
  fr: { name: "Français", entries: en },
};

/** Fetch a language's texts; until then it is shown in English, which everybody has. */
export async function load(language: Language): Promise<void> {
  if (language === "fr") LANGUAGES.fr.entries = (await import("./fr")).fr;
}

/** Make a sentence to be rendered later. */
export function text<K extends Key>(key: K, ...values: Arguments<K>): Text {
  return { key, values: (values[0] ?? {}) as Values };
}

/** Render a sentence; numbers are written in the language's way. */
export function render(language: Language, { key, values }: Text): string {
  const entry = LANGUAGES[language].entries[key];
  const pattern = typeof entry === "string" ? entry : entry[pluralOf(language, Number(values.count))];
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === "number" ? numberFormat(language).format(value) : (value ?? "");
  });
}

function pluralOf(language: Language, count: number): "one" | "other" {
  return new Intl.PluralRules(language).select(count) === "one" ? "one" : "other";
}

function numberFormat(language: Language): Intl.NumberFormat {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
}
