// What an option of `docker run` does: English is the platform's own table, other languages stand beside it.
import type { RunOption } from "../domain/runOptions";
import { OPTION_HELP_FR } from "./fr/runOptions";
import type { Language } from "./texts";

export function optionHelp(language: Language, { name, help }: RunOption): string {
  return (language === "fr" && OPTION_HELP_FR[name]) || help;
}
