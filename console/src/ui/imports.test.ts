import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCES = join(import.meta.dirname, "..");
const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
const importing = (part: RegExp, allowed: string) =>
  files.filter((name) => !name.startsWith(allowed) && part.test(readFileSync(join(SOURCES, name), "utf8")));

test("only ui/ knows the component library", () => {
  expect(importing(/from "@mantine\//, "ui/")).toEqual([]);
});

test("what objects mean is decided without components, requests and sockets", () => {
  const domain = files.filter((name) => name.startsWith("domain/"));
  const found = domain.filter((name) =>
    /from "(react|\.\.\/(api|app|live|pages|ui)\/)/.test(readFileSync(join(SOURCES, name), "utf8")),
  );
  expect(found).toEqual([]);
});
