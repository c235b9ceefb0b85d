import { expect, test } from "vitest";
import { drawToken, joinCommand, tokenSecret } from "./joining";

const counting = () => {
  let next = 0;
  return (count: number) => Uint8Array.from({ length: count }, () => next++ % 256);
};

test("a token has the form that joining expects, whatever is drawn", () => {
  const token = drawToken(counting());
  expect(token.id).toMatch(/^[a-z0-9]{6}$/);
  expect(token.secret).toMatch(/^[a-z0-9]{16}$/);
  const high = drawToken((count) => crypto.getRandomValues(new Uint8Array(count)));
  expect(joinCommand("https://192.0.2.1:6443", high, "sha256:ab")).toBe(
    `bouvier agent --server https://192.0.2.1:6443 --token ${high.id}.${high.secret} --ca-hash sha256:ab`,
  );
});

test("it is good for one host until its time is over, unless more is asked for", () => {
  const token = { id: "abcdef", secret: "0123456789abcdef" };
  const once = tokenSecret(token, { hours: 2, isForMany: false }, new Date("2026-01-01T10:00:00Z"));
  expect(once.metadata.name).toBe("bootstrap-token-abcdef");
  expect(once.stringData.expiration).toBe("2026-01-01T12:00:00Z");
  expect(once.stringData["usage-bootstrap-many"]).toBeUndefined();
  const many = tokenSecret(token, { hours: 2, isForMany: true }, new Date("2026-01-01T10:00:00Z"));
  expect(many.stringData["usage-bootstrap-many"]).toBe("true");
});
