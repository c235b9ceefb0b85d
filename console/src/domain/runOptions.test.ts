import { expect, test } from "vitest";
import { OPTION_HELP_FR } from "../i18n/fr/runOptions";
import {
  EMPTY_RUN,
  joinWords,
  kindOfText,
  optionOfField,
  RUN_OPTIONS,
  splitWords,
  TOPICS,
  withOption,
  countGiven,
} from "./runOptions";

const names = RUN_OPTIONS.map((one) => one.name).sort();

test("every option of docker run stands under exactly one topic", () => {
  expect(Object.values(TOPICS).flat().sort()).toEqual(names);
});

test("every option is explained in French", () => {
  expect(Object.keys(OPTION_HELP_FR).sort()).toEqual(names);
});

test("an option without a text is not given", () => {
  const form = withOption(withOption(EMPTY_RUN, "env", ["A=1"]), "cpus", ["0.5"]);
  expect(countGiven(form, "general")).toBe(1);
  expect(withOption(form, "env", []).options).toEqual({ cpus: ["0.5"] });
});

test("what is pasted is known by its look", () => {
  expect(kindOfText("docker run -e kind=x nginx")).toBe("docker-run");
  expect(kindOfText("services:\n  web:\n    image: nginx\n")).toBe("compose");
  expect(kindOfText("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n")).toBe("yaml");
});

test("what the API refuses is found in the form", () => {
  expect(optionOfField("spec.template.spec.containers[0].image")).toBe("image");
  expect(optionOfField("spec.template.spec.containers[0].securityContext.capabilities.add[0]")).toBe("cap-add");
  expect(optionOfField("spec.template.metadata.annotations[engine.bouvier.io/container.web].ulimit")).toBe("ulimit");
  expect(optionOfField("metadata.name")).toBe("name");
});

test.each([["sleep 5"], ["sh -c 'echo $A; sleep 1'"], ["printf ''"], [`echo 'it'"'"'s'`]])(
  "the command %s stays what it is",
  (line) => {
    const words = splitWords(line);
    expect(words && splitWords(joinWords(words))).toEqual(words);
    expect(words && joinWords(words)).toBe(line);
  },
);

test("an open quote is no command yet", () => {
  expect(splitWords("sh -c 'echo")).toBeUndefined();
  expect(splitWords('a "b \\" c" d\\ e')).toEqual(["a", 'b " c', "d e"]);
});
