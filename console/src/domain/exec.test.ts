import { expect, test } from "vitest";
import { inputFrame, readFrame, resizeFrame } from "./exec";

const bytes = (channel: number, text: string) => Uint8Array.from([channel, ...new TextEncoder().encode(text)]);

test("what is typed goes to the input, the size to its own channel", () => {
  expect([...inputFrame("é")]).toEqual([0, 0xc3, 0xa9]);
  expect(new TextDecoder().decode(resizeFrame(80, 24).subarray(1))).toBe('{"Width":80,"Height":24}');
  expect(resizeFrame(80, 24)[0]).toBe(4);
});

test("output and errors are shown, the rest is not", () => {
  expect(readFrame(bytes(1, "hello"))).toEqual({ output: new TextEncoder().encode("hello") });
  expect(readFrame(bytes(2, "oh"))).toEqual({ output: new TextEncoder().encode("oh") });
  expect(readFrame(bytes(1, ""))).toBeUndefined();
  expect(readFrame(bytes(255, "x"))).toBeUndefined();
});

test("the end tells how the command ended", () => {
  expect(readFrame(bytes(3, '{"status":"Success"}'))).toEqual({ end: { message: "", exitCode: 0 } });
  const failed =
    '{"status":"Failure","message":"command ended","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}';
  expect(readFrame(bytes(3, failed))).toEqual({ end: { message: "command ended", exitCode: 7 } });
  expect(readFrame(bytes(3, '{"status":"Failure","message":"no such program"}'))).toEqual({
    end: { message: "no such program", exitCode: undefined },
  });
});
