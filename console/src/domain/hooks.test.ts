import { expect, test } from "vitest";
import { drawSecret, hashOf } from "./hooks";

test("a secret fits into a URL and is long enough not to be guessed", () => {
  const secret = drawSecret((count) => new Uint8Array(count).fill(255));
  expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test("secrets are kept by their hash", async () => {
  expect(await hashOf("abc")).toBe("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
