// The chosen language: the reader's own choice, else the browser's first one that there is, else English.
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { type Arguments, type Key, LANGUAGES, type Language, load, render, type Text, type Values } from "./texts";

const STORED_AS = "bouvier.language";

export interface I18n {
  language: Language;
  choose: (language: Language) => void;
  t: <K extends Key>(key: K, ...values: Arguments<K>) => string;
  say: (text: Text) => string;
}

const Context = createContext<I18n | null>(null);

export function I18nProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo<I18n>(
    () => ({
      language,
      choose: (chosen) => {
        localStorage.setItem(STORED_AS, chosen);
        void load(chosen).then(() => setLanguage(chosen));
      },
      t: (key, ...values) => render(language, { key, values: (values[0] ?? {}) as Values }),
      say: (text) => render(language, text),
    }),
    [language],
  );
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  const value = use(Context);
  if (!value) throw new Error("useI18n outside of I18nProvider");
  return value;
}

/** The language to begin with. */
export function firstLanguage(): Language {
  const wishes = [localStorage.getItem(STORED_AS) ?? "", ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return (wishes.find((wish) => wish in LANGUAGES) as Language | undefined) ?? "en";
}
